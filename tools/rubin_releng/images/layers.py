"""Trees as a stream of tar: the same trees give the same bytes, wherever they lie."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, RefusedError
from rubin_releng.core.trees import EntryKind, ModeRule, settle_mode
from rubin_releng.images.tarheaders import Header, encode_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rubin_releng.core.trees import TreeEntry
    from rubin_releng.images.ports import Tree

__all__ = [
    "LayerPart",
    "LayerRules",
    "Member",
    "arrange_members",
    "check_entry",
    "refuse_overlaps",
    "stream_layer",
]

_BLOCK = 512
_RECORD = 20 * _BLOCK
_PIECE_BYTES = 256 * 1024
_PARENT_MODE = 0o755
# The same every week, or no layer would stay.
_FOLDER_TIME = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRules:
    """What is the same for all files of an image.

    Parameters
    ----------
    epoch : `int`
        Seconds since 1970-01-01 UTC; later times become this one. Folders have
        the time 0 in every image.
    uid, gid : `int`
        Owner of everything below `home`.
    home : `str`
        Absolute; the folders above it belong to user 0, in every layer.
    modes : `~rubin_releng.core.trees.ModeRule`
        What is kept of permissions.
    """

    epoch: int = 0
    uid: int = 0
    gid: int = 0
    home: str = "/"
    modes: ModeRule = ModeRule.NORMAL

    def owner(self, name: str) -> tuple[int, int]:
        """Tell who owns a place.

        Parameters
        ----------
        name : `str`
            In the image, without ``/`` in front.

        Returns
        -------
        uid, gid : `tuple` [ `int`, `int` ]
            Numbers.
        """
        is_inside = f"/{name}/".startswith(f"{self.home.rstrip('/')}/")
        return (self.uid, self.gid) if is_inside else (0, 0)


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


def check_entry(entry: TreeEntry, rules: LayerRules) -> None:
    """Refuse what would do harm in an image.

    Parameters
    ----------
    entry : `TreeEntry`
        Any entry of a tree.
    rules : `LayerRules`
        What is kept of permissions.

    Raises
    ------
    RefusedError
        Raised if its name begins with ``.wh.``, which means "delete" to those
        who unpack layers, or if the rule for modes refuses it.
    """
    if entry.path.rpartition("/")[2].startswith(".wh."):
        raise RefusedError(
            f"`{entry.path}` would delete another file when the layer is unpacked",
            hint="rename it; names that begin with `.wh.` have this meaning in images",
        )
    settle_mode(entry, rules.modes)


def stream_layer(members: Iterable[Member]) -> Iterator[bytes]:
    """Write a layer as tar, without compression.

    Parameters
    ----------
    members : `~collections.abc.Iterable` [ `Member` ]
        As `arrange_members` yields them.

    Yields
    ------
    piece : `bytes`
        The next quarter of a mebibyte, or what is left in the end. Where a
        piece ends never depends on how a tree was read, since compressors
        write other bytes then.

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
                yield from _cut(waiting)
                total += len(waiting) // _PIECE_BYTES * _PIECE_BYTES
                del waiting[: len(waiting) // _PIECE_BYTES * _PIECE_BYTES]
    # Two empty blocks end an archive, and tar fills its last record.
    total += len(waiting) + 2 * _BLOCK
    yield bytes(waiting) + b"\0" * (2 * _BLOCK + -total % _RECORD)


def _cut(waiting: bytearray) -> Iterator[bytes]:
    with memoryview(waiting) as view:
        for end in range(_PIECE_BYTES, len(waiting) + 1, _PIECE_BYTES):
            yield bytes(view[end - _PIECE_BYTES : end])


def _member(
    name: str, entry: TreeEntry, tree: Tree, rules: LayerRules, names: dict[tuple[int, int], str]
) -> Member:
    check_entry(entry, rules)
    if entry.kind is EntryKind.DIRECTORY:
        return Member(header=_folder_header(name, settle_mode(entry, rules.modes), rules))
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
    uid, gid = rules.owner(name)
    # A folder's time says when something was put into it, which is no content.
    return encode_header(
        Header(name=name, kind=tarfile.DIRTYPE, mode=mode, mtime=_FOLDER_TIME, uid=uid, gid=gid)
    )


def _header(
    name: str, entry: TreeEntry, rules: LayerRules, *, kind: bytes, size_bytes: int = 0, target: str = ""
) -> bytes:
    uid, gid = rules.owner(name)
    return encode_header(
        Header(
            name=name,
            kind=kind,
            mode=settle_mode(entry, rules.modes),
            # Before 1970 there is no time in tar.
            mtime=max(0, min(entry.mtime, rules.epoch)),
            uid=uid,
            gid=gid,
            size_bytes=size_bytes,
            target=target,
        )
    )
