"""Plain columns for people; nobody should have to parse them."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["format_columns", "wrap_words"]

_NARROWEST = 16
"""Fewer columns make a tower of words of a sentence."""


def format_columns(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, width: int | None = None
) -> str:
    """Lay out rows in columns as wide as their widest entry.

    Parameters
    ----------
    header : `~collections.abc.Sequence` [ `str` ]
        Name of each column.
    rows : `~collections.abc.Sequence` [ `~collections.abc.Sequence` ]
        As many entries each; `None` and an empty text are shown as ``-``,
        numbers stand on the right.
    width : `int` or `None`, optional
        Columns of the terminal. Where the last column does not fit in, its
        entries go on in the next line; where the others leave it no room,
        each row is a paragraph. `None` for lines of any length.

    Returns
    -------
    text : `str`
        One line for the header and for each row, or several; no blanks at
        their ends, no word is cut.
    """
    shown = [["-" if entry is None or entry == "" else str(entry) for entry in row] for row in rows]
    lines = [list(header), *shown]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    numeric = {place for row in rows for place, entry in enumerate(row) if isinstance(entry, int)}
    rows_of_text = (
        [
            entry.rjust(size) if place in numeric else entry.ljust(size)
            for place, (entry, size) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    )
    return "".join(
        f"{line.rstrip()}\n" for row in rows_of_text for line in _fitted(row, width=width, widths=widths)
    )


def _fitted(row: Sequence[str], *, width: int | None, widths: Sequence[int]) -> Iterator[str]:
    indent = sum(widths[:-1]) + 2 * len(widths[:-1])
    if width is None or indent + widths[-1] <= width:
        yield "  ".join(row)
    elif width - indent < _NARROWEST:
        yield from wrap_words("  ".join(entry.strip() for entry in row), width=width)
    else:
        first, *more = wrap_words(row[-1].strip(), width=width - indent, indent="")
        yield "  ".join([*row[:-1], first])
        yield from (" " * indent + line for line in more)


def wrap_words(text: str, *, width: int, indent: str = "    ") -> list[str]:
    """Cut a text into lines, never within a word.

    Parameters
    ----------
    text : `str`
        Not empty.
    width : `int`
        Columns there are; a word may be longer.
    indent : `str`, optional
        In front of all lines but the first.

    Returns
    -------
    lines : `list` [ `str` ]
        At least one.
    """
    return wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
