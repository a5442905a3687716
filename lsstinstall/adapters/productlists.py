"""Lists of the files of products that are being installed, as workers write them down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_bytes, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.filelists import FileList

__all__ = ["ProductList", "write_record"]


def write_record(path: str, data: bytes, *, mode: int) -> None:
    """Write a new file, and wait until the disk has it.

    Parameters
    ----------
    path : `str`
        Where; nothing is there.
    data : `bytes`
        The list.
    mode : `int`
        Permission bits, of which the umask takes away.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


class ProductList:
    """A list that a worker wrote, which few need to read.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: FileList | None = None
        self._is_changed = False

    @property
    def files(self) -> FileList:
        """What is in it."""
        if self._files is None:
            # Imported here: workers only write.
            from lsstinstall.core.filelistreading import parse_file_list  # noqa: PLC0415

            self._files = parse_file_list(read_bytes(self._path), source=str(self._path))
        return self._files

    def change(self, files: FileList) -> None:
        """Put another list in its place."""
        if files != self.files:
            self._files = files
            self._is_changed = True

    def keep(self, place: Path) -> None:
        """Bring it to the place where it stays."""
        if self._is_changed:
            write_atomic(place, self.files.format())
            return
        make_directory(place.parent)
        try:
            self._path.replace(place)
        except OSError as error:
            raise explain(error, doing="move into place") from error
