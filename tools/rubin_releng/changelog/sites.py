"""The files of a site of change logs: which there are, and what is in them.

A page of a release depends on that release's change log alone, so it never
changes once its release is finished. Index, feeds and data of years are made
from what is known of all pages.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rubin_releng.changelog.atom import atom_feed
from rubin_releng.changelog.htmlframes import asset, frame_of_site
from rubin_releng.changelog.htmlpages import changelog_to_html
from rubin_releng.changelog.jsonrendering import SCHEMA_VERSION, changelog_to_dict
from rubin_releng.changelog.markdown import changelog_to_markdown
from rubin_releng.changelog.pageentries import PageKind, page_path, side_name
from rubin_releng.changelog.pageorders import entries_by_year
from rubin_releng.changelog.rst import changelog_to_rst_tickets, entries_to_rst
from rubin_releng.changelog.siteindexes import site_index
from rubin_releng.changelog.siteyears import year_data, year_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.pageentries import PageEntry

__all__ = ["release_files", "site_files"]

_TITLE = "Rubin change logs"
_FEEDS = {
    PageKind.WEEKLY: "weeklies.atom",
    PageKind.RELEASE: "releases.atom",
    PageKind.MAIN: "main.atom",
}
_FORMATS = (("JSON", ".json"), ("Markdown", ".md"), ("RST", ".rst"))


def release_files(changelog: ChangeLog, *, has_previous: bool = False) -> dict[str, bytes]:
    """Write one release in all formats.

    Parameters
    ----------
    changelog : `ChangeLog`
        Of the release.
    has_previous : `bool`, optional
        Whether the release that it is compared with has a page, too.

    Returns
    -------
    files : `dict` [ `str`, `bytes` ]
        By path below the site's root; the first one is the page.
    """
    name = side_name(changelog.new)
    formats = tuple((title, f"{name}{suffix}") for title, suffix in _FORMATS)
    previous = f"{side_name(changelog.old)}.html" if has_previous else None
    frame = frame_of_site(home="../index.html", assets="../assets", previous=previous, formats=formats)
    data = {"schema": SCHEMA_VERSION, **changelog_to_dict(changelog)}
    texts = {
        ".html": changelog_to_html(changelog, frame=frame),
        ".json": json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n",
        ".md": changelog_to_markdown(changelog),
        ".rst": changelog_to_rst_tickets(changelog),
    }
    return {page_path(name, suffix): _bytes(text) for suffix, text in texts.items()}


def site_files(
    entries: Sequence[PageEntry], *, title: str = _TITLE, url: str | None = None
) -> dict[str, bytes]:
    """Write everything of a site that is not about one release.

    Parameters
    ----------
    entries : `~collections.abc.Sequence` [ `PageEntry` ]
        All pages, in any order.
    title : `str`, optional
        Of the site.
    url : `str` or `None`, optional
        Where the site will be, ending in a slash, for feeds.

    Returns
    -------
    files : `dict` [ `str`, `bytes` ]
        By path below the site's root; ``tickets/`` has the ticket pages of
        families of releases for the Pipelines' documentation. The same pages give the same bytes.
    """
    texts = {"index.html": site_index(entries, title=title)}
    for kind, path in _FEEDS.items():
        texts[path] = atom_feed(entries, kind=kind, title=title, url=url)
    for year, found in entries_by_year(entries).items():
        data = year_data(year, found)
        texts[f"data/{year}.json"] = data
        texts[f"data/{year}.js"] = year_script(data)
    for name, text in entries_to_rst(entries).items():
        texts[f"tickets/{name}.rst"] = text
    for name in ("changelog.css", "changelog.js"):
        texts[f"assets/{name}"] = asset(name)
    return {path: _bytes(text) for path, text in texts.items()}


def _bytes(text: str) -> bytes:
    # Half a character, as in a broken title, must not cost the page.
    return text.encode("utf-8", errors="replace")
