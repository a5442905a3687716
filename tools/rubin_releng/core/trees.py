"""What a folder holds, as far as an image keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lsstinstall.core.errors import RefusedError

__all__ = ["EntryKind", "ModeRule", "TreeEntry", "settle_mode"]

_PROGRAM, _PLAIN, _FOLDER, _LINK = 0o755, 0o644, 0o755, 0o777
_BORROWED, _STICKY, _OWNER_RUNS = 0o6000, 0o1000, 0o100


class EntryKind(StrEnum):
    """What can be in a layer."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


class ModeRule(StrEnum):
    """What becomes of permissions in a layer.

    ``normal`` keeps what no umask changes: whether a file may be executed.
    ``kept`` keeps all, for trees that are a whole system.
    """

    NORMAL = "normal"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One file, directory or symbolic link of a tree.

    Parameters
    ----------
    path : `str`
        Below the tree, with ``/``.
    kind : `EntryKind`
        What it is.
    mode : `int`
        Permission bits, special ones included.
    size_bytes : `int`
        Of a file; else 0.
    mtime : `int`
        Seconds since 1970-01-01 UTC.
    target : `str`
        Of a symbolic link; else empty.
    identity : `tuple` [ `int`, `int` ] or `None`
        Equal for the names of one file; `None` if it has one name.
    """

    path: str
    kind: EntryKind
    mode: int
    size_bytes: int = 0
    mtime: int = 0
    target: str = ""
    identity: tuple[int, int] | None = None


def settle_mode(entry: TreeEntry, rule: ModeRule) -> int:
    """Tell the mode that an entry has in a layer.

    Parameters
    ----------
    entry : `TreeEntry`
        As it is on disk.
    rule : `ModeRule`
        What is kept of its mode.

    Returns
    -------
    mode : `int`
        Permission bits. By the rule ``normal`` programs and folders have 0755,
        other files 0644, and a folder with the sticky bit, which is one for
        everybody, has 01777. Symbolic links have 0777 by any rule: nobody can
        set theirs, and systems report different ones.

    Raises
    ------
    RefusedError
        Raised if the rule is ``normal`` and a file lends the rights of its
        owner or group.
    """
    if entry.kind is EntryKind.SYMLINK:
        return _LINK
    if rule is ModeRule.KEPT:
        return entry.mode
    if entry.kind is EntryKind.DIRECTORY:
        # The bit of the group comes from the folder above, wherever that is.
        return _STICKY | 0o777 if entry.mode & _STICKY else _FOLDER
    if entry.mode & _BORROWED:
        raise RefusedError(
            f"`{entry.path}` lends its owner's or group's rights to who runs it (mode {entry.mode:04o})",
            hint="take the bit away, or keep all modes with `--modes kept`",
        )
    return _PROGRAM if entry.mode & _OWNER_RUNS else _PLAIN
