"""What a folder holds, as far as an image keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["EntryKind", "TreeEntry"]


class EntryKind(StrEnum):
    """What can be in a layer."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


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
