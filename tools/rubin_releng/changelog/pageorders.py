"""In which order pages are listed."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.changelog.pageentries import PageEntry

__all__ = ["entries_by_year", "newest_first"]

_NUMBER = re.compile(r"(\d+)")


def newest_first(entries: Iterable[PageEntry]) -> list[PageEntry]:
    """Sort pages by date.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `PageEntry` ]
        Any pages.

    Returns
    -------
    entries : `list` [ `PageEntry` ]
        Those without a date last; of those of one day the highest version first.
    """
    return sorted(entries, key=_age, reverse=True)


def _age(entry: PageEntry) -> tuple[dt.date, list[tuple[int, str]], str]:
    # `v9_0_0` is older than `v10_0_0`, whatever letters say.
    parts = [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(entry.tag)]
    return entry.date or dt.date.min, parts, entry.tag


def entries_by_year(entries: Iterable[PageEntry]) -> dict[str, list[PageEntry]]:
    """Group pages by the year of their releases.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `PageEntry` ]
        Any pages.

    Returns
    -------
    years : `dict` [ `str`, `list` [ `PageEntry` ] ]
        The newest year first, ``undated`` last; pages as by `newest_first`.
    """
    found: dict[str, list[PageEntry]] = {}
    for entry in newest_first(entries):
        found.setdefault("undated" if entry.date is None else str(entry.date.year), []).append(entry)
    return found
