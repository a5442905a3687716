"""Folders on disk, as trees for layers."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.trees import EntryKind, TreeEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FolderTree"]

_PIECE_BYTES = 1024 * 1024


class FolderTree:
    """One folder; links are never followed.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def entries(self) -> list[TreeEntry]:
        """List everything below the folder.

        Returns
        -------
        entries : `list` [ `TreeEntry` ]
            In the order of the file system.

        Raises
        ------
        NotFoundError
            Raised if it is no folder.
        RefusedError
            Raised if we may not read it, or if it holds a device, a socket, a
            pipe, or a name that is not UTF-8.
        """
        if not self.path.is_dir():
            raise NotFoundError(f"there is no folder `{self.path}`")
        found: list[TreeEntry] = []
        waiting = [""]
        try:
            while waiting:
                above = waiting.pop()
                with os.scandir(self.path / above) as listed:
                    for item in listed:
                        entry = self._entry(above + item.name, item)
                        found.append(entry)
                        if entry.kind is EntryKind.DIRECTORY:
                            waiting.append(f"{entry.path}/")
        except OSError as error:
            raise explain(error, doing="read") from error
        return found

    def read(self, entry: TreeEntry) -> Iterator[bytes]:
        """Read a file in pieces.

        Parameters
        ----------
        entry : `TreeEntry`
            One of `entries`.

        Yields
        ------
        piece : `bytes`
            Up to a mebibyte.

        Raises
        ------
        NotFoundError
            Raised if it has gone.
        RefusedError
            Raised if we may not read it.
        """
        try:
            # A link put in its place meanwhile is not followed.
            descriptor = os.open(self.path / entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123
                while piece := stream.read(_PIECE_BYTES):
                    yield piece
        except OSError as error:
            raise explain(error, doing="read") from error

    def _entry(self, path: str, item: os.DirEntry[str]) -> TreeEntry:
        status = item.stat(follow_symlinks=False)
        kind = self._kind(path, status.st_mode)
        is_file = kind is EntryKind.FILE
        return TreeEntry(
            path=path,
            kind=kind,
            mode=stat.S_IMODE(status.st_mode),
            size_bytes=status.st_size if is_file else 0,
            mtime=int(status.st_mtime),
            target=self._target(path, item) if kind is EntryKind.SYMLINK else "",
            identity=(status.st_dev, status.st_ino) if is_file and status.st_nlink > 1 else None,
        )

    def _target(self, path: str, item: os.DirEntry[str]) -> str:
        # `Path.readlink` would turn `./x` into `x`.
        target = os.readlink(item.path)  # noqa: PTH115
        self._refuse_other_encodings(target, f"the target of `{path}`")
        return target

    def _refuse_other_encodings(self, text: str, what: str) -> None:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise RefusedError(f"{what} in `{self.path}` is not UTF-8: {text!r}") from error

    def _kind(self, path: str, mode: int) -> EntryKind:
        self._refuse_other_encodings(path, "a name")
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
