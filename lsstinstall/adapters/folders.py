"""A package root that is a folder on this machine."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_bytes, read_text
from lsstinstall.core.errors import CorruptError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lsstinstall.core.names import Sha256

__all__ = ["FolderPkgroot", "check_content", "check_inner_path"]

_CHUNK = 1 << 20


def check_inner_path(path: str) -> str:
    """Refuse a path that leaves its package root.

    Parameters
    ----------
    path : `str`
        Relative, with ``/``.

    Returns
    -------
    path : `str`
        The same.

    Raises
    ------
    CorruptError
        Raised if it is absolute or goes up; it came from a file of the root.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise CorruptError(f"path `{path}` leaves the package root")
    return path


def check_content(
    what: str, *, size_bytes: int, sha256: str, expected_size: int | None, expected_sha256: str | None
) -> None:
    """Compare a fetched file with what was promised.

    Parameters
    ----------
    what : `str`
        URL or path, for messages.
    size_bytes : `int`
        What was fetched.
    sha256 : `str`
        Digest of what was fetched.
    expected_size, expected_sha256 : `int`, `str` or `None`
        What was promised; `None` is not compared.

    Raises
    ------
    CorruptError
        Raised if one of them differs.
    """
    if expected_size is not None and size_bytes != expected_size:
        raise CorruptError(
            f"<{what}> has {size_bytes} bytes instead of {expected_size}",
            hint="it was cut or replaced on the way or on the server",
        )
    if expected_sha256 is not None and sha256 != expected_sha256:
        raise CorruptError(
            f"<{what}> has the SHA-256 digest {sha256} instead of {expected_sha256}",
            hint="the file is damaged or was replaced; do not use it",
        )


class FolderPkgroot:
    """A package root on disk.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    url : `str`
        How the user wrote it.
    """

    def __init__(self, path: Path, *, url: str) -> None:
        self._path = path
        self._url = url.rstrip("/") or url

    @property
    def url(self) -> str:
        """What the root was opened with, without a final slash."""
        return self._url

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""
        return read_bytes(self._on_disk(path))

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file."""
        place = self._on_disk(path)
        try:
            with place.open("rb") as file:
                file.seek(offset)
                data = file.read(size_bytes)
        except OSError as error:
            raise explain(error, doing="read") from error
        if len(data) != size_bytes:
            raise CorruptError(f"`{place}` ends before byte {offset + size_bytes}")
        return data

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text."""
        return read_text(self._on_disk(path))

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted."""
        try:
            with os.scandir(self._on_disk(directory)) as entries:
                return tuple(sorted(entry.name for entry in entries))
        except OSError as error:
            raise explain(error, doing="list") from error

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        return self._on_disk(path).is_file()

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is."""
        try:
            return self._on_disk(path).stat().st_size
        except OSError as error:
            raise explain(error, doing="read") from error

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Copy a file, which appears at the destination when it is complete and verified."""
        source = self._on_disk(path)
        make_directory(destination.parent)
        part = destination.with_name(f"{destination.name}.part")
        try:
            try:
                found, digest = _copy(source, part)
                check_content(
                    str(source),
                    size_bytes=found,
                    sha256=digest,
                    expected_size=size_bytes,
                    expected_sha256=sha256,
                )
                part.replace(destination)
            except BaseException:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise explain(error, doing="copy") from error
        return found

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: the file itself."""
        del beside
        yield self._path / check_inner_path(path)

    def _on_disk(self, path: str) -> Path:
        found = self._path / check_inner_path(path)
        if not self._path.is_dir():
            raise NotFoundError(
                f"there is no package root at <{self._url}>", hint="check the path or the mount"
            )
        return found


def _copy(source: Path, part: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    with source.open("rb") as reader, part.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return size, digest.hexdigest()
