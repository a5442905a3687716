"""Locks between processes, also of several machines: one runs, the others wait and know for whom."""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.core.errors import RefusedError
from lsstinstall.core.lockholders import LockHolder, parse_lock_holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Patience", "hold_lock", "login_name", "read_holder"]

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0

# Of somebody's words; nobody's purpose is longer.
_LONGEST = 4096


class Patience:
    """How long somebody waits for others, and to whom this is told.

    Parameters
    ----------
    wait_seconds : `float` or `None`
        How long to wait; 0 refuses at once, `None` waits for ever.
    waiting : `~collections.abc.Callable` or `None`
        Hears once, in one sentence, of each holder that is waited for.
    """

    def __init__(self, wait_seconds: float | None, waiting: Callable[[str], None] | None) -> None:
        self._deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
        self._waiting = waiting
        self._told: str | None = None
        self._pause = _FIRST_PAUSE_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether it is time to give up."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def wait(self, holder: str | None) -> None:
        """Let some time pass.

        Parameters
        ----------
        holder : `str` or `None`
            Who is waited for; `None` if nobody knows yet.
        """
        if holder is not None and holder != self._told and self._waiting is not None:
            self._waiting(f"waiting for {holder}")
            self._told = holder
        left = self._pause if self._deadline is None else self._deadline - time.monotonic()
        time.sleep(max(0.0, min(self._pause, left)))
        # Many may wait on a server's disk.
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)


@contextmanager
def hold_lock(
    path: Path,
    *,
    wait_seconds: float | None = 0.0,
    purpose: str = "this command",
    waiting: Callable[[str], None] | None = None,
    is_kept: bool = True,
) -> Iterator[bool]:
    """Hold an exclusive lock that vanishes with its process.

    The lock is ``fcntl``'s record lock on a file that stays behind, empty but
    for who holds it: it works on NFS, and ``kill -9`` frees it.

    Parameters
    ----------
    path : `~pathlib.Path`
        The lock file; made if it is missing.
    wait_seconds : `float` or `None`, optional
        How long to wait for another holder; 0 refuses at once, `None` waits
        for ever.
    purpose : `str`, optional
        What it is wanted for, as a noun; others are told.
    waiting : `~collections.abc.Callable`, optional
        Hears once for whom we wait.
    is_kept : `bool`, optional
        Whether the file stays behind. All who use a path must agree on it.

    Yields
    ------
    waited : `bool`
        Whether another process had it, so that what was read before may be
        old. The lock is held inside the block.

    Raises
    ------
    RefusedError
        Raised if another process holds it longer than we wait.
    """
    make_directory(path.parent)
    patience = Patience(wait_seconds, waiting)
    descriptor = _open(path)
    try:
        waited = _acquire(descriptor, path, patience, purpose)
        while not is_kept and not _is_at(descriptor, path):
            # Whoever held it removed it meanwhile, and a third one may hold its successor.
            successor = _open(path)
            os.close(descriptor)
            descriptor = successor
            waited = _acquire(descriptor, path, patience, purpose) or waited
        _describe(descriptor, _ourselves(purpose).format())
        try:
            yield waited
        finally:
            _describe(descriptor, "")
            if not is_kept:
                path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise explain(error, doing="lock") from error


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _acquire(descriptor: int, path: Path, patience: Patience, purpose: str) -> bool:
    waited = False
    while not _try(descriptor, path):
        holder = parse_lock_holder(os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace"))
        if patience.is_over:
            raise RefusedError(
                f"`{path}` is locked by {holder or 'another process'}, so {purpose} cannot run",
                hint="wait for the other command to end; a killed one leaves no lock behind",
            )
        patience.wait(None if holder is None else str(holder))
        waited = True
    return waited


def _try(descriptor: int, path: Path) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EAGAIN}:
            error.filename = str(path)
            raise explain(error, doing="lock") from error
        return False
    return True


def read_holder(path: Path) -> LockHolder | None:
    """Say who holds a lock.

    Parameters
    ----------
    path : `~pathlib.Path`
        The lock file. The caller must not hold it: to look is to let go.

    Returns
    -------
    holder : `LockHolder` or `None`
        `None` if nobody does, or it cannot be said.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _try(descriptor, path):
            return None
        return parse_lock_holder(os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def _describe(descriptor: int, text: str) -> None:
    # Only for others to read: on a full disk, where one may want to remove things, the lock holds without it.
    with suppress(OSError):
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _ourselves(purpose: str) -> LockHolder:
    return LockHolder(
        pid=os.getpid(),
        user=login_name(),
        host=os.uname().nodename,
        purpose=purpose,
        since=datetime.now(tz=UTC),
    )


def login_name() -> str:
    """Name the user, or the user's number where it has no name.

    Returns
    -------
    user : `str`
        Login name.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
