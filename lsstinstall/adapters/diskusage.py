"""How much a disk gains when folders go; files that others share by hard links stay."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.trees import walk_tree

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["FreedBytes", "freed_bytes", "used_bytes"]

_BLOCK = 512
"""What POSIX counts blocks in."""


class FreedBytes:
    """Adds folders up, one after the other."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], int] = {}

    def add(self, path: Path) -> int:
        """Count one more folder.

        Parameters
        ----------
        path : `~pathlib.Path`
            Folder, file or link; one that is not there counts nothing. What
            cannot be read is left out.

        Returns
        -------
        size_bytes : `int`
            What the disk gains if this goes, too: of a file with several
            links only when all of them were counted.
        """
        total = 0
        with suppress(OSError):
            for status in _visit(path):
                key = (status.st_dev, status.st_ino)
                seen = self._seen.get(key, 0) + 1
                if seen < status.st_nlink:
                    self._seen[key] = seen
                else:
                    self._seen.pop(key, None)
                    total += status.st_blocks * _BLOCK
        return total


def freed_bytes(paths: Iterable[Path]) -> int:
    """Say what the disk gains if some folders go.

    Parameters
    ----------
    paths : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        Folders, files or links; those that are not there count nothing.

    Returns
    -------
    size_bytes : `int`
        Whole blocks.
    """
    counter = FreedBytes()
    return sum(counter.add(path) for path in paths)


def used_bytes(path: Path) -> int:
    """Say how much of the disk a folder takes, with what it shares with others.

    Parameters
    ----------
    path : `~pathlib.Path`
        Folder, file or link; one that is not there takes nothing.

    Returns
    -------
    size_bytes : `int`
        Whole blocks; a file with several names in it counts once.
    """
    sizes: dict[tuple[int, int], int] = {}
    with suppress(OSError):
        for status in _visit(path):
            sizes[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
    return sum(sizes.values())


def _visit(path: Path) -> Iterator[os.stat_result]:
    """Visit all but folders, whose own size nobody misses and whose links count differently."""
    if path.is_symlink() or path.is_file():
        yield path.lstat()
    elif path.is_dir():
        for entry in walk_tree(path):
            if not entry.is_dir(follow_symlinks=False):
                yield entry.stat(follow_symlinks=False)
