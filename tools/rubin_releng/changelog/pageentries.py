"""What the index and the feeds of a site say of one page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.tags import TagKind
from rubin_releng.changelog.models import Flag, State

if TYPE_CHECKING:
    import datetime as dt

    from rubin_releng.changelog.models import ChangeLog, TicketEntry
    from rubin_releng.changelog.sides import Side

__all__ = [
    "PageCounts",
    "PageEntry",
    "PageKind",
    "PageTicket",
    "keep_time",
    "page_entry",
    "page_path",
    "side_name",
]


class PageKind(StrEnum):
    """What a page is about."""

    WEEKLY = "weekly"
    DAILY = "daily"
    RELEASE = "release"
    CANDIDATE = "candidate"
    MAIN = "main"
    OTHER = "other"


_KINDS = {
    TagKind.WEEKLY: PageKind.WEEKLY,
    TagKind.DAILY: PageKind.DAILY,
    TagKind.RELEASE: PageKind.RELEASE,
    TagKind.CANDIDATE: PageKind.CANDIDATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTicket:
    """One ticket of a page, as the search of the index shows it.

    Parameters
    ----------
    key : `str`
        ``DM-1001``.
    title : `str` or `None`
        `None` if nobody knows it.
    products : `tuple` [ `str`, ... ]
        Where it is news, by name.
    date : `~datetime.date`
        Of its last change, UTC.
    is_backport : `bool`
        Whether it came by a release branch; where the base of a release is
        known, whether it was merged after that.
    """

    key: str
    title: str | None
    products: tuple[str, ...]
    date: dt.date
    is_backport: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCounts:
    """How much a page holds.

    Parameters
    ----------
    tickets, products, changed, rebuilt, lost, warnings : `int`
        Tickets that are news, products in all, those with new commits, those
        that were only built again, tickets of the old end that the new one
        lacks, and warnings.
    """

    tickets: int = 0
    products: int = 0
    changed: int = 0
    rebuilt: int = 0
    lost: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One page of a site.

    Parameters
    ----------
    tag : `str`
        EUPS tag of the release, or ``main``.
    kind : `PageKind`
        What it is about.
    date : `~datetime.date` or `None`
        Of the release, UTC; `None` if nothing tells.
    from_tag : `str`
        What it is compared with.
    counts : `PageCounts`
        How much it holds.
    path : `str`
        Below the site's root, with slashes.
    updated : `~datetime.datetime`
        When its content changed last, UTC; see `keep_time`.
    digest : `str`
        SHA-256 of its content.
    environment : `str` or `None`
        Version of rubin-env.
    base : `str` or `None`
        The weekly that a release was made from.
    added, removed : `tuple` [ `str`, ... ]
        Products, by name.
    tickets : `tuple` [ `PageTicket`, ... ]
        News, sorted by project and number.
    """

    tag: str
    kind: PageKind
    date: dt.date | None
    from_tag: str
    counts: PageCounts
    path: str
    updated: dt.datetime
    digest: str
    environment: str | None = None
    base: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    tickets: tuple[PageTicket, ...] = ()


def page_path(name: str, suffix: str = ".html") -> str:
    """Say where the page of a release lies below a site's root.

    Parameters
    ----------
    name : `str`
        EUPS tag or ``main``.
    suffix : `str`, optional
        Of the format.

    Returns
    -------
    path : `str`
        With slashes.
    """
    return f"releases/{name}{suffix}"


def page_entry(changelog: ChangeLog, *, page: bytes, updated: dt.datetime) -> PageEntry:
    """Sum a page up.

    Parameters
    ----------
    changelog : `ChangeLog`
        What the page shows.
    page : `bytes`
        Its content.
    updated : `~datetime.datetime`
        When it was made, UTC.

    Returns
    -------
    entry : `PageEntry`
        Where an earlier one is known, pass both to `keep_time`.
    """
    products = changelog.products
    states = [product.state for product in products]
    name = side_name(changelog.new)
    gone = {State.REMOVED, State.LEGACY}
    return PageEntry(
        tag=name,
        kind=_kind(changelog.new),
        date=changelog.new.date,
        from_tag=side_name(changelog.old),
        counts=PageCounts(
            tickets=len(changelog.news),
            products=len(products),
            changed=states.count(State.CHANGED),
            rebuilt=states.count(State.REBUILT),
            lost=sum(Flag.ONLY_IN_FROM in entry.flags for entry in changelog.tickets),
            warnings=len(changelog.warnings),
        ),
        path=page_path(name),
        updated=updated,
        digest=hashlib.sha256(page).hexdigest(),
        environment=changelog.new.environment,
        base=None if changelog.base is None else changelog.base.name,
        added=tuple(one.name for one in products if one.state in {State.ADDED, State.RETURNED}),
        removed=tuple(one.name for one in products if one.state in gone),
        tickets=tuple(_ticket(changelog, entry) for entry in changelog.news),
    )


def keep_time(entry: PageEntry, previous: PageEntry | None) -> PageEntry:
    """Let a page that did not change be as old as it is.

    Parameters
    ----------
    entry : `PageEntry`
        Of the page as it is made now.
    previous : `PageEntry` or `None`
        Of the page that is there, if there is one.

    Returns
    -------
    entry : `PageEntry`
        With the previous time if the content is the same.
    """
    if previous is None or previous.digest != entry.digest:
        return entry
    return replace(entry, updated=previous.updated)


def side_name(side: Side) -> str:
    """Name one end of a change log, in EUPS's spelling where it is a tag.

    Parameters
    ----------
    side : `Side`
        Any end.

    Returns
    -------
    name : `str`
        For people and for file names.
    """
    return side.name if side.tag is None else side.tag.name


def _kind(side: Side) -> PageKind:
    if side.tag is not None:
        return _KINDS.get(side.tag.kind, PageKind.OTHER)
    return PageKind.MAIN if side.name == "main" else PageKind.OTHER


def _ticket(changelog: ChangeLog, entry: TicketEntry) -> PageTicket:
    is_late = Flag.BACKPORT in entry.flags
    if changelog.base is not None:
        is_late = entry.issue.key in changelog.backports
    return PageTicket(
        key=str(entry.issue.key),
        title=entry.issue.title,
        products=tuple(entry.products),
        date=entry.last.date(),
        is_backport=is_late,
    )
