"""The order of conda's versions."""

from __future__ import annotations

import re
from itertools import zip_longest

__all__ = ["compare_conda_versions"]

_PART = re.compile(r"[0-9]+|[^0-9]+")
_SEPARATOR = re.compile(r"[._-]")
_ZERO = (2, 0, "")
_Piece = tuple[int, int, str]


def compare_conda_versions(first: str, second: str) -> int:
    """Say which of two versions is the newer one.

    Parameters
    ----------
    first, second : `str`
        Versions of conda packages; any other text has a place, too.

    Returns
    -------
    sign : `int`
        Negative if the first one is older, 0 if they are equal in order.

    Notes
    -----
    The rule is conda's (``conda.models.version.VersionOrder``): parts of
    digits are numbers, a letter comes before the release itself (``1.0rc1``),
    ``dev`` before all, ``post`` after, and what is not there counts as zero.
    """
    for one, other in zip(_split(first), _split(second), strict=True):
        for part, counterpart in zip_longest(one, other, fillvalue=(_ZERO,)):
            for piece, opposite in zip_longest(part, counterpart, fillvalue=_ZERO):
                if piece != opposite:
                    return -1 if piece < opposite else 1
    return 0


def _split(version: str) -> tuple[list[tuple[_Piece, ...]], ...]:
    text = version.lower()
    epoch, mark, rest = text.partition("!")
    public, _, local = (rest if mark else text).partition("+")
    return _parts(epoch if mark else "0"), _parts(public), _parts(local)


def _parts(text: str) -> list[tuple[_Piece, ...]]:
    return [_pieces(part) for part in _SEPARATOR.split(text)]


def _pieces(part: str) -> tuple[_Piece, ...]:
    pieces = [_piece(word) for word in _PART.findall(part)]
    # A part that begins with letters has a zero before them: `1.rc1` is `1.0rc1`.
    return tuple(pieces) if part[:1].isdigit() else (_ZERO, *pieces)


def _piece(word: str) -> _Piece:
    if word.isdigit() and word.isascii():
        return (2, int(word), "")
    if word == "post":
        return (3, 0, "")
    return (0 if word == "dev" else 1, 0, word)
