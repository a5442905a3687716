"""The locks that EUPS puts into a stack, which it has no other way to see than as files."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.locks import Patience, login_name
from lsstinstall.core.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["EupsLock", "LockKind", "hold_eups_lock", "read_locks", "remove_stale_locks", "stale_locks"]

_FOLDER = ".lockDir"

# `exclusive-builder.4711` by EUPS, `shared-builder@machine.4711` by us: EUPS takes all before
# the last dot for the user.
_NAME = re.compile(r"(?P<kind>exclusive|shared)-(?P<user>.+?)(?:@(?P<host>.+))?\.(?P<pid>\d+)")

# What /proc/self/mountinfo calls file systems that only this machine can see.
_LOCAL_FILE_SYSTEMS = frozenset(
    {"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)


class LockKind(StrEnum):
    """Who else may be there."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class EupsLock:
    """One lock in a stack.

    Parameters
    ----------
    kind : `LockKind`
        A shared one keeps writers out, an exclusive one everybody.
    user : `str`
        Login name of the holder.
    host : `str` or `None`
        Machine of the holder; EUPS does not record it, we do.
    pid : `int`
        Process of the holder on that machine.
    path : `~pathlib.Path`
        The lock's file.
    """

    kind: LockKind
    user: str
    host: str | None
    pid: int
    path: Path

    def is_stale(self, *, host: str, local: bool) -> bool:
        """Say whether its holder is certainly gone.

        Parameters
        ----------
        host : `str`
            The machine we are on.
        local : `bool`
            Whether only this machine can see the stack.

        Returns
        -------
        stale : `bool`
            False for the lock of another machine, and where the machine is
            not known and may be another.
        """
        ours = self.host == host if self.host is not None else local
        return ours and not _is_alive(self.pid)

    def __str__(self) -> str:
        place = f" on {self.host}" if self.host else ""
        return f"process {self.pid} of {self.user}{place}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def read_locks(stack: Path) -> tuple[EupsLock, ...]:
    """List the locks of a stack.

    Parameters
    ----------
    stack : `~pathlib.Path`
        Folder that holds ``ups_db``.

    Returns
    -------
    locks : `tuple` [ `EupsLock`, ... ]
        Sorted by file name; files with other names are left out.
    """
    try:
        names = sorted(path.name for path in (stack / _FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise explain(error, doing="read the locks in") from error
    matches = [match for name in names if (match := _NAME.fullmatch(name))]
    return tuple(
        EupsLock(
            kind=LockKind(match["kind"]),
            user=match["user"],
            host=match["host"],
            pid=int(match["pid"]),
            path=stack / _FOLDER / match[0],
        )
        for match in matches
    )


def stale_locks(stack: Path) -> tuple[EupsLock, ...]:
    """List the locks whose holders are certainly gone.

    Parameters
    ----------
    stack : `~pathlib.Path`
        Folder that holds ``ups_db``.

    Returns
    -------
    locks : `tuple` [ `EupsLock`, ... ]
        Sorted by file name; without those of unknown machines on file systems
        that other machines may see.
    """
    host = os.uname().nodename
    local = _is_local(stack)
    return tuple(lock for lock in read_locks(stack) if lock.is_stale(host=host, local=local))


def remove_stale_locks(stack: Path) -> tuple[EupsLock, ...]:
    """Remove the locks whose holders are certainly gone.

    Parameters
    ----------
    stack : `~pathlib.Path`
        Folder that holds ``ups_db``.

    Returns
    -------
    removed : `tuple` [ `EupsLock`, ... ]
        Sorted by file name; see `stale_locks`.
    """
    removed = stale_locks(stack)
    for lock in removed:
        _give_up(lock.path)
    return removed


def _is_local(path: Path) -> bool:
    """Say whether a path is on a file system of this machine alone; unknown is no."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        if len(point) >= len(best) and (real + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, after.split()[0]
    return kind in _LOCAL_FILE_SYSTEMS


@contextmanager
def hold_eups_lock(
    stack: Path,
    *,
    wait_seconds: float | None,
    purpose: str,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[bool]:
    """Hold a shared lock of EUPS's kind.

    We replace each file of the database whole, so that readers never see a
    part: a shared lock is enough. It lets ``setup`` and ``eups list`` go on,
    and keeps out everything of EUPS that writes.

    Parameters
    ----------
    stack : `~pathlib.Path`
        Folder that holds ``ups_db``.
    wait_seconds : `float` or `None`
        How long to wait for an exclusive lock of EUPS; 0 refuses at once,
        `None` waits for ever.
    purpose : `str`
        Who wants it, for the message.
    waiting : `~collections.abc.Callable`, optional
        Hears once for whom we wait.

    Yields
    ------
    waited : `bool`
        Whether EUPS was writing meanwhile. The lock is held inside the block.

    Raises
    ------
    RefusedError
        Raised if EUPS holds an exclusive lock longer than we wait, or we may
        not write to the stack.
    """
    lock = stack / _FOLDER / f"shared-{login_name()}@{os.uname().nodename}.{os.getpid()}"
    patience = Patience(wait_seconds, waiting)
    waited = False
    while not _try_lock(stack, lock):
        holders = " and ".join(str(one) for one in _exclusive(stack))
        if patience.is_over:
            raise RefusedError(
                f"the stack `{stack}` is locked for EUPS by {holders or 'another process'}, "
                f"so {purpose} cannot run",
                hint="wait for the other command to end, or if it was killed run `eups admin clearLocks`",
            )
        patience.wait(f"EUPS, which is run by {holders}" if holders else None)
        waited = True
    try:
        yield waited
    finally:
        _give_up(lock)


def _try_lock(stack: Path, lock: Path) -> bool:
    """Put our lock beside those of others, unless one of them is exclusive."""
    remove_stale_locks(stack)
    if _exclusive(stack):
        return False
    try:
        lock.parent.mkdir(exist_ok=True)
        lock.touch()
    except FileNotFoundError:
        # Its last holder removed the folder between our two steps.
        return False
    except OSError as error:
        raise explain(error, doing="lock") from error
    # EUPS makes the folder first and its file in it afterwards: look again.
    if _exclusive(stack):
        _give_up(lock)
        return False
    return True


def _exclusive(stack: Path) -> tuple[EupsLock, ...]:
    return tuple(lock for lock in read_locks(stack) if lock.kind is LockKind.EXCLUSIVE)


def _give_up(lock: Path) -> None:
    # Another holder may have removed the folder, or still be in it.
    with suppress(OSError):
        lock.unlink(missing_ok=True)
        lock.parent.rmdir()
