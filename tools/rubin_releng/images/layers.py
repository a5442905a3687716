"""A tree as a stream of tar: the same tree gives the same bytes, wherever it lies."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, RefusedError
from rubin_releng.core.trees import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rubin_releng.core.trees import TreeEntry
    from rubin_releng.images.ports import Tree

__all__ = ["LayerRules", "Member", "arrange_members", "stream_layer"]

_BLOCK = 512
_RECORD = 20 * _BLOCK
_PIECE_BYTES = 256 * 1024
_PARENT_MODE = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRules:
    """What is the same for all files of an image.

    Parameters
    ----------
    epoch : `int`
        Seconds since 1970-01-01 UTC; later times become this one, and folders
        have no other.
    uid, gid : `int`
        Owner of everything.
    """

    epoch: int = 0
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of a layer.

    Parameters
    ----------
    header : `bytes`
        Blocks of tar in front of the content.
    content : `TreeEntry` or `None`
        Whose content follows.
    """

    header: bytes
    content: TreeEntry | None = None


def arrange_members(entries: Iterable[TreeEntry], *, at: str, rules: LayerRules) -> tuple[Member, ...]:
    """Put the entries of a tree into the order and form that they have in a layer.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `TreeEntry` ]
        Of one tree, in any order.
    at : `str`
        Where the tree lies in the image, absolute; ``/`` for its root.
    rules : `LayerRules`
        Times and owners.

    Returns
    -------
    members : `tuple` [ `Member`, ... ]
        The folders above the tree, then its entries, parents before children
        and names by code point. Of several names of one file the first holds
        the content and the others are hard links to it.

    Raises
    ------
    RefusedError
        Raised for a name that means "delete" to those who unpack layers.
    """
    above = [part for part in at.split("/") if part]
    prefix = "".join(f"{part}/" for part in above)
    members = [
        Member(header=_folder_header("/".join(above[: depth + 1]), _PARENT_MODE, rules))
        for depth in range(len(above))
    ]
    first_names: dict[tuple[int, int], str] = {}
    for entry in sorted(entries, key=lambda entry: entry.path.split("/")):
        _refuse_whiteout(entry)
        name = prefix + entry.path
        if entry.identity is not None and first_names.setdefault(entry.identity, name) != name:
            header = _header(name, entry, rules, kind=tarfile.LNKTYPE, target=first_names[entry.identity])
            members.append(Member(header=header))
        elif entry.kind is EntryKind.FILE:
            header = _header(name, entry, rules, kind=tarfile.REGTYPE, size_bytes=entry.size_bytes)
            members.append(Member(header=header, content=entry))
        elif entry.kind is EntryKind.SYMLINK:
            header = _header(name, entry, rules, kind=tarfile.SYMTYPE, target=entry.target)
            members.append(Member(header=header))
        else:
            members.append(Member(header=_folder_header(name, entry.mode, rules)))
    return tuple(members)


def stream_layer(members: Iterable[Member], tree: Tree) -> Iterator[bytes]:
    """Write a layer as tar, without compression.

    Parameters
    ----------
    members : `~collections.abc.Iterable` [ `Member` ]
        As `arrange_members` returns them.
    tree : `Tree`
        Where the contents are read from.

    Yields
    ------
    piece : `bytes`
        The next bytes, at least a quarter of a mebibyte but for the last.

    Raises
    ------
    CorruptError
        Raised if a file has another size than it had when it was listed.
    """
    waiting = bytearray()
    total = 0
    for member in members:
        for piece in _member_pieces(member, tree):
            waiting += piece
            if len(waiting) >= _PIECE_BYTES:
                total += len(waiting)
                yield bytes(waiting)
                waiting.clear()
    # Two empty blocks end an archive, and tar fills its last record.
    total += len(waiting) + 2 * _BLOCK
    yield bytes(waiting) + b"\0" * (2 * _BLOCK + -total % _RECORD)


def _member_pieces(member: Member, tree: Tree) -> Iterator[bytes]:
    yield member.header
    if member.content is None:
        return
    size = 0
    for piece in tree.read(member.content):
        size += len(piece)
        yield piece
    if size != member.content.size_bytes:
        raise CorruptError(
            f"`{member.content.path}` of `{tree.name}` changed while it was read:"
            f" {size} bytes instead of {member.content.size_bytes}",
            hint="let nobody write there and run the same command again",
        )
    yield b"\0" * (-size % _BLOCK)


def _folder_header(name: str, mode: int, rules: LayerRules) -> bytes:
    # A folder's time says when something was put into it, which is no content.
    info = _info(name, tarfile.DIRTYPE, mode, rules.epoch, rules)
    return _encoded(info)


def _header(
    name: str, entry: TreeEntry, rules: LayerRules, *, kind: bytes, size_bytes: int = 0, target: str = ""
) -> bytes:
    # Nobody can set the mode of a symbolic link, and systems report different ones.
    mode = 0o777 if kind == tarfile.SYMTYPE else entry.mode
    info = _info(name, kind, mode, min(entry.mtime, rules.epoch), rules)
    info.size = size_bytes
    info.linkname = target
    return _encoded(info)


def _info(name: str, kind: bytes, mode: int, mtime: int, rules: LayerRules) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = mode
    info.mtime = mtime
    info.uid, info.gid = rules.uid, rules.gid
    return info


def _encoded(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(format=tarfile.PAX_FORMAT, encoding="utf-8", errors="strict")


def _refuse_whiteout(entry: TreeEntry) -> None:
    if entry.path.rpartition("/")[2].startswith(".wh."):
        raise RefusedError(
            f"`{entry.path}` would delete another file when the layer is unpacked",
            hint="rename it; names that begin with `.wh.` have this meaning in images",
        )
