"""Amounts and times as people read them."""

from __future__ import annotations

__all__ = ["format_bytes", "format_left", "format_seconds"]

_STEP = 1000
_MINUTE = 60
_HOUR = 3600
_TEN = 10
_LONG = 90 * _MINUTE


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


def format_seconds(seconds: float) -> str:
    """Write how long something took.

    Parameters
    ----------
    seconds : `float`
        Not negative.

    Returns
    -------
    text : `str`
        For example ``3.2 s``, ``4 min 5 s``, ``2 h 10 min``.
    """
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.1f} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def format_left(seconds: float) -> str:
    """Write an estimate of the time that is left, so coarsely that it does not flicker.

    Parameters
    ----------
    seconds : `float`
        Not negative.

    Returns
    -------
    text : `str`
        For example ``a few seconds left``, ``about 40 s left``,
        ``about 3 min left``, ``about 2.5 h left``.
    """
    tens = round(seconds / _TEN) * _TEN
    if tens < _TEN:
        return "a few seconds left"
    if tens < _MINUTE:
        return f"about {tens} s left"
    if seconds < _LONG:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    return f"about {round(seconds / _HOUR * 2) / 2:g} h left"
