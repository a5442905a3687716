"""Folders packed so that the same content gives the same bytes."""

from __future__ import annotations

import os
import secrets
import stat
import tarfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.adapters.gzipmembers import MemberWriter
from lsstinstall.adapters.trees import walk_tree
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["pack_tree"]

_CHUNK = 1 << 18

_GROUP = 1 << 18
"""Bytes of content in a group: what one changed file costs an update, and hardly more for all of them."""


def pack_tree(
    tree: Path,
    archive: Path,
    *,
    prefix: str,
    epoch: int = 0,
    extra: Mapping[str, bytes] | None = None,
) -> None:
    """Pack a folder so that the same content gives the same bytes.

    Members are sorted, belong to user and group 0 and are not younger than
    ``epoch``; the compressed stream carries neither name nor time. It has
    several gzip members, each with some whole members of the archive, so that
    they can be fetched one by one (see `index_archive`); to `tar` it is one.

    Parameters
    ----------
    tree : `~pathlib.Path`
        Folder to pack. Links are kept, second names of a file become files.
    archive : `~pathlib.Path`
        ``.tar.gz`` to write; it appears when it is complete.
    prefix : `str`
        Folder in the archive that stands for ``tree``, ``afw/1.0``.
    epoch : `int`, optional
        Latest time of a member, in seconds since 1970.
    extra : `~collections.abc.Mapping` [ `str`, `bytes` ], optional
        Further files: path below ``prefix`` to content. They have mode 644
        and stand in place of files of the tree with the same path.

    Raises
    ------
    NotFoundError
        Raised if there is no such folder.
    UnavailableError
        Raised if the disk is full; no archive appears.
    ToolkitError
        Raised if the folder holds a device, a pipe or a socket.
    """
    make_directory(archive.parent)
    temporary = archive.with_name(f".{archive.name}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            with temporary.open("xb") as raw:
                members = _members(tree, prefix=prefix, epoch=epoch, extra=extra or {})
                _write_archive(raw, members, prefix=prefix)
                raw.flush()
                os.fsync(raw.fileno())
            temporary.replace(archive)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise explain(error, doing="pack") from error


_Member = tuple[tarfile.TarInfo, "Path | bytes | None"]
"""Header, and where the content is: path, the bytes themselves, or nowhere."""


def _write_archive(raw: IO[bytes], members: Iterator[_Member], *, prefix: str) -> None:
    """Write a tar stream, compressed in groups: what was not changed need not be fetched with what was."""
    stream = MemberWriter(raw)
    part = ""
    size = 0
    for header, content in members:
        inside = header.name.removeprefix(f"{prefix}/")
        # Files beside folders at the top belong together, and so does all that is in one of these folders.
        top = inside.partition("/")[0] if "/" in inside or header.isdir() else ""
        if top != part or stream.content_bytes + header.size > _GROUP:
            stream.end_member()
        part = top
        for piece in _entry(header, content):
            stream.write(piece)
            size += len(piece)
    stream.end_member()
    # Two empty blocks end an archive, and `tar` writes whole records.
    end = 2 * tarfile.BLOCKSIZE
    stream.write(bytes(end + -(size + end) % tarfile.RECORDSIZE))
    stream.end_member()


def _entry(header: tarfile.TarInfo, content: Path | bytes | None) -> Iterator[bytes]:
    try:
        yield header.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")
    except UnicodeEncodeError as error:
        raise ToolkitError(f"cannot pack `{header.name!a}`: its name is not UTF-8") from error
    if isinstance(content, bytes):
        yield content
    elif content is not None:
        yield from _read(content, header.size)
    yield bytes(-header.size % tarfile.BLOCKSIZE)


def _read(path: Path, size: int) -> Iterator[bytes]:
    left = size
    with path.open("rb") as file:
        while chunk := file.read(min(left, _CHUNK)):
            yield chunk
            left -= len(chunk)
    if left:
        raise ToolkitError(f"`{path}` became shorter while it was packed")


def _members(tree: Path, *, prefix: str, epoch: int, extra: Mapping[str, bytes]) -> Iterator[_Member]:
    found: dict[str, _Member] = {}
    top = _header(prefix, tree.stat(), epoch)
    for entry in walk_tree(tree):
        path = os.path.relpath(entry.path, tree)
        found[path] = _member(f"{prefix}/{path}", entry, epoch)
    for path, content in extra.items():
        header = tarfile.TarInfo(f"{prefix}/{path}")
        header.mode, header.mtime, header.size = 0o644, epoch, len(content)
        found[path] = (header, content)
    yield top, None
    for path in sorted(found, key=lambda path: path.split("/")):
        yield found[path]


def _member(name: str, entry: os.DirEntry[str], epoch: int) -> _Member:
    status = entry.stat(follow_symlinks=False)
    header = _header(name, status, epoch)
    if entry.is_symlink():
        header.type, header.linkname, header.mode = tarfile.SYMTYPE, str(Path(entry.path).readlink()), 0o777
        return header, None
    if entry.is_dir():
        return header, None
    if not entry.is_file():
        raise ToolkitError(f"cannot pack `{entry.path}`: it is neither a file nor a folder nor a link")
    header.size = status.st_size
    return header, Path(entry.path)


def _header(name: str, status: os.stat_result, epoch: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.mode = stat.S_IMODE(status.st_mode)
    header.mtime = min(int(status.st_mtime), epoch)
    if stat.S_ISDIR(status.st_mode):
        header.type = tarfile.DIRTYPE
    return header
