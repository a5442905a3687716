"""Lists of the files of installed products, as they were written down."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import FormatError, InvalidNameError
from lsstinstall.core.filelists import SCHEMA_VERSION, FileList, ListedFile, ListedLink
from lsstinstall.core.filestamps import unpack_stamps
from lsstinstall.core.jsontexts import parse_json
from lsstinstall.core.names import parse_sha256

if TYPE_CHECKING:
    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.names import Sha256

__all__ = ["parse_contents", "parse_digests", "parse_file_list"]

_SPECIAL = frozenset({"", ".", "/"})
"""First letters of paths that may be no inner ones, beside those with two dots."""


def parse_file_list(data: str | bytes, *, source: str) -> FileList:
    """Read a list of files.

    Parameters
    ----------
    data : `str` or `bytes`
        What `FileList.format` wrote.
    source : `str`
        File name, for errors.

    Returns
    -------
    files : `FileList`
        Sorted by path.

    Raises
    ------
    FormatError
        Raised if it is not JSON, of another schema, or an entry is broken.
    """
    document = parse_json(data, source=source)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA_VERSION:
        raise FormatError(f"not a list of files of schema {SCHEMA_VERSION}", source=source)
    files = [_read_file(row, source) for row in _rows(document, "files", source)]
    links = [_read_link(row, source) for row in _rows(document, "links", source)]
    rows = _rows(document, "originals", source) if "originals" in document else []
    originals = [_read_file(row, source) for row in rows]
    return FileList(
        files=tuple(sorted(files, key=lambda file: file.path)),
        links=tuple(sorted(links, key=lambda link: link.path)),
        originals=tuple(sorted(originals, key=lambda file: file.path)),
        stamps=_read_stamps(document, [file.path for file in files], source),
    )


def parse_digests(data: str | bytes, *, source: str) -> dict[Sha256, str]:
    """Read the digests of a list of files, and nothing else, which is quicker than reading all of it.

    Parameters
    ----------
    data : `str` or `bytes`
        What `FileList.format` wrote.
    source : `str`
        File name, for errors.

    Returns
    -------
    paths : `dict` [ `Sha256`, `str` ]
        A path of each content. Neither is checked: whoever uses them looks
        at the file itself.

    Raises
    ------
    FormatError
        Raised if it is not JSON, of another schema, or an entry is broken.
    """
    return _read_digests(parse_json(data, source=source), source)


def parse_contents(data: str | bytes, *, source: str) -> tuple[dict[Sha256, str], dict[str, FileStamp]]:
    """Read the digests of a list of files and the files' stamps, and nothing else.

    Parameters
    ----------
    data : `str` or `bytes`
        What `FileList.format` wrote.
    source : `str`
        File name, for errors.

    Returns
    -------
    paths : `dict` [ `Sha256`, `str` ]
        As from `parse_digests`.
    stamps : `dict` [ `str`, `FileStamp` ]
        By path; empty in old lists.

    Raises
    ------
    FormatError
        Raised as by `parse_digests`, or if the stamps are broken.
    """
    document: Any = parse_json(data, source=source)
    digests = _read_digests(document, source)
    return digests, _read_stamps(document, [row[0] for row in document["files"]], source)


def _read_digests(document: Any, source: str) -> dict[Sha256, str]:
    try:
        if document["schema"] != SCHEMA_VERSION:
            raise FormatError(f"not a list of files of schema {SCHEMA_VERSION}", source=source)
        return {row[3]: row[0] for row in document["files"]}
    except (TypeError, KeyError, IndexError) as error:
        raise FormatError("not a list of files", source=source) from error


def _read_stamps(document: Any, paths: list[str], source: str) -> dict[str, FileStamp]:
    if "stamps" not in document:
        return {}
    try:
        return dict(zip(paths, unpack_stamps(document["stamps"]), strict=True))
    except ValueError as error:
        raise FormatError("`stamps` do not belong to the files", source=source) from error


def _rows(document: dict[str, object], key: str, source: str) -> list[object]:
    rows = document.get(key)
    if not isinstance(rows, list):
        raise FormatError(f"`{key}` is not a list", source=source)
    return rows


def _read_file(row: object, source: str) -> ListedFile:
    match row:
        case [str() as path, str() as mode, int() as size_bytes, str() as sha256] if size_bytes >= 0:
            try:
                return ListedFile(
                    path=_inner(path), mode=int(mode, 8), size_bytes=size_bytes, sha256=parse_sha256(sha256)
                )
            except (ValueError, InvalidNameError) as error:
                raise FormatError(
                    f"{row!r} is not a file's path, mode, size and digest", source=source
                ) from error
        case _:
            raise FormatError(f"{row!r} is not a file's path, mode, size and digest", source=source)


def _read_link(row: object, source: str) -> ListedLink:
    match row:
        case [str() as path, str() as target] if _is_inner(path):
            return ListedLink(path=path, target=target)
        case _:
            raise FormatError(f"{row!r} is not a link's path and target", source=source)


def _is_inner(path: str) -> bool:
    if path[:1] not in _SPECIAL and ".." not in path:
        # Almost all are such, and lists are long.
        return True
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts


def _inner(path: str) -> str:
    if not _is_inner(path):
        raise ValueError(path)
    return path
