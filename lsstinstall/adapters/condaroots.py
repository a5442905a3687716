"""A folder of conda environments: how far each was made, and what conda wants to find there."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.adapters.trees import move_tree, remove_tree
from lsstinstall.core.environmentplans import EnvironmentCondition, EnvironmentRecord
from lsstinstall.core.environments import BASE
from lsstinstall.core.errors import FormatError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from lsstinstall.core.environments import EnvName, SolvedPackage

__all__ = ["MARK", "PACKAGE_CACHE", "REMOVED", "CondaRoot"]

PACKAGE_CACHE = "pkgs-rattler"
"""Folder beside the environments for packages and indexes; unpacked packages are in ``pkgs`` of it."""

MARK = ".lsstinstall-environment.json"
"""File in an environment that says how far its making got."""

REMOVED = ".removed-"
"""What the name of an environment begins with that is half removed."""

_LOCK = ".lsstinstall.lock"
_OURS = frozenset({_LOCK, PACKAGE_CACHE})
_COMPLETE = "complete"


class CondaRoot:
    """What other tools call the base prefix: its environments lie in ``envs``.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder; it need not exist. There may be a conda in it or not.
    now : `~collections.abc.Callable`
        Tells the time, for conda's history.
    home : `~pathlib.Path` or `None`
        Whose list of environments is kept up to date; `None` for nobody's.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime], home: Path | None = None) -> None:
        self.path = path.absolute()
        self._now = now
        self._home = home

    @property
    def lock(self) -> Path:
        """The file that is locked while an environment changes."""
        return self.path / _LOCK

    @property
    def has_conda(self) -> bool:
        """Whether a conda lives here."""
        return os.access(self.path / "bin" / "conda", os.X_OK)

    def check(self) -> None:
        """Refuse a folder that is neither ours nor a conda installation.

        Raises
        ------
        RefusedError
            Raised if it holds something else, or is a file.
        """
        if self.has_conda or not self.path.exists():
            return
        names = {path.name for path in self.path.iterdir()} if self.path.is_dir() else {"a file"}
        if names - _OURS and names.isdisjoint({"envs", MARK}):
            raise RefusedError(
                f"`{self.path}` exists but does not appear to contain conda",
                hint="choose another folder with `-p`, or remove this one",
            )

    def check_writable(self) -> None:
        """Refuse a folder in which we may not write, as that of a conda that others look after.

        Raises
        ------
        RefusedError
            Raised if it is there and closed to us.
        """
        if self.path.exists() and not os.access(self.path, os.W_OK | os.X_OK):
            raise RefusedError(
                f"we may not write in `{self.path}`",
                hint="a folder of your own is chosen with `-p DIR`, beside an active conda with `-P`",
            )

    @contextmanager
    def locked(
        self, *, wait_seconds: float | None, waiting: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the folder for one run.

        Parameters
        ----------
        wait_seconds : `float` or `None`
            How long to wait for another run; `None` until it ends.
        waiting : `~collections.abc.Callable`, optional
            Hears once for whom we wait.

        Yields
        ------
        nothing : `None`
            The lock is held inside the block.

        Raises
        ------
        RefusedError
            Raised if another run takes longer, we may not write there, or
            it is somebody else's folder.
        """
        self.check()
        make_directory(self.path)
        with hold_lock(self.lock, wait_seconds=wait_seconds, purpose="the installation", waiting=waiting):
            yield

    def prefix(self, name: EnvName) -> Path:
        """Say where an environment lies.

        Parameters
        ----------
        name : `EnvName`
            Its name; ``base`` is the folder itself.

        Returns
        -------
        prefix : `~pathlib.Path`
            Absolute.
        """
        return self.path if name == BASE else self.path / "envs" / name

    def condition(self, name: EnvName) -> EnvironmentCondition:
        """Say what lies where an environment shall be.

        Parameters
        ----------
        name : `EnvName`
            Its name.

        Returns
        -------
        condition : `EnvironmentCondition`
            An environment without our mark that conda knows was made by
            somebody else, and is complete. For ``base``, the environments
            in its folder do not count.
        """
        prefix = self.prefix(name)
        mark = self._mark(name)
        if mark is not None:
            return mark
        if (prefix / "conda-meta" / "history").is_file() or (name == BASE and self.has_conda):
            return EnvironmentCondition.COMPLETE
        if not os.path.lexists(prefix):
            return EnvironmentCondition.ABSENT
        # A run that ended before its first mark was there leaves at most a part of that mark.
        left = [one for one in prefix.iterdir() if MARK not in one.name] if prefix.is_dir() else [prefix]
        if name == BASE:
            left = [one for one in left if one.name not in {*_OURS, "envs"}]
        return EnvironmentCondition.OCCUPIED if left else EnvironmentCondition.ABSENT

    def stamp(self) -> object:
        """Tell in which state all environments are, to be compared with a later answer.

        Returns
        -------
        stamp : `object`
            Equal as long as no run of ours, and no conda, changed any.
        """
        folders = [self.path, *sorted((self.path / "envs").glob("*/"))]
        files = (folder / name for folder in folders for name in (MARK, "conda-meta/history"))
        return tuple((str(file), _changed(file)) for file in files)

    def configure(self, channels: Sequence[str]) -> None:
        """Tell a new conda which channels the environments come from, unless it was told.

        Parameters
        ----------
        channels : `~collections.abc.Sequence` [ `str` ]
            The first has priority. One whose address holds a password or a
            token is left out: everybody may read the file.
        """
        path = self.path / ".condarc"
        if path.exists():
            return
        shown = [channel for channel in channels if "@" not in channel and "/t/" not in channel]
        write_atomic(path, "channels:\n" + "".join(f"  - {json.dumps(one)}\n" for one in shown))

    def begin(self, name: EnvName, *, change: bool) -> None:
        """Mark an environment as unfinished.

        Parameters
        ----------
        name : `EnvName`
            Its name.
        change : `bool`
            Whether what is there is used; otherwise it is removed, unless
            it is ``base`` with all environments in it.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        if not change and name != BASE:
            self._discard(name)
        state = EnvironmentCondition.HALF_UPDATED if change else EnvironmentCondition.UNFINISHED
        self._write_mark(name, {"state": state.value})

    def finish(self, name: EnvName, record: EnvironmentRecord) -> None:
        """Write down what was done, and mark the environment as complete.

        Parameters
        ----------
        name : `EnvName`
            Its name.
        record : `EnvironmentRecord`
            What was done.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        prefix = self.prefix(name)
        # rattler asks back-up programs to pass an environment over; ours may hold a stack.
        (prefix / "CACHEDIR.TAG").unlink(missing_ok=True)
        self._write_history(prefix, record)
        self._register(prefix)
        self._write_mark(
            name,
            {
                "state": _COMPLETE,
                "version": record.version,
                "specs": list(record.specs),
                "packages": record.packages,
            },
        )

    def _discard(self, name: EnvName) -> None:
        """Remove an environment; what is half removed has another name, so that nobody takes it for one."""
        prefix = self.prefix(name)
        aside = prefix.with_name(f"{REMOVED}{name}")
        remove_tree(aside)
        if os.path.lexists(prefix):
            move_tree(prefix, aside)
            remove_tree(aside)

    def _mark(self, name: EnvName) -> EnvironmentCondition | None:
        path = self.prefix(name) / MARK
        try:
            state = json.loads(read_text(path))["state"]
            return EnvironmentCondition(state)
        except NotFoundError:
            return None
        except (FormatError, ValueError, KeyError, TypeError):
            # Marks are written whole, so this one was edited: trust nothing, lose nothing.
            return EnvironmentCondition.HALF_UPDATED

    def _write_mark(self, name: EnvName, content: dict[str, object]) -> None:
        path = self.prefix(name) / MARK
        write_atomic(path, json.dumps({"schema": 1, **content}, indent=1) + "\n")

    def _write_history(self, prefix: Path, record: EnvironmentRecord) -> None:
        """Append to conda's history, from which conda learns what was asked for."""
        path = prefix / "conda-meta" / "history"
        before = read_text(path) if path.is_file() else ""
        lines = [f"==> {self._now():%Y-%m-%d %H:%M:%S} <==", "# cmd: lsstinstall"]
        lines += [f"-{_distribution(package)}" for package in record.removed]
        lines += [f"+{_distribution(package)}" for package in record.added]
        lines.append(f"# update specs: {json.dumps(list(record.specs))}")
        write_atomic(path, before + "".join(f"{line}\n" for line in lines))

    def _register(self, prefix: Path) -> None:
        """Add an environment to the list of somebody who uses conda, and only then."""
        if self._home is None:
            return
        path = self._home / ".conda" / "environments.txt"
        # A home folder that is closed to us is none that conda is used from.
        if not os.access(path, os.R_OK) or not path.is_file():
            return
        text = read_text(path)
        if str(prefix) not in text.splitlines():
            separator = "" if not text or text.endswith("\n") else "\n"
            write_atomic(path, f"{text}{separator}{prefix}\n")


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _distribution(package: SolvedPackage) -> str:
    channel = package.channel.rpartition("/")[2] or package.channel
    one = package.package
    return f"{channel}/{one.subdir}::{one.name}-{one.version}-{one.build}"
