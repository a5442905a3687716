"""Amounts as people read them."""

from __future__ import annotations

__all__ = ["format_bytes"]

_STEP = 1000


def format_bytes(size_bytes: int) -> str:
    """Write an amount of data.

    Parameters
    ----------
    size_bytes : `int`
        Not negative.

    Returns
    -------
    text : `str`
        For example ``12.3 MB``; units are powers of 1000, as disks are sold.
    """
    size, units = float(size_bytes), ["TB", "GB", "MB", "kB"]
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    while True:
        size, unit = size / _STEP, units.pop()
        # What would be rounded to a thousand belongs to the next unit.
        if round(size, 1) < _STEP or not units:
            return f"{size:.1f} {unit}"
