"""Locks that a killed git leaves in a repository; a living git's lock is waited for."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["free_lock", "locks_in_the_way"]

# fatal: Unable to create '/data/afw/.git/packed-refs.lock': File exists.
_IN_THE_WAY = re.compile(r"Unable to create '([^']+\.lock)': File exists")

_PAUSE_SECONDS = 0.05
_PROCESSES = Path("/proc")
_OLD_SECONDS = 2.0


def locks_in_the_way(output: str, git_dir: Path) -> tuple[Path, ...]:
    """Find the locks that git complains of.

    Parameters
    ----------
    output : `str`
        What git printed.
    git_dir : `~pathlib.Path`
        The ``.git`` in question.

    Returns
    -------
    locks : `tuple` [ `~pathlib.Path`, ... ]
        Those on refs and the like, which git holds for milliseconds only;
        never the one on the list of files, which a person may hold for as
        long as the message of a commit takes.
    """
    named = (Path(path) for path in _IN_THE_WAY.findall(output))
    top = git_dir.resolve()
    return tuple(path for path in named if path.name != "index.lock" and top in path.resolve().parents)


def free_lock(lock: Path) -> None:
    """Remove a lock, as soon as no git writes to it.

    The git of a killed run may live on; it is waited for.

    Parameters
    ----------
    lock : `~pathlib.Path`
        The lock; that it is missing is fine.
    """
    while lock.exists() and _is_alive(lock):
        time.sleep(_PAUSE_SECONDS)
    lock.unlink(missing_ok=True)


def _is_alive(lock: Path) -> bool:
    if _PROCESSES.is_dir():
        return any(open_file == lock.resolve() for open_file in _open_files())
    with suppress(FileNotFoundError):
        return time.time() - lock.stat().st_mtime < _OLD_SECONDS
    return False


def _open_files() -> Iterator[Path]:
    for process in _PROCESSES.iterdir():
        if process.name.isdecimal():
            # Processes end while we look, and those of others are closed to us.
            with suppress(OSError):
                for descriptor in (process / "fd").iterdir():
                    with suppress(OSError):
                        yield descriptor.readlink()
