"""What images need from the outside: trees to pack, a compressor, a place for blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rubin_releng.core.ocidocuments import Digest, MediaType, StoredBlob
    from rubin_releng.core.trees import TreeEntry

__all__ = ["BlobStore", "CleanableTree", "Codec", "Tree"]


class Tree(Protocol):
    """A folder whose content becomes a layer."""

    @property
    def name(self) -> str:
        """What people call it."""

    def entries(self) -> Iterable[TreeEntry]:
        """List everything: parents before children, names of one folder by code point.

        Raises
        ------
        RefusedError
            Raised if there is something that no layer can hold.
        """

    def read(self, entry: TreeEntry) -> Iterator[bytes]:
        """Read a file in pieces."""


class CleanableTree(Protocol):
    """A folder that may be changed."""

    def entries(self) -> Iterable[TreeEntry]:
        """List everything: parents before children."""

    def begins_with(self, entry: TreeEntry, size: int) -> bytes:
        """Read the first bytes of a file."""

    def remove_folder(self, path: str) -> None:
        """Remove a folder and all that is in it."""

    def strip(self, path: str) -> int:
        """Strip a file; return its size in bytes afterwards."""


class Codec(Protocol):
    """One way to compress."""

    @property
    def media_type(self) -> MediaType:
        """Of the layers that it writes."""

    @property
    def description(self) -> str:
        """Name, version and level: the same description gives the same bytes."""

    def compress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Compress a stream."""

    def decompress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Turn `compress` round.

        Raises
        ------
        CorruptError
            Raised if the stream is damaged or ends too early.
        """


class BlobStore(Protocol):
    """An image layout; blobs appear whole, and the index last."""

    def write(self, pieces: Iterable[bytes]) -> StoredBlob:
        """Store a blob under its digest."""

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Read a blob in pieces.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        """

    def adopt(self, digest: Digest, *, source: BlobStore) -> None:
        """Take a blob from another layout; cheap if both are on one disk.

        Raises
        ------
        CorruptError
            Raised if it had to be copied and is not what its name says.
        """

    def sizes(self) -> Mapping[str, int]:
        """List the names of all files among the blobs with their sizes in bytes."""

    def remove(self, name: str) -> None:
        """Remove one of the files that `sizes` names."""

    def read_index(self) -> bytes | None:
        """Read ``index.json``; `None` if there is none yet."""

    def write_index(self, data: bytes) -> None:
        """Replace ``index.json``; from then on the image is there."""

    def read_marker(self) -> bytes | None:
        """Read ``oci-layout``, which makes a folder a layout; `None` if there is none."""
