"""A change log as a value; every rendering is a function of it alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.tags import EupsTag
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.environments import EnvironmentChanges
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changes import Change
    from rubin_releng.core.fragments import Fragment
    from rubin_releng.core.issues import Issue
    from rubin_releng.core.tickets import Ticket

__all__ = ["ChangeLog", "Flag", "ProductChanges", "Relation", "State", "Sweep", "TicketEntry"]


class Relation(StrEnum):
    """How a product's two commits lie to each other."""

    SAME = "same"
    FORWARD = "forward"
    BACKWARD = "backward"
    DIVERGED = "diverged"
    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"


_CHANGED = frozenset({Relation.FORWARD, Relation.BACKWARD, Relation.DIVERGED})


class State(StrEnum):
    """What became of a product, in one word."""

    UNCHANGED = "unchanged"
    REBUILT = "rebuilt"
    CHANGED = "changed"
    ADDED = "added"
    RETURNED = "returned"
    REMOVED = "removed"
    LEGACY = "legacy"
    RENAMED = "renamed"
    UNKNOWN = "unknown"


class Flag(StrEnum):
    """What there is to say of a ticket, beside its products."""

    NEW = "new"
    ALREADY_IN_FROM = "already_in_from"
    ONLY_IN_FROM = "only_in_from"
    REVERTED = "reverted"
    RESTORED = "restored"
    BACKPORT = "backport"
    NESTED = "nested"
    UNKNOWN_PROJECT = "unknown_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanges:
    """What happened to one product.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    repository : `str` or `None`
        URL of its history, if anything names it.
    relation : `Relation`
        Of its two commits.
    from_commit, to_commit : `GitSha` or `None`
        `None` where the product or its history is missing.
    from_version, to_version : `EupsVersion` or `None`
        `None` where no document tells.
    tickets : `tuple` [ `Ticket`, ... ]
        News, sorted.
    unmapped : `tuple` [ `GitSha`, ... ]
        Commits and merges on the new side's line that name no ticket, those
        of programs included; oldest first.
    already_in_from : `tuple` [ `Ticket`, ... ]
        On both sides since they parted, so no news; sorted.
    only_in_from : `tuple` [ `Ticket`, ... ]
        On the old side alone: lost; sorted.
    reverted : `tuple` [ `Ticket`, ... ]
        Merged and taken back on the new side; sorted.
    changes : `tuple` [ `Change`, ... ]
        All of the new side's line, oldest first.
    lost : `tuple` [ `Change`, ... ]
        All of the old side's line since they parted, oldest first.
    undone : `frozenset` [ `GitSha` ]
        Those of ``changes`` that a later one turned round.
    commits : `int` or `None`
        Length of the line of a product that was added.
    reason : `str` or `None`
        Why nothing is known; `None` if something is.
    bots : `tuple` [ `GitSha`, ... ]
        Those of ``unmapped`` that programs made, to be shown as a number.
    fragments : `tuple` [ `Fragment`, ... ]
        News fragments added in the range, by kind, ticket and path.
    renamed_from : `ProductName` or `None`
        The name it had on the old side, which is then no product of its own.
    is_returned : `bool`
        Whether an added product was in an earlier release.
    is_legacy : `bool`
        Whether a removed product's repository was retired.
    is_excluded : `bool`
        Whether nobody wants its merges (test data), so that they were not read.
    """

    name: ProductName
    relation: Relation
    repository: str | None = None
    from_commit: GitSha | None = None
    to_commit: GitSha | None = None
    from_version: EupsVersion | None = None
    to_version: EupsVersion | None = None
    tickets: tuple[Ticket, ...] = ()
    unmapped: tuple[GitSha, ...] = ()
    already_in_from: tuple[Ticket, ...] = ()
    only_in_from: tuple[Ticket, ...] = ()
    reverted: tuple[Ticket, ...] = ()
    changes: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    undone: frozenset[GitSha] = frozenset()
    commits: int | None = None
    reason: str | None = None
    bots: tuple[GitSha, ...] = ()
    fragments: tuple[Fragment, ...] = ()
    renamed_from: ProductName | None = None
    is_returned: bool = False
    is_legacy: bool = False
    is_excluded: bool = False

    @property
    def state(self) -> State:
        """What became of it; *rebuilt* is another version of the same commit, where both are known."""
        if self.renamed_from is not None:
            return State.RENAMED
        relation = self.relation
        if relation is Relation.SAME:
            # First what most are. A branch has no version, and a tag none that git knows.
            old, new = self.from_version, self.to_version
            return State.UNCHANGED if old is None or new is None or old == new else State.REBUILT
        if relation is Relation.ADDED and self.is_returned:
            return State.RETURNED
        if relation is Relation.REMOVED and self.is_legacy:
            return State.LEGACY
        if relation in _CHANGED:
            return State.CHANGED
        return State(relation.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEntry:
    """One ticket over all products.

    Parameters
    ----------
    issue : `Issue`
        Key, title and status.
    products : `tuple` [ `ProductName`, ... ]
        By name: those where it is news; if there is none, all that it touched.
    changes : `tuple` [ `tuple` [ `ProductName`, `Change` ], ... ]
        Everything that names it, on either side, oldest first.
    first, last : `~datetime.datetime`
        Of the changes, UTC.
    flags : `frozenset` [ `Flag` ]
        Several may hold, for products differ.
    fragments : `tuple` [ `Fragment`, ... ]
        About it, by product, then as there.
    """

    issue: Issue
    products: tuple[ProductName, ...]
    changes: tuple[tuple[ProductName, Change], ...]
    first: dt.datetime
    last: dt.datetime
    flags: frozenset[Flag] = frozenset()
    fragments: tuple[Fragment, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether it is new in some product."""
        return Flag.NEW in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Direct commits by one person on one day with one subject: one line, however many products.

    Parameters
    ----------
    author : `str`
        Of all of them.
    subject : `str`
        Of all of them; empty if they have none.
    date : `~datetime.date`
        UTC.
    members : `tuple` [ `tuple` [ `ProductName`, `GitSha` ], ... ]
        By product, then oldest first; at least one.
    """

    author: str
    subject: str
    date: dt.date
    members: tuple[tuple[ProductName, GitSha], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLog:
    """What happened between two ends.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    products : `tuple` [ `ProductChanges`, ... ]
        By name.
    tickets : `tuple` [ `TicketEntry`, ... ]
        By project and number: news, and what is lost, already there or
        reverted (see their flags).
    sweeps : `tuple` [ `Sweep`, ... ]
        What has no ticket and was made by a person, oldest first.
    environment : `EnvironmentChanges` or `None`
        `None` if nobody looked.
    predecessor_note : `str` or `None`
        Why the old end is the one to compare with, where it was chosen.
    base : `EupsTag` or `None`
        The weekly that a release was made from.
    backports : `tuple` [ `Ticket`, ... ]
        Merged after ``base`` and taken into the release; sorted.
    sources : `tuple` [ `str`, ... ]
        What was read, for people, in a fixed order.
    warnings : `tuple` [ `str`, ... ]
        What is doubtful or missing, one sentence each, in a fixed order.
    """

    old: Side
    new: Side
    products: tuple[ProductChanges, ...]
    tickets: tuple[TicketEntry, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    environment: EnvironmentChanges | None = None
    predecessor_note: str | None = None
    base: EupsTag | None = None
    backports: tuple[Ticket, ...] = ()
    sources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def news(self) -> tuple[TicketEntry, ...]:
        """The tickets that are new in some product."""
        return tuple(entry for entry in self.tickets if entry.is_news)

    @property
    def products_of_ticket(self) -> dict[Ticket, tuple[ProductName, ...]]:
        """Each ticket that is news, in order, with its products by name."""
        found: dict[Ticket, list[ProductName]] = {}
        for product in self.products:
            for ticket in product.tickets:
                found.setdefault(ticket, []).append(product.name)
        return {ticket: tuple(found[ticket]) for ticket in sorted(found)}
