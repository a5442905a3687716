"""Trees and image layouts in memory, and a compressor that does nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from rubin_releng.core.ocidocuments import Digest, MediaType, StoredBlob
from rubin_releng.core.trees import EntryKind, TreeEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rubin_releng.images.ports import BlobStore

MARKER = b'{"imageLayoutVersion":"1.0.0"}\n'


def a_folder(path: str, *, mode: int = 0o755) -> TreeEntry:
    return TreeEntry(path=path, kind=EntryKind.DIRECTORY, mode=mode, mtime=77)


def a_link(path: str, target: str) -> TreeEntry:
    return TreeEntry(path=path, kind=EntryKind.SYMLINK, mode=0o644, mtime=88, target=target)


class MemoryTree:
    """A folder; files are given with their contents."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        others: Iterable[TreeEntry] = (),
        *,
        same: Mapping[str, tuple[int, int]] | None = None,
        mtime: int = 99,
    ) -> None:
        self.name = "memory"
        self.files = dict(files)
        self.piece_bytes = 7
        same = same or {}
        self._entries = [
            *others,
            *(
                TreeEntry(
                    path=path,
                    kind=EntryKind.FILE,
                    mode=0o644,
                    size_bytes=len(content),
                    mtime=mtime,
                    identity=same.get(path),
                )
                for path, content in files.items()
            ),
        ]

    def entries(self) -> list[TreeEntry]:
        """List it as a folder is listed."""
        return sorted(self._entries, key=lambda entry: entry.path.split("/"))

    def read(self, entry: TreeEntry) -> Iterator[bytes]:
        """Read in small pieces."""
        content = self.files[entry.path]
        size = self.piece_bytes
        yield from (content[start : start + size] for start in range(0, len(content), size))


class NoCompression:
    """A codec whose bytes are those of the tar."""

    media_type = MediaType.LAYER
    description = "none"

    def compress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass all through."""
        yield from pieces

    def decompress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass all through."""
        yield from pieces


class MemoryStore:
    """An image layout in memory."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.index: bytes | None = None
        self.marker: bytes | None = MARKER
        self.written: list[str] = []

    def write(self, pieces: Iterable[bytes]) -> StoredBlob:
        """Store a blob under its digest."""
        data = b"".join(pieces)
        name = hashlib.sha256(data).hexdigest()
        self.blobs[name] = data
        self.written.append(name)
        return StoredBlob(digest=Digest(f"sha256:{name}"), size_bytes=len(data))

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Read a blob at once."""
        name = digest.partition(":")[2]
        if name not in self.blobs:
            raise NotFoundError(f"there is no blob `{digest}`")
        yield self.blobs[name]

    def adopt(self, digest: Digest, *, source: BlobStore) -> None:
        """Copy a blob."""
        self.blobs[digest.partition(":")[2]] = b"".join(source.read(digest))

    def sizes(self) -> dict[str, int]:
        """List all blobs."""
        return {name: len(data) for name, data in self.blobs.items()}

    def remove(self, name: str) -> None:
        """Forget a blob."""
        del self.blobs[name]

    def read_index(self) -> bytes | None:
        """Read the index."""
        return self.index

    def write_index(self, data: bytes) -> None:
        """Replace the index."""
        self.index = data
        self.written.append("index.json")

    def read_marker(self) -> bytes | None:
        """Read the marker."""
        return self.marker
