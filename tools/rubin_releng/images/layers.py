"""Trees as a stream of tar: the same trees give the same bytes, wherever they lie."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, RefusedError
from rubin_releng.core.trees import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rubin_releng.core.trees import TreeEntry
    from rubin_releng.images.ports import Tree

__all__ = [
    "LayerPart",
    "LayerRules",
    "Member",
    "arrange_members",
    "refuse_overlaps",
    "refuse_whiteout",
    "stream_layer",
]

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
        Owner of everything below `home`.
    home : `str`
        Absolute; the folders above it belong to user 0, in every layer.
    """

    epoch: int = 0
    uid: int = 0
    gid: int = 0
    home: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPart:
    """One tree of a layer.

    Parameters
    ----------
    tree : `Tree`
        Its content.
    at : `str`
        Where that lies in the image, absolute.
    """

    tree: Tree
    at: str = "/"

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders down to the tree, each by its name alone."""
        return tuple(part for part in self.at.split("/") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of a layer.

    Parameters
    ----------
    header : `bytes`
        Blocks of tar in front of the content.
    content : `TreeEntry` or `None`
        Whose content follows.
    tree : `Tree` or `None`
        Where that is read from.
    """

    header: bytes
    content: TreeEntry | None = None
    tree: Tree | None = None


def arrange_members(parts: Iterable[LayerPart], *, rules: LayerRules) -> Iterator[Member]:
    """Put the entries of trees into the order and form that they have in a layer.

    Parameters
    ----------
    parts : `~collections.abc.Iterable` [ `LayerPart` ]
        Trees that do not overlap, see `refuse_overlaps`.
    rules : `LayerRules`
        Times and owners.

    Yields
    ------
    member : `Member`
        Tree by tree in the order of their places: the folders above it that
        were not there yet, then its entries as the tree lists them. Of several
        names of one file the first holds the content and the others are hard
        links to it. No more is in memory than one of them, and the names of
        files that have several.
    """
    made: set[str] = set()
    names: dict[tuple[int, int], str] = {}
    for part in sorted(parts, key=lambda part: part.folders):
        for depth in range(len(part.folders)):
            above = "/".join(part.folders[: depth + 1])
            if above not in made:
                made.add(above)
                yield Member(header=_folder_header(above, _PARENT_MODE, rules))
        prefix = "".join(f"{name}/" for name in part.folders)
        for entry in part.tree.entries():
            yield _member(prefix + entry.path, entry, part.tree, rules, names)


def refuse_overlaps(parts: Sequence[LayerPart]) -> None:
    """Refuse trees of one layer that lie inside each other.

    Parameters
    ----------
    parts : `~collections.abc.Sequence` [ `LayerPart` ]
        Of one layer.

    Raises
    ------
    RefusedError
        Raised if a file could come from two of them.
    """
    before: LayerPart | None = None
    for part in sorted(parts, key=lambda part: part.folders):
        if before is not None and part.folders[: len(before.folders)] == before.folders:
            raise RefusedError(
                f"`{before.tree.name}` at `{before.at}` and `{part.tree.name}` at `{part.at}`"
                " overlap in one layer",
                hint="give each its own layer",
            )
        before = part


def refuse_whiteout(entry: TreeEntry) -> None:
    """Refuse a name that means "delete" to those who unpack layers.

    Parameters
    ----------
    entry : `TreeEntry`
        Any entry of a tree.

    Raises
    ------
    RefusedError
        Raised if its name begins with ``.wh.``.
    """
    if entry.path.rpartition("/")[2].startswith(".wh."):
        raise RefusedError(
            f"`{entry.path}` would delete another file when the layer is unpacked",
            hint="rename it; names that begin with `.wh.` have this meaning in images",
        )


def stream_layer(members: Iterable[Member]) -> Iterator[bytes]:
    """Write a layer as tar, without compression.

    Parameters
    ----------
    members : `~collections.abc.Iterable` [ `Member` ]
        As `arrange_members` yields them.

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
        for piece in _member_pieces(member):
            waiting += piece
            if len(waiting) >= _PIECE_BYTES:
                total += len(waiting)
                yield bytes(waiting)
                waiting.clear()
    # Two empty blocks end an archive, and tar fills its last record.
    total += len(waiting) + 2 * _BLOCK
    yield bytes(waiting) + b"\0" * (2 * _BLOCK + -total % _RECORD)


def _member(
    name: str, entry: TreeEntry, tree: Tree, rules: LayerRules, names: dict[tuple[int, int], str]
) -> Member:
    refuse_whiteout(entry)
    if entry.kind is EntryKind.DIRECTORY:
        return Member(header=_folder_header(name, entry.mode, rules))
    if entry.kind is EntryKind.SYMLINK:
        return Member(header=_header(name, entry, rules, kind=tarfile.SYMTYPE, target=entry.target))
    if entry.identity is not None and names.setdefault(entry.identity, name) != name:
        return Member(header=_header(name, entry, rules, kind=tarfile.LNKTYPE, target=names[entry.identity]))
    header = _header(name, entry, rules, kind=tarfile.REGTYPE, size_bytes=entry.size_bytes)
    return Member(header=header, content=entry, tree=tree)


def _member_pieces(member: Member) -> Iterator[bytes]:
    yield member.header
    if member.content is None or member.tree is None:
        return
    size = 0
    for piece in member.tree.read(member.content):
        size += len(piece)
        yield piece
    if size != member.content.size_bytes:
        raise CorruptError(
            f"`{member.content.path}` of `{member.tree.name}` changed while it was read:"
            f" {size} bytes instead of {member.content.size_bytes}",
            hint="let nobody write there and run the same command again",
        )
    yield b"\0" * (-size % _BLOCK)


def _folder_header(name: str, mode: int, rules: LayerRules) -> bytes:
    # A folder's time says when something was put into it, which is no content.
    return _encoded(_info(name, tarfile.DIRTYPE, mode, rules.epoch, rules))


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
    if f"/{name}/".startswith(f"{rules.home.rstrip('/')}/"):
        info.uid, info.gid = rules.uid, rules.gid
    return info


def _encoded(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(format=tarfile.PAX_FORMAT, encoding="utf-8", errors="strict")
