"""The index of a site of change logs."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from rubin_releng.changelog.htmlframes import frame_of_site, render
from rubin_releng.changelog.pageentries import PageEntry, PageKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FEEDS", "entries_by_year", "newest_first", "site_index"]

FEEDS = (
    ("weeklies", "weeklies.atom"),
    ("releases", "releases.atom"),
    ("main", "main.atom"),
)
"""Titles and paths of a site's feeds."""

_SECTIONS = (
    ("main", "Not released yet", (PageKind.MAIN,)),
    ("releases-final", "Releases", (PageKind.RELEASE,)),
    ("weeklies", "Weeklies", (PageKind.WEEKLY,)),
    ("candidates", "Release candidates", (PageKind.CANDIDATE,)),
    ("dailies", "Dailies", (PageKind.DAILY,)),
    ("others", "Others", (PageKind.OTHER,)),
)
_KIND_NAMES = (
    ("weekly", "Weeklies"),
    ("release", "Releases"),
    ("candidate", "Candidates"),
    ("daily", "Dailies"),
    ("main", "Main"),
)
_SHORT_LIST = 30
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


def site_index(entries: Sequence[PageEntry], *, title: str) -> str:
    """Write the index of a site.

    Parameters
    ----------
    entries : `~collections.abc.Sequence` [ `PageEntry` ]
        All pages, in any order.
    title : `str`
        Of the site.

    Returns
    -------
    page : `str`
        HTML. All pages are in it; years but the last lie folded where they
        are many.
    """
    sections: list[tuple[str, str, list[PageEntry], list[tuple[str, list[PageEntry]]]]] = []
    for name, heading, kinds in _SECTIONS:
        found = [entry for entry in entries if entry.kind in kinds]
        if not found:
            continue
        years = list(entries_by_year(found).items())
        if len(found) <= _SHORT_LIST:
            sections.append((name, heading, newest_first(found), []))
        else:
            sections.append((name, heading, years[0][1], years[1:]))
    values: dict[str, object] = {
        "title": title,
        "feeds": FEEDS,
        "kinds": _KIND_NAMES,
        "sections": sections,
        "years": list(entries_by_year(entries)),
    }
    return render("index.html.j2", frame_of_site(home=None, assets="assets"), values)
