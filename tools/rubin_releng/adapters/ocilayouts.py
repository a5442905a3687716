"""OCI image layouts: folders with an index and blobs named by their digests."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Protocol

from lsstinstall.adapters.files import explain, make_directory, read_bytes, write_atomic
from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import LAYOUT_VERSION, Digest, StoredBlob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["OciLayout"]

_PIECE_BYTES = 1024 * 1024
_MARKER = "oci-layout"
_INDEX = "index.json"


class _Blobs(Protocol):
    def read(self, digest: Digest) -> Iterator[bytes]: ...


class OciLayout:
    """One layout on disk.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Its folder.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._blobs = directory / "blobs" / "sha256"

    @classmethod
    def create(cls, directory: Path) -> OciLayout:
        """Make a layout, or take one that is there.

        Parameters
        ----------
        directory : `~pathlib.Path`
            Missing, empty, or a layout.

        Returns
        -------
        layout : `OciLayout`
            Without images, if it is new.

        Raises
        ------
        RefusedError
            Raised if the folder holds something else.
        """
        layout = cls(directory)
        make_directory(directory)
        try:
            # One that was killed may have left the beginning of the marker, which comes first.
            is_foreign = layout.read_marker() is None and any(
                path.name != f".{_MARKER}.tmp" for path in directory.iterdir()
            )
        except OSError as error:
            raise explain(error, doing="read") from error
        if is_foreign:
            raise RefusedError(f"`{directory}` is not empty and no image layout", hint="name another folder")
        marker = canonical_json({"imageLayoutVersion": LAYOUT_VERSION})
        if layout.read_marker() != marker:
            write_atomic(directory / _MARKER, marker)
        make_directory(layout._blobs)
        return layout

    @classmethod
    def open(cls, directory: Path) -> OciLayout:
        """Take a layout that is there.

        Parameters
        ----------
        directory : `~pathlib.Path`
            Its folder.

        Returns
        -------
        layout : `OciLayout`
            To be read.

        Raises
        ------
        NotFoundError
            Raised if there is no such folder, or nothing of a layout in it.
        """
        layout = cls(directory)
        if not any((directory / name).exists() for name in (_MARKER, _INDEX, "blobs")):
            raise NotFoundError(
                f"there is no image layout `{directory}`", hint="`rubin-releng image build` makes one"
            )
        return layout

    def write(self, pieces: Iterable[bytes]) -> StoredBlob:
        """Store a blob under its digest.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            Its content.

        Returns
        -------
        blob : `StoredBlob`
            Digest and size.

        Raises
        ------
        UnavailableError
            Raised if the disk is full; no part of the blob is left.
        RefusedError
            Raised if we may not write there.
        """
        content, size = hashlib.sha256(), 0
        temporary = self._blobs / f".{secrets.token_hex(8)}.tmp"
        try:
            try:
                with temporary.open("xb") as stream:
                    for piece in pieces:
                        content.update(piece)
                        size += len(piece)
                        stream.write(piece)
                    stream.flush()
                    os.fsync(stream.fileno())
                temporary.replace(self._blobs / content.hexdigest())
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            # A full disk names no file.
            error.filename = error.filename or str(self.directory)
            raise explain(error, doing="write") from error
        return StoredBlob(digest=Digest(f"sha256:{content.hexdigest()}"), size_bytes=size)

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Read a blob in pieces.

        Parameters
        ----------
        digest : `Digest`
            Its name.

        Yields
        ------
        piece : `bytes`
            Up to a mebibyte.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        """
        try:
            with (self._blobs / digest.partition(":")[2]).open("rb") as stream:
                while piece := stream.read(_PIECE_BYTES):
                    yield piece
        except OSError as error:
            raise explain(error, doing="read") from error

    def adopt(self, digest: Digest, *, source: _Blobs) -> None:
        """Take a blob from another layout.

        Parameters
        ----------
        digest : `Digest`
            Its name.
        source : `OciLayout`
            Where it is, or whatever else can `read` blobs. On the same disk it
            is linked, since nobody changes a blob.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        CorruptError
            Raised if it had to be copied and is not what its name says.
        """
        name = digest.partition(":")[2]
        if isinstance(source, OciLayout) and self._link(source, name):
            return
        copied = self.write(source.read(digest)).digest
        if copied != digest:
            self.remove(copied.partition(":")[2])
            raise CorruptError(f"the blob `{digest}` has the digest `{copied}`")

    def _link(self, source: OciLayout, name: str) -> bool:
        try:
            (self._blobs / name).hardlink_to(source._blobs / name)
        except FileExistsError:
            return True
        except OSError:
            return False
        return True

    def sizes(self) -> dict[str, int]:
        """List all files among the blobs.

        Returns
        -------
        sizes : `dict` [ `str`, `int` ]
            Name below the folder of blobs to size in bytes, sorted by name;
            also of what is no blob, or one of another digest algorithm.
        """
        found = {}
        for path in sorted((self.directory / "blobs").rglob("*")):
            if not path.is_dir():
                found[str(path.relative_to(self.directory / "blobs")).removeprefix("sha256/")] = (
                    path.lstat().st_size
                )
        return found

    def remove(self, name: str) -> None:
        """Remove a file among the blobs.

        Parameters
        ----------
        name : `str`
            One of `sizes`.
        """
        try:
            (self._blobs / name).unlink()
        except OSError as error:
            raise explain(error, doing="remove") from error

    def read_index(self) -> bytes | None:
        """Read ``index.json``.

        Returns
        -------
        data : `bytes` or `None`
            `None` if there is none.
        """
        return self._read(_INDEX)

    def write_index(self, data: bytes) -> None:
        """Replace ``index.json``.

        Parameters
        ----------
        data : `bytes`
            The whole document.
        """
        write_atomic(self.directory / _INDEX, data)

    def read_marker(self) -> bytes | None:
        """Read ``oci-layout``.

        Returns
        -------
        data : `bytes` or `None`
            `None` if there is none.
        """
        return self._read(_MARKER)

    def _read(self, name: str) -> bytes | None:
        path = self.directory / name
        return read_bytes(path) if path.exists() else None
