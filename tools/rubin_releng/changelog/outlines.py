"""What every rendering for people tells, before it is put into words or tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import State
from rubin_releng.changelog.prose import one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from rubin_releng.changelog.models import ChangeLog, Flag, ProductChanges, TicketEntry
    from rubin_releng.core.changes import Change
    from rubin_releng.core.fragments import Fragment
    from rubin_releng.core.tickets import Ticket

__all__ = [
    "FRAGMENT_KINDS",
    "Mention",
    "News",
    "Place",
    "count",
    "count_bots",
    "mentions",
    "news_by_kind",
    "shown_title",
    "summary",
]

FRAGMENT_KINDS = {
    "feature": "New features",
    "api": "Interface changes",
    "bugfix": "Bug fixes",
    "perf": "Performance",
    "doc": "Documentation",
    "removal": "Removals and deprecations",
    "misc": "Miscellaneous",
    "other": "Other notes",
}
"""Kinds of news fragments in the order in which they are shown, and what a heading calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A ticket in one of the lists of a change log.

    Parameters
    ----------
    ticket : `Ticket`
        Its key.
    title : `str` or `None`
        In one line.
    flags : `frozenset` [ `Flag` ]
        What else there is to say.
    last : `~datetime.date` or `None`
        When it was merged last, UTC.
    places : `tuple` [ `Place`, ... ]
        By product.
    """

    ticket: Ticket
    title: str | None
    flags: frozenset[Flag]
    last: dt.date | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A product with the changes there that name a ticket, oldest first."""

    product: ProductChanges
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A news fragment with its product."""

    product: ProductChanges
    fragment: Fragment


def shown_title(title: str | None) -> str | None:
    """Put a title into one line; `None` if nothing is left of it."""
    return None if title is None else one_line(title) or None


def mentions(
    changelog: ChangeLog,
    tickets_of: Callable[[ProductChanges], Sequence[Ticket]],
    *,
    lost: bool = False,
) -> tuple[Mention, ...]:
    """Turn the lists of tickets that products have into one list of tickets.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    tickets_of : `~collections.abc.Callable`
        The list of a product.
    lost : `bool`, optional
        Whether to show the changes of the old side and not of the new one.

    Returns
    -------
    mentions : `tuple` [ `Mention`, ... ]
        By project and number.
    """
    entries = {entry.issue.key: entry for entry in changelog.tickets}
    places: dict[Ticket, list[Place]] = {}
    for product in changelog.products:
        tickets = tickets_of(product)
        if not tickets:
            continue
        changes: dict[Ticket, list[Change]] = {}
        for change in product.lost if lost else product.changes:
            for ticket in change.tickets:
                changes.setdefault(ticket, []).append(change)
        for ticket in tickets:
            place = Place(product=product, changes=tuple(changes.get(ticket, ())))
            places.setdefault(ticket, []).append(place)
    return tuple(_mention(ticket, entries.get(ticket), places[ticket]) for ticket in sorted(places))


def _mention(ticket: Ticket, entry: TicketEntry | None, places: Sequence[Place]) -> Mention:
    times = [change.time for place in places for change in place.changes]
    return Mention(
        ticket=ticket,
        title=None if entry is None else shown_title(entry.issue.title),
        flags=frozenset() if entry is None else entry.flags,
        last=max(times).date() if times else None,
        places=tuple(places),
    )


def news_by_kind(changelog: ChangeLog) -> dict[str, tuple[News, ...]]:
    """Group news fragments as release notes do.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    news : `dict` [ `str`, `tuple` [ `News`, ... ] ]
        By kind, in the order of `FRAGMENT_KINDS`, those of one repository's
        own last; within a kind by ticket, then by product.
    """
    found: dict[str, list[News]] = {}
    for product in changelog.products:
        for fragment in product.fragments:
            found.setdefault(fragment.kind, []).append(News(product=product, fragment=fragment))
    kinds = [*FRAGMENT_KINDS, *sorted(found.keys() - FRAGMENT_KINDS.keys())]
    return {kind: tuple(sorted(found[kind], key=_by_ticket)) for kind in kinds if kind in found}


def _by_ticket(news: News) -> tuple[bool, str, int, str, str]:
    ticket = news.fragment.ticket
    project, number = ("", 0) if ticket is None else (ticket.project, ticket.number)
    return ticket is None, project, number, news.product.name, news.fragment.path


def count_bots(changelog: ChangeLog) -> int:
    """Count the changes that programs made.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    bots : `int`
        Of all products.
    """
    return sum(len(product.bots) for product in changelog.products)


def count(number: int, noun: str) -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number : `int`
        How many.
    noun : `str`
        Of one.

    Returns
    -------
    text : `str`
        For example ``2 tickets``; thousands are apart.
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def summary(changelog: ChangeLog) -> str:
    """Sum a change log up in a sentence.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    text : `str`
        One line.
    """
    states = [product.state for product in changelog.products]
    tickets = count(len(changelog.products_of_ticket), "ticket")
    changed = count(states.count(State.CHANGED), "changed product")
    parts = [f"{tickets} in {changed} of {len(states):,}"]
    for words, wanted in (
        ("added", {State.ADDED, State.RETURNED}),
        ("removed", {State.REMOVED, State.LEGACY}),
        ("renamed", {State.RENAMED}),
        ("rebuilt without a change of their own", {State.REBUILT}),
        ("not known", {State.UNKNOWN}),
    ):
        number = sum(state in wanted for state in states)
        if number:
            parts.append(f"{number:,} {words}")
    return "; ".join(parts) + "."
