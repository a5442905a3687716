"""Plain columns for people; nobody should have to parse them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["format_columns"]


def format_columns(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out rows in columns as wide as their widest entry.

    Parameters
    ----------
    header : `~collections.abc.Sequence` [ `str` ]
        Name of each column.
    rows : `~collections.abc.Sequence` [ `~collections.abc.Sequence` ]
        As many entries each; `None` and an empty text are shown as ``-``,
        numbers stand on the right.

    Returns
    -------
    text : `str`
        One line for the header and for each row, no blanks at their ends.
    """
    shown = [["-" if entry is None or entry == "" else str(entry) for entry in row] for row in rows]
    lines = [list(header), *shown]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    numeric = {place for row in rows for place, entry in enumerate(row) if isinstance(entry, int)}
    return "".join(
        "  ".join(
            entry.rjust(width) if place in numeric else entry.ljust(width)
            for place, (entry, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        + "\n"
        for line in lines
    )
