"""What the system says of files, by which it is seen without reading them that they are still the same."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import starmap
from struct import Struct
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["UNKNOWN", "FileStamp", "pack_stamps", "unpack_stamps"]

_ROW = Struct("<Qqq")


FileStamp: TypeAlias = tuple[int, int, int]
"""What changes with every change of a file: its number on its file system, and when its content and its
description changed, in ns since 1970; nobody can set the last one back. A plain tuple, for there are many.
"""

UNKNOWN: FileStamp = (0, 0, 0)
"""That of no file."""


def pack_stamps(stamps: Iterable[FileStamp]) -> str:
    """Write stamps down in little space.

    Parameters
    ----------
    stamps : `~collections.abc.Iterable` [ `FileStamp` ]
        In any order.

    Returns
    -------
    text : `str`
        Base64 of 24 bytes for each.
    """
    return b64encode(b"".join(starmap(_ROW.pack, stamps))).decode("ascii")


def unpack_stamps(text: object) -> list[FileStamp]:
    """Read what `pack_stamps` wrote.

    Parameters
    ----------
    text : `object`
        A value of a document.

    Returns
    -------
    stamps : `list` [ `FileStamp` ]
        In the same order.

    Raises
    ------
    ValueError
        Raised if it is anything else.
    """
    # An error of `b64decode` is a `ValueError`, too.
    data = b64decode(text, validate=True) if isinstance(text, str) else b"?"
    if len(data) % _ROW.size:
        raise ValueError(f"not stamps of {_ROW.size} bytes")
    return cast("list[FileStamp]", list(_ROW.iter_unpack(data)))
