"""A change log as a value; every rendering is a function of it alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["ChangeLog", "ProductChanges", "Relation", "State"]


class Relation(StrEnum):
    """How a product's two commits lie to each other."""

    SAME = "same"
    FORWARD = "forward"
    BACKWARD = "backward"
    DIVERGED = "diverged"
    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"


class State(StrEnum):
    """What became of a product, in one word."""

    UNCHANGED = "unchanged"
    REBUILT = "rebuilt"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"


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

    @property
    def state(self) -> State:
        """What became of it; *rebuilt* is a new version of the same commit."""
        if self.relation is Relation.SAME:
            return State.UNCHANGED if self.from_version == self.to_version else State.REBUILT
        if self.relation in {Relation.FORWARD, Relation.BACKWARD, Relation.DIVERGED}:
            return State.CHANGED
        return State(self.relation.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLog:
    """What happened between two ends.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    products : `tuple` [ `ProductChanges`, ... ]
        By name.
    warnings : `tuple` [ `str`, ... ]
        What is doubtful or missing, one sentence each, in a fixed order.
    """

    old: Side
    new: Side
    products: tuple[ProductChanges, ...]
    warnings: tuple[str, ...] = ()

    @property
    def products_of_ticket(self) -> dict[Ticket, tuple[ProductName, ...]]:
        """Each ticket that is news, in order, with its products by name."""
        found: dict[Ticket, list[ProductName]] = {}
        for product in self.products:
            for ticket in product.tickets:
                found.setdefault(ticket, []).append(product.name)
        return {ticket: tuple(found[ticket]) for ticket in sorted(found)}
