"""Joins the changes of all products: one line for a ticket, one for a sweep."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import Flag, Sweep, TicketEntry
from rubin_releng.changelog.titles import titles_of_changes
from rubin_releng.core.changes import ChangeKind
from rubin_releng.core.issues import Issue, IssueSource, with_fallback

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.models import ProductChanges
    from rubin_releng.core.changelogsettings import ChangeLogSettings
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["gather_sweeps", "gather_tickets"]

_FLAGS_OF_KINDS = {
    ChangeKind.BACKPORT: Flag.BACKPORT,
    ChangeKind.NESTED: Flag.NESTED,
    ChangeKind.RESTORED: Flag.RESTORED,
}


def gather_tickets(
    products: Sequence[ProductChanges], settings: ChangeLogSettings
) -> tuple[TicketEntry, ...]:
    """Make one entry of each ticket.

    Parameters
    ----------
    products : `~collections.abc.Sequence` [ `ProductChanges` ]
        By name.
    settings : `ChangeLogSettings`
        Knows the projects, and titles given by hand.

    Returns
    -------
    tickets : `tuple` [ `TicketEntry`, ... ]
        By project and number: all tickets that any change names.
    """
    touched: dict[Ticket, list[tuple[ProductChanges, Change]]] = defaultdict(list)
    for product in products:
        for change in (*product.changes, *product.lost):
            for ticket in change.tickets:
                touched[ticket].append((product, change))
    titles = titles_of_changes(change for product in products for change in (*product.changes, *product.lost))
    by_hand = {one.ticket: one.title for one in settings.overrides.titles}
    return tuple(
        _entry(_issue(ticket, by_hand, titles), touched[ticket], settings) for ticket in sorted(touched)
    )


def _issue(ticket: Ticket, by_hand: Mapping[Ticket, str], titles: Mapping[Ticket, str]) -> Issue:
    if ticket in by_hand:
        return Issue(key=ticket, title=by_hand[ticket], source=IssueSource.OVERRIDE)
    return with_fallback(Issue(key=ticket, reason="nobody was asked for its title"), titles.get(ticket))


def _entry(
    issue: Issue, touched: Sequence[tuple[ProductChanges, Change]], settings: ChangeLogSettings
) -> TicketEntry:
    ticket = issue.key
    products = {product.name: product for product, _ in touched}
    news = [name for name, product in products.items() if ticket in product.tickets]
    ordered = sorted(touched, key=lambda one: (one[1].time, one[0].name, one[1].sha))
    return TicketEntry(
        issue=issue,
        products=tuple(sorted(news or products)),
        changes=tuple((product.name, change) for product, change in ordered),
        first=ordered[0][1].time,
        last=ordered[-1][1].time,
        flags=_flags(ticket, products.values(), touched, settings),
        fragments=tuple(
            fragment
            for name in sorted(products)
            for fragment in products[name].fragments
            if fragment.ticket == ticket
        ),
    )


def _flags(
    ticket: Ticket,
    products: Iterable[ProductChanges],
    touched: Sequence[tuple[ProductChanges, Change]],
    settings: ChangeLogSettings,
) -> frozenset[Flag]:
    flags = {_FLAGS_OF_KINDS[change.kind] for _, change in touched if change.kind in _FLAGS_OF_KINDS}
    for product in products:
        if ticket in product.tickets:
            flags.add(Flag.NEW)
        if ticket in product.already_in_from:
            flags.add(Flag.ALREADY_IN_FROM)
        if ticket in product.only_in_from:
            flags.add(Flag.ONLY_IN_FROM)
        if ticket in product.reverted:
            flags.add(Flag.REVERTED)
    if ticket.project not in settings.projects:
        flags.add(Flag.UNKNOWN_PROJECT)
    return frozenset(flags)


def gather_sweeps(products: Sequence[ProductChanges]) -> tuple[Sweep, ...]:
    """Group what has no ticket and was made by a person.

    Parameters
    ----------
    products : `~collections.abc.Sequence` [ `ProductChanges` ]
        By name.

    Returns
    -------
    sweeps : `tuple` [ `Sweep`, ... ]
        By day, author and subject: what somebody did in many products on one
        day is one line.
    """
    groups: dict[tuple[dt.date, str, str], list[tuple[ProductName, GitSha]]] = defaultdict(list)
    for product in products:
        for change in product.changes:
            if not change.tickets and change.kind is not ChangeKind.BOT:
                subject = change.title or change.branch or ""
                key = (change.time.date(), change.author, subject)
                groups[key].append((product.name, change.sha))
    return tuple(
        Sweep(author=author, subject=subject, date=date, members=tuple(groups[date, author, subject]))
        for date, author, subject in sorted(groups)
    )
