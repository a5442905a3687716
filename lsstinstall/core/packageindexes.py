"""What is in a binary package, and where: one index for each tarball, so that parts of it can be fetched."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.jsontexts import canonical_json

if TYPE_CHECKING:
    from lsstinstall.core.names import Sha256

__all__ = [
    "IndexedFile",
    "IndexedFolder",
    "IndexedLink",
    "PackageGroup",
    "PackageIndex",
    "PackageOutline",
    "index_path",
]

SCHEMA_VERSION = 1
"""Of the indexes that we write; others are refused."""

_LEVEL = 9
_RAW_DEFLATE = -15
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def index_path(package: str) -> str:
    """Say where the index of a package lies.

    Parameters
    ----------
    package : `str`
        Path of a tarball, ``afw-g1a2b3c4d5@Linux64.tar.gz``.

    Returns
    -------
    path : `str`
        Beside it. It does not end in ``.gz``, for some servers have files
        that do unpacked on the way.
    """
    return f"{package}.index"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageGroup:
    """A part of a tarball that can be unpacked by itself: one gzip member.

    Parameters
    ----------
    offset : `int`
        Where it begins in the tarball, in bytes.
    size_bytes : `int`
        How long it is there.
    content_bytes : `int`
        How long it is unpacked.
    """

    offset: int
    size_bytes: int
    content_bytes: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + self.size_bytes


class IndexedFile(NamedTuple):
    """A regular file of a package; a plain tuple, because tens of thousands are read at a time.

    Parameters
    ----------
    path : `str`
        In the tarball, with ``/``.
    mode : `int`
        Permission bits.
    size_bytes : `int`
        Of the file.
    sha256 : `Sha256`
        Of the file.
    group : `int`
        Number of the group that holds it.
    offset : `int`
        Where its content begins in the unpacked group.
    """

    path: str
    mode: int
    size_bytes: int
    sha256: Sha256
    group: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedFolder:
    """A folder of a package.

    Parameters
    ----------
    path : `str`
        In the tarball, with ``/``.
    mode : `int`
        Permission bits.
    """

    path: str
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedLink:
    """A symbolic link of a package.

    Parameters
    ----------
    path : `str`
        In the tarball, with ``/``.
    target : `str`
        As the link has it.
    """

    path: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageIndex:
    """What is in a tarball.

    Parameters
    ----------
    size_bytes : `int`
        Of the tarball.
    sha256 : `Sha256`
        Of the tarball.
    groups : `tuple` [ `PackageGroup`, ... ]
        In the order of the tarball, without gaps; what follows the last one
        ends the archive and holds no file.
    folders : `tuple` [ `IndexedFolder`, ... ]
        In the order of the tarball: each after those above it; folders at the
        top may be implied.
    files : `tuple` [ `IndexedFile`, ... ]
        In the order of the tarball.
    links : `tuple` [ `IndexedLink`, ... ]
        In the order of the tarball.
    """

    size_bytes: int
    sha256: Sha256
    groups: tuple[PackageGroup, ...]
    folders: tuple[IndexedFolder, ...]
    files: tuple[IndexedFile, ...]
    links: tuple[IndexedLink, ...]

    @property
    def content_bytes(self) -> int:
        """Sum of the sizes of the files."""
        return sum(file.size_bytes for file in self.files)

    def format(self) -> bytes:
        """Write the index in the one form that is published.

        Returns
        -------
        data : `bytes`
            Canonical JSON, compressed with gzip, without name and time.
        """
        document = {
            "schema": SCHEMA_VERSION,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "groups": {
                "size_bytes": [group.size_bytes for group in self.groups],
                "content_bytes": [group.content_bytes for group in self.groups],
            },
            "folders": {
                "path": [folder.path for folder in self.folders],
                "mode": [folder.mode for folder in self.folders],
            },
            "files": {
                key: [getattr(file, key) for file in self.files]
                for key in ("path", "mode", "size_bytes", "sha256", "group", "offset")
            },
            "links": {
                "path": [link.path for link in self.links],
                "target": [link.target for link in self.links],
            },
        }
        return _pack(canonical_json(document))


def _pack(content: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
    body = compressor.compress(content) + compressor.flush()
    ending = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return _HEADER + body + ending


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOutline:
    """As much of an index as is needed to plan with it.

    Parameters
    ----------
    size_bytes : `int`
        Of the tarball.
    sha256 : `Sha256`
        Of the tarball.
    groups : `tuple` [ `PackageGroup`, ... ]
        As in the index.
    contents : `tuple` [ `tuple` [ `Sha256`, `int`, `int` ], ... ]
        Digest, size in bytes and group of each file.
    """

    size_bytes: int
    sha256: Sha256
    groups: tuple[PackageGroup, ...]
    contents: tuple[tuple[Sha256, int, int], ...]
