"""Indexes of binary packages, made from the packages themselves."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.gzipmembers import MemberReader
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import (
    IndexedFile,
    IndexedFolder,
    IndexedLink,
    PackageGroup,
    PackageIndex,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["index_archive"]

_CHUNK = 1 << 18


def index_archive(archive: Path) -> PackageIndex:
    """Say what is in a ``.tar.gz``, and where.

    Parameters
    ----------
    archive : `~pathlib.Path`
        File to read.

    Returns
    -------
    index : `PackageIndex`
        Its groups are the gzip members, as far as they end between members
        of the archive; a stream of one piece is one group.

    Raises
    ------
    NotFoundError
        Raised if there is no such archive.
    CorruptError
        Raised if it is damaged, or holds anything but files, folders and
        symbolic links.
    """
    try:
        with archive.open("rb") as file:
            raw = _Hashing(file)
            reader = MemberReader(raw)
            with tarfile.open(fileobj=reader, mode="r|", bufsize=_CHUNK) as tar:
                entries = list(_entries(tar))
            while reader.read():
                pass
    except (EOFError, zlib.error, tarfile.TarError) as error:
        raise CorruptError(f"cannot index `{archive.name}`: truncated or damaged ({error})") from error
    except OSError as error:
        raise explain(error, doing="read") from error
    return _make_index(entries, reader, size=raw.size, sha256=Sha256(raw.digest.hexdigest()))


class _Hashing:
    """A file whose digest is computed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A member of the archive, and which bytes of the stream it takes."""

    header: tarfile.TarInfo
    end: int
    sha256: Sha256 | None


def _entries(tar: tarfile.TarFile) -> Iterator[_Entry]:
    for header in tar:
        header.name = posixpath.normpath(header.name)
        digest = None
        if header.isreg():
            digest = Sha256(_digest_of(tar.extractfile(header)))
        elif not (header.isdir() or header.issym()):
            raise CorruptError(f"`{header.name}` is neither a file nor a folder nor a symbolic link")
        end = header.offset_data + header.size + -header.size % tarfile.BLOCKSIZE
        yield _Entry(header=header, end=end, sha256=digest)


def _digest_of(content: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while content is not None and (chunk := content.read(_CHUNK)):
        digest.update(chunk)
    return digest.hexdigest()


def _make_index(
    entries: Sequence[_Entry], reader: MemberReader, *, size: int, sha256: Sha256
) -> PackageIndex:
    groups, contents = _groups(entries, reader, size)
    files = []
    for entry in entries:
        header = entry.header
        if entry.sha256 is not None:
            group = bisect_right(contents, header.offset) - 1
            at = header.offset_data - contents[group]
            mode = header.mode & 0o777
            files.append(IndexedFile(header.name, mode, header.size, entry.sha256, group, at))
    headers = [entry.header for entry in entries]
    return PackageIndex(
        size_bytes=size,
        sha256=sha256,
        groups=groups,
        folders=tuple(
            IndexedFolder(path=header.name, mode=header.mode & 0o777) for header in headers if header.isdir()
        ),
        files=tuple(files),
        links=tuple(
            IndexedLink(path=header.name, target=header.linkname) for header in headers if header.issym()
        ),
    )


def _groups(
    entries: Sequence[_Entry], reader: MemberReader, size: int
) -> tuple[tuple[PackageGroup, ...], list[int]]:
    """Find the gzip members that begin where an entry does; return where their content begins, too."""
    begins = {entry.header.offset for entry in entries}
    kept = [start for start in reader.starts if start[1] in begins]
    # The group behind the last entry, if there is one, ends the archive and is nobody's.
    last = max((entry.end for entry in entries), default=0)
    ending = [start for start in reader.starts if start[1] >= last]
    ends = [*kept[1:], *ending, (size, reader.content_bytes)][: len(kept)]
    groups = tuple(
        PackageGroup(offset=offset, size_bytes=end - offset, content_bytes=upto - content)
        for (offset, content), (end, upto) in zip(kept, ends, strict=True)
    )
    return groups, [content for _, content in kept]
