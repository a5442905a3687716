"""Files of fresh copies, put into the places of damaged ones; what was there is kept."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.adapters.stackfolders import replaced_folder

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["ProductFolder"]


class ProductFolder:
    """The folder of an installed product, which lacks some files.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder; it need not be there.
    stack : `~pathlib.Path`
        The stack, where what is in the way is kept.
    """

    def __init__(self, path: Path, *, stack: Path) -> None:
        self._path = path
        self._stack = stack
        self._kept: list[str] = []

    def restore(self, fresh: Path, paths: Collection[str]) -> tuple[str, ...]:
        """Move files in.

        Each is renamed into its place, so that nobody ever sees a part, and a
        file that another product shares by a hard link stays as it is there.

        Parameters
        ----------
        fresh : `~pathlib.Path`
            Folder of a fresh copy, on the same file system.
        paths : `~collections.abc.Collection` [ `str` ]
            Files and links below it.

        Returns
        -------
        kept : `tuple` [ `str`, ... ]
            Where what was in their places lies now.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        self._kept = []
        for path in paths:
            self._make_way(PurePosixPath(path))
            try:
                (fresh / path).rename(self._path / path)
            except OSError as error:
                raise explain(error, doing="restore") from error
        return tuple(self._kept)

    def _make_way(self, path: PurePosixPath) -> None:
        """Keep what is in a file's place, and files and links where its folders should be."""
        # The product's own folder may lie on another disk, with a link to it.
        if os.path.lexists(self._path) and not self._path.is_dir():
            self._keep(self._path)
        for parent in reversed(path.parents[:-1]):
            folder = self._path / parent
            if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
                self._keep(folder)
        target = self._path / path
        make_directory(target.parent)
        if os.path.lexists(target):
            self._keep(target)

    def _keep(self, path: Path) -> None:
        base = self._stack if path.is_relative_to(self._stack) else Path(path.anchor)
        kept = replaced_folder(self._stack) / path.relative_to(base)
        number = 1
        while os.path.lexists(kept):
            number += 1
            kept = kept.with_name(f"{path.name}.{number}")
        make_directory(kept.parent)
        try:
            path.rename(kept)
        except OSError as error:
            raise explain(error, doing="move away") from error
        self._kept.append(str(kept))
