"""The index of a site of change logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.changelog.htmlframes import frame_of_site, render
from rubin_releng.changelog.pageentries import PageKind
from rubin_releng.changelog.pageorders import entries_by_year, newest_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.changelog.pageentries import PageEntry

__all__ = ["FEEDS", "site_index"]

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
