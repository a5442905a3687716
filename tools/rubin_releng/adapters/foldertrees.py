"""Folders on disk, as trees for layers."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.trees import EntryKind, TreeEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["FolderTree"]

_PIECE_BYTES = 256 * 1024


class FolderTree:
    """One folder; links are never followed.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Names are bytes on disk and UTF-8 in layers, whatever the locale says.
        self._place = os.fsencode(path)

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def entries(self) -> Iterator[TreeEntry]:
        """List everything below the folder, one folder at a time.

        Yields
        ------
        entry : `TreeEntry`
            Parents before children, and the names of a folder by code point.

        Raises
        ------
        NotFoundError
            Raised if it is no folder.
        RefusedError
            Raised if we may not read it, or if it holds a device, a socket, a
            pipe, or a name that is not UTF-8.
        """
        return self.walk(lambda _: True)

    def walk(self, is_wanted: Callable[[TreeEntry], bool]) -> Iterator[TreeEntry]:
        """List some of what is below the folder.

        Parameters
        ----------
        is_wanted : `~collections.abc.Callable`
            Chooses entries; what is in a folder that is not wanted is not
            looked at.

        Yields
        ------
        entry : `TreeEntry`
            In the order of `entries`.
        """
        if not self.path.is_dir():
            raise NotFoundError(f"there is no folder `{self.path}`")
        waiting = self._listed("")
        while waiting:
            entry = waiting.pop()
            if is_wanted(entry):
                yield entry
                if entry.kind is EntryKind.DIRECTORY:
                    waiting += self._listed(f"{entry.path}/")

    def entry(self, path: str) -> TreeEntry:
        """Look at one file, folder or link.

        Parameters
        ----------
        path : `str`
            Below the folder.

        Returns
        -------
        entry : `TreeEntry`
            What it is.

        Raises
        ------
        OSError
            Raised if it is not there.
        RefusedError
            Raised if no layer can hold it.
        """
        return self._entry(path, os.lstat(self._inside(path)))

    def _listed(self, above: str) -> list[TreeEntry]:
        """List one folder, the last name first."""
        try:
            with os.scandir(self._inside(above)) as listed:
                found = [
                    self._entry(above + self._decoded(item.name, "a name"), item.stat(follow_symlinks=False))
                    for item in listed
                ]
        except OSError as error:
            raise explain(error, doing="read") from error
        return sorted(found, key=lambda entry: entry.path, reverse=True)

    def read(self, entry: TreeEntry) -> Iterator[bytes]:
        """Read a file in pieces.

        Parameters
        ----------
        entry : `TreeEntry`
            One of `entries`.

        Yields
        ------
        piece : `bytes`
            Up to a quarter of a mebibyte; one more than it had when it was
            listed, if it has grown.

        Raises
        ------
        NotFoundError
            Raised if it has gone.
        RefusedError
            Raised if we may not read it.
        """
        left = entry.size_bytes + 1
        try:
            # A link put in its place meanwhile is not followed.
            descriptor = os.open(self._inside(entry.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                # Nearly all files are read at once: the end is seen by getting less than was asked for.
                while left and (piece := os.read(descriptor, min(_PIECE_BYTES, left))):
                    left -= len(piece)
                    yield piece
                    if left == 1 and len(piece) < _PIECE_BYTES:
                        break
            finally:
                os.close(descriptor)
        except OSError as error:
            raise explain(error, doing="read") from error

    def _inside(self, path: str) -> bytes:
        return b"%s/%s" % (self._place, path.encode()) if path else self._place

    def _entry(self, path: str, status: os.stat_result) -> TreeEntry:
        kind = self._kind(path, status.st_mode)
        is_file = kind is EntryKind.FILE
        return TreeEntry(
            path=path,
            kind=kind,
            mode=stat.S_IMODE(status.st_mode),
            size_bytes=status.st_size if is_file else 0,
            mtime=int(status.st_mtime),
            target=self._target(path) if kind is EntryKind.SYMLINK else "",
            identity=(status.st_dev, status.st_ino) if is_file and status.st_nlink > 1 else None,
        )

    def _target(self, path: str) -> str:
        # `Path.readlink` would turn `./x` into `x`.
        return self._decoded(os.readlink(self._inside(path)), f"the target of `{path}`")  # noqa: PTH115

    def _decoded(self, name: bytes, what: str) -> str:
        try:
            return name.decode()
        except UnicodeDecodeError as error:
            raise RefusedError(f"{what} in `{self.path}` is not UTF-8: {name!r}") from error

    def _kind(self, path: str, mode: int) -> EntryKind:
        if stat.S_ISREG(mode):
            return EntryKind.FILE
        if stat.S_ISDIR(mode):
            return EntryKind.DIRECTORY
        if stat.S_ISLNK(mode):
            return EntryKind.SYMLINK
        raise RefusedError(
            f"`{path}` in `{self.path}` is a device, a socket or a pipe, which no layer can hold",
            hint="remove it from the tree",
        )
