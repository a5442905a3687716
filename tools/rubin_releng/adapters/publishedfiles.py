"""Files beneath package roots, as release documents name them."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_bytes, sha256_of, write_atomic
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.releaserecords import FileRecord
from lsstinstall.core.releaseschemas import parse_file_path

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.http import PkgrootReader

__all__ = ["LocalRelease", "RemoteFiles"]


class LocalRelease:
    """A package root on disk, the folder that holds ``releases/``.

    Parameters
    ----------
    root : `~pathlib.Path`
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read_document(self, path: str) -> bytes:
        """Read a whole document.

        Parameters
        ----------
        path : `str`
            Below the root.

        Returns
        -------
        data : `bytes`
            The document.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        """
        return read_bytes(self.root / path)

    def check(self, file: FileRecord) -> None:
        """Compare a file with its record.

        Parameters
        ----------
        file : `FileRecord`
            The record.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        CorruptError
            Raised if its size or digest differs.
        """
        path = self.root / file.path
        digest, size = sha256_of(path), path.stat().st_size
        if size != file.size_bytes:
            raise CorruptError(f"`{path}` has {size} bytes instead of {file.size_bytes}")
        if digest != file.sha256:
            raise CorruptError(f"`{path}` has the SHA-256 digest {digest} instead of {file.sha256}")

    def record(self, source: Path, *, folder: str) -> FileRecord:
        """Say how a file is recorded once it is published.

        Parameters
        ----------
        source : `~pathlib.Path`
            A file, beneath the root or elsewhere.
        folder : `str`
            Below the root; where a file from elsewhere belongs.

        Returns
        -------
        file : `FileRecord`
            Its path, size and digest.

        Raises
        ------
        NotFoundError
            Raised if there is no such file.
        """
        digest = sha256_of(source)
        root, real = self.root.resolve(), source.resolve()
        path = real.relative_to(root).as_posix() if real.is_relative_to(root) else f"{folder}/{source.name}"
        return FileRecord(path=parse_file_path(path), size_bytes=source.stat().st_size, sha256=digest)

    def publish(self, source: Path, file: FileRecord) -> None:
        """Put a file where its record says, whole or not at all.

        Parameters
        ----------
        source : `~pathlib.Path`
            The file; one that is in its place already stays as it is.
        file : `FileRecord`
            As `record` made it.

        Raises
        ------
        CorruptError
            Raised if the file has changed since.
        UnavailableError
            Raised if the disk is full.
        """
        target = self.root / file.path
        if source.resolve() == target.resolve():
            return
        make_directory(target.parent)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
        try:
            with source.open("rb") as reading, temporary.open("xb") as writing:
                shutil.copyfileobj(reading, writing)
                writing.flush()
                os.fsync(writing.fileno())
            if sha256_of(temporary) != file.sha256:
                raise CorruptError(f"`{source}` changed while it was published")
            temporary.replace(target)
        except OSError as error:
            raise explain(error, doing="publish") from error
        finally:
            temporary.unlink(missing_ok=True)

    def write_document(self, path: str, data: bytes) -> None:
        """Replace a document.

        Parameters
        ----------
        path : `str`
            Below the root.
        data : `bytes`
            The whole document.
        """
        write_atomic(self.root / path, data)


class RemoteFiles:
    """A package root behind a server; files are fetched to be checked.

    Parameters
    ----------
    reader : `PkgrootReader`
        The root.
    scratch : `~pathlib.Path`
        Folder for one file at a time and thread.
    """

    def __init__(self, reader: PkgrootReader, scratch: Path) -> None:
        self._reader = reader
        self._scratch = scratch

    def check(self, file: FileRecord) -> None:
        """Compare a file with its record.

        Parameters
        ----------
        file : `FileRecord`
            The record.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        CorruptError
            Raised if its size or digest differs.
        UnavailableError
            Raised if the server does not answer.
        """
        copy = self._scratch / secrets.token_hex(8)
        try:
            self._reader.download(file.path, copy, sha256=file.sha256, size_bytes=file.size_bytes)
        finally:
            copy.unlink(missing_ok=True)
