"""Indexes of binary packages, as they were published."""

from __future__ import annotations

import re
import sys
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

from lsstinstall.core.errors import FormatError
from lsstinstall.core.jsontexts import parse_json
from lsstinstall.core.packageindexes import (
    SCHEMA_VERSION,
    IndexedFile,
    IndexedFolder,
    IndexedLink,
    PackageGroup,
    PackageIndex,
    PackageOutline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import Sha256

__all__ = ["parse_outline", "parse_package_index"]

_GZIP = 31

_LARGEST = 256 << 20
"""Bytes of an unpacked index; a million files need half of it."""

_LARGEST_MODE = 0o777

_DIGEST_LENGTH = 64

_NOT_HEXADECIMAL = re.compile(r"[^0-9a-f]")

# A component that is empty, `.` or `..`, in paths that are joined by NUL.
_OUTSIDE = re.compile(r"(?:^|[/\0])\.{0,2}(?:[/\0]|\Z)")


def parse_package_index(data: bytes, *, source: str) -> PackageIndex:
    """Read an index.

    Parameters
    ----------
    data : `bytes`
        What `PackageIndex.format` wrote.
    source : `str`
        File name or URL, for errors.

    Returns
    -------
    index : `PackageIndex`
        Consistent: each path stands in it once and inside the package, nothing
        is below a file or a link, and each file lies within its group.

    Raises
    ------
    FormatError
        Raised if it is damaged, of another schema, or not consistent.
    """
    document = parse_json(_unpack(data, source), source=source)
    try:
        return _Reader(document).read()
    except _WrongError as error:
        raise FormatError(str(error), source=source) from error


def parse_outline(data: bytes, *, source: str) -> PackageOutline:
    """Read of an index what is quickly read.

    Parameters
    ----------
    data : `bytes`
        What `PackageIndex.format` wrote.
    source : `str`
        File name or URL, for errors.

    Returns
    -------
    outline : `PackageOutline`
        Whether the rest is consistent remains to be seen.

    Raises
    ------
    FormatError
        Raised if it is damaged or of another schema.
    """
    document = parse_json(_unpack(data, source), source=source)
    try:
        return _Reader(document).outline()
    except _WrongError as error:
        raise FormatError(str(error), source=source) from error


def _unpack(data: bytes, source: str) -> bytes:
    decompressor = zlib.decompressobj(_GZIP)
    try:
        content = decompressor.decompress(data, _LARGEST)
    except zlib.error as error:
        raise FormatError(f"the index is damaged ({error})", source=source) from error
    if not decompressor.eof or decompressor.unused_data:
        raise FormatError("the index is cut, or something follows it", source=source)
    return content


class _WrongError(Exception):
    """What is wrong with an index."""


class _Reader:
    """A parsed document on its way to an index; whole columns are checked, for row by row takes long."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict) or document.get("schema") != SCHEMA_VERSION:
            raise _WrongError(f"not a package index of schema {SCHEMA_VERSION}")
        self._document = document

    def outline(self) -> PackageOutline:
        size, digest = self._package()
        groups = self._groups(size)
        contents = _zip(
            "files",
            self._texts("files", "sha256"),
            self._numbers("files", "size_bytes"),
            self._numbers("files", "group", len(groups) - 1),
        )
        return PackageOutline(size_bytes=size, sha256=digest, groups=groups, contents=tuple(contents))

    def _package(self) -> tuple[int, Sha256]:
        size, digest = self._document.get("size_bytes"), self._document.get("sha256")
        if type(size) is not int or not isinstance(digest, str):
            raise _WrongError("the index does not say which package it is of")
        return size, _digests([digest])[0]

    def read(self) -> PackageIndex:
        size, digest = self._package()
        groups = self._groups(size)
        paths, modes = self._texts("folders", "path"), self._numbers("folders", "mode", _LARGEST_MODE)
        folders = [IndexedFolder(path=path, mode=mode) for path, mode in _zip("folders", paths, modes)]
        files = self._files(groups)
        links = [
            IndexedLink(path=path, target=target)
            for path, target in _zip("links", self._texts("links", "path"), self._texts("links", "target"))
        ]
        _check_paths(paths, [*(file.path for file in files), *(link.path for link in links)])
        if not all(link.target and "\0" not in link.target for link in links):
            raise _WrongError("a link points nowhere")
        return PackageIndex(
            size_bytes=size,
            sha256=digest,
            groups=groups,
            folders=tuple(folders),
            files=files,
            links=tuple(links),
        )

    def _column(self, part: str, key: str, kind: type) -> list[Any]:
        table = self._document.get(part)
        column = table.get(key) if isinstance(table, dict) else None
        if not isinstance(column, list) or set(map(type, column)) - {kind}:
            raise _WrongError(f"`{part}.{key}` is not a list of {'texts' if kind is str else 'numbers'}")
        return column

    def _texts(self, part: str, key: str) -> list[str]:
        return self._column(part, key, str)

    def _numbers(self, part: str, key: str, largest: int = sys.maxsize) -> list[int]:
        column = self._column(part, key, int)
        if column and not 0 <= min(column) <= max(column) <= largest:
            raise _WrongError(f"a number of `{part}.{key}` is too small or too large")
        return column

    def _groups(self, size: int) -> tuple[PackageGroup, ...]:
        packed, content = self._numbers("groups", "size_bytes"), self._numbers("groups", "content_bytes")
        ends = list(accumulate(packed, initial=0))
        if ends[-1] > size:
            raise _WrongError(f"the groups have {ends[-1]} bytes, and the package {size}")
        return tuple(
            PackageGroup(offset=start, size_bytes=length, content_bytes=unpacked)
            for start, (length, unpacked) in zip(ends, _zip("groups", packed, content), strict=False)
        )

    def _files(self, groups: Sequence[PackageGroup]) -> tuple[IndexedFile, ...]:
        contents = [group.content_bytes for group in groups]
        rows = _zip(
            "files",
            self._texts("files", "path"),
            self._numbers("files", "mode", _LARGEST_MODE),
            self._numbers("files", "size_bytes"),
            _digests(self._texts("files", "sha256")),
            self._numbers("files", "group", len(groups) - 1),
            self._numbers("files", "offset"),
        )
        for path, _, size, _, group, offset in rows:
            if offset + size > contents[group]:
                raise _WrongError(f"`{path}` does not lie within its group")
        return tuple(map(IndexedFile._make, rows))


def _zip(part: str, *columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    if len(set(map(len, columns))) > 1:
        raise _WrongError(f"the columns of `{part}` differ in length")
    return list(zip(*columns, strict=True))


def _digests(texts: list[str]) -> list[Sha256]:
    if set(map(len, texts)) - {_DIGEST_LENGTH} or _NOT_HEXADECIMAL.search("".join(texts)):
        raise _WrongError("a digest has not 64 hexadecimal digits")
    return cast("list[Sha256]", texts)


def _check_paths(folders: Sequence[str], others: Sequence[str]) -> None:
    paths = [*folders, *others]
    text = "\0".join(paths)
    if paths and (_OUTSIDE.search(text) is not None or text.count("\0") != len(paths) - 1):
        raise _WrongError("a path leaves its folder")
    if len(set(paths)) < len(paths):
        raise _WrongError("a path is in it twice")
    above: set[str] = set()
    for inner in {path.rpartition("/")[0] for path in paths}:
        folder = inner
        while folder and folder not in above:
            above.add(folder)
            folder = folder.rpartition("/")[0]
    if not above.isdisjoint(others):
        raise _WrongError(f"`{min(above.intersection(others))}` is a folder and something else")
