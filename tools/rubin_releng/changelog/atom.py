"""Feeds of change logs, as Atom (RFC 4287)."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from rubin_releng.changelog.outlines import count
from rubin_releng.changelog.pageentries import PageKind
from rubin_releng.changelog.prose import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.changelog.pageentries import PageEntry

__all__ = ["atom_feed"]

_NAMES = {
    PageKind.WEEKLY: ("Weeklies", "weeklies.atom"),
    PageKind.RELEASE: ("Releases", "releases.atom"),
    PageKind.MAIN: ("Merged since the last weekly", "main.atom"),
}
_NEWEST = 50
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def atom_feed(entries: Iterable[PageEntry], *, kind: PageKind, title: str, url: str | None = None) -> str:
    """Write a feed.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `PageEntry` ]
        Pages; those of other kinds are left out.
    kind : `PageKind`
        Weeklies, releases or main.
    title : `str`
        Of the site.
    url : `str` or `None`, optional
        Where the site is, ending in a slash; without it links are relative.

    Returns
    -------
    feed : `str`
        XML. The identity of an entry is made from EUPS tags, its time is
        that of the last change of its page: neither depends on when the feed
        is written.
    """
    name, path = _NAMES[kind]
    found = sorted((entry for entry in entries if entry.kind is kind), key=_age, reverse=True)[:_NEWEST]
    base = "" if url is None else f' xml:base="{escape(url)}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"{base}>',
        f"<title>{_text(title)}: {_text(name)}</title>",
        f"<id>urn:x-eups-tags:{kind.value}</id>",
        f"<updated>{_time(max((entry.updated for entry in found), default=_NEVER))}</updated>",
        f"<author><name>{_text(title)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href="{path}"/>',
        '<link rel="alternate" type="text/html" href="index.html"/>',
        *(line for entry in found for line in _entry(entry)),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _age(entry: PageEntry) -> tuple[dt.date, str]:
    return entry.date or dt.date.min, entry.tag


def _entry(entry: PageEntry) -> list[str]:
    tickets = count(entry.counts.tickets, "ticket")
    return [
        "<entry>",
        f"<title>{_text(entry.tag)}: {tickets} since {_text(entry.from_tag)}</title>",
        f"<id>{_identity(entry)}</id>",
        f"<updated>{_time(entry.updated)}</updated>",
        f'<link rel="alternate" type="text/html" href="{escape(quote(entry.path))}"/>',
        # The summary is HTML in XML: what is text in it is escaped twice.
        f'<summary type="html">{escape(_summary(entry))}</summary>',
        "</entry>",
    ]


def _identity(entry: PageEntry) -> str:
    """Name an entry for ever; what is on main is another thing after each weekly."""
    since = f":{quote(entry.from_tag, safe='')}" if entry.kind is PageKind.MAIN else ""
    return f"urn:x-eups-tag:{quote(entry.tag, safe='')}{since}"


def _summary(entry: PageEntry) -> str:
    changed = f"{count(entry.counts.changed, 'changed product')} of {entry.counts.products:,}"
    facts = [f"{count(entry.counts.tickets, 'ticket')} in {changed}"]
    if entry.environment is not None:
        facts.append(f"rubin-env {_text(entry.environment)}")
    for word, names in (("added", entry.added), ("removed", entry.removed)):
        if names:
            facts.append(f"{word}: {', '.join(map(_text, names))}")
    items = [
        f"<li>{_text(ticket.key)}: {_text(ticket.title or 'no title')}"
        f" [{', '.join(map(_text, ticket.products))}]</li>"
        for ticket in entry.tickets
    ]
    return f"<p>{'; '.join(facts)}.</p>" + (f"<ul>{''.join(items)}</ul>" if items else "")


def _time(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(text: str) -> str:
    return escape(one_line(text))
