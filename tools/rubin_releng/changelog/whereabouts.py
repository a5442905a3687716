"""Where a ticket is: in which weekly and release first, and whether a release has all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.tags import TagKind
from rubin_releng.changelog.ports import HistoryReader
from rubin_releng.changelog.tracing import Tracer
from rubin_releng.core.effects import settle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.changelog.catalogs import Catalog
    from rubin_releng.changelog.relating import Sources
    from rubin_releng.changelog.timelines import Timelines
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["TicketPlace", "Whereabouts", "WholeHistory", "find_ticket"]


class WholeHistory(HistoryReader, Protocol):
    """A history that is at hand as a whole."""

    def root(self, end: GitSha) -> GitSha:
        """Find the first commit of the line of first parents that ends here."""

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether a pattern is in any message."""

    def descendants(self, sha: GitSha) -> Collection[GitSha]:
        """Find the commits that have a certain one in their history, itself included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPlace:
    """A ticket in one product.

    Parameters
    ----------
    product : `ProductName`
        The product.
    changes : `tuple` [ `Change`, ... ]
        What names the ticket, oldest first, on any line.
    weekly, release : `EupsTag` or `None`
        The first that contains it; `None` if none does.
    is_contained : `bool` or `None`
        Whether the release that was asked for contains it.
    """

    product: ProductName
    changes: tuple[Change, ...]
    weekly: EupsTag | None
    release: EupsTag | None
    is_contained: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A ticket in all products.

    Parameters
    ----------
    ticket : `Ticket`
        The ticket.
    places : `tuple` [ `TicketPlace`, ... ]
        By product; empty if nothing names it.
    first_weekly, first_release : `EupsTag` or `None`
        The first with any of it.
    whole_weekly, whole_release : `EupsTag` or `None`
        The first with all of it: in every product that it touched.
    name : `str` or `None`
        The release that was asked for.
    """

    ticket: Ticket
    places: tuple[TicketPlace, ...]
    first_weekly: EupsTag | None
    first_release: EupsTag | None
    whole_weekly: EupsTag | None
    whole_release: EupsTag | None
    name: str | None = None

    @property
    def is_contained(self) -> bool | None:
        """Whether the release that was asked for has it in every product that it touched."""
        if self.name is None:
            return None
        return bool(self.places) and all(place.is_contained for place in self.places)


def find_ticket(
    ticket: Ticket,
    *,
    histories: Mapping[ProductName, WholeHistory],
    catalog: Catalog,
    timelines: Timelines,
    sources: Sources,
    name: str | None = None,
) -> Whereabouts:
    """Look a ticket up in all histories.

    Parameters
    ----------
    ticket : `Ticket`
        What to look for.
    histories : `~collections.abc.Mapping` [ `ProductName`, `WholeHistory` ]
        Of all products.
    catalog : `Catalog`
        Knows the releases.
    timelines : `Timelines`
        Knows their commits.
    sources : `Sources`
        Knows the projects and corrections.
    name : `str`, optional
        An end that is asked for by name.

    Returns
    -------
    whereabouts : `Whereabouts`
        A product where it was reverted does not contain it any more.
    """
    search = _Search(ticket, catalog, timelines, sources)
    pattern = re.compile(rf"(?<![a-z0-9]){ticket.project}-0*{ticket.number}(?!\d)", re.IGNORECASE)
    found = {
        product: holders
        for product, history in sorted(histories.items())
        if not sources.settings.excludes(product)
        and history.mentions(pattern)
        and (holders := search.holders(product, history)) is not None
    }
    weeklies, finals = catalog.of_kind(TagKind.WEEKLY), catalog.of_kind(TagKind.RELEASE)
    return Whereabouts(
        ticket=ticket,
        places=tuple(
            TicketPlace(
                product=product,
                changes=holders.changes,
                weekly=search.first(weeklies, [holders], any),
                release=search.first(finals, [holders], any),
                is_contained=None if name is None else search.has(name, holders),
            )
            for product, holders in found.items()
        ),
        first_weekly=search.first(weeklies, found.values(), any),
        first_release=search.first(finals, found.values(), any),
        whole_weekly=search.first(weeklies, found.values(), all),
        whole_release=search.first(finals, found.values(), all),
        name=name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holders:
    """What can bring a ticket into a commit's history, or take it out."""

    product: ProductName
    changes: tuple[Change, ...]
    events: tuple[tuple[Change, Collection[GitSha]], ...]


class _Quantifier(Protocol):
    def __call__(self, values: Iterable[bool], /) -> bool: ...


class _Search:
    """Looks for one ticket."""

    def __init__(self, ticket: Ticket, catalog: Catalog, timelines: Timelines, sources: Sources) -> None:
        self._ticket = ticket
        self._catalog = catalog
        self._timelines = timelines
        self._sources = sources
        self._known: dict[tuple[str, ProductName], bool] = {}

    def holders(self, product: ProductName, history: WholeHistory) -> _Holders | None:
        """Read all lines of a product: the main one, and those of releases beside it."""
        tracer = Tracer(
            product=product,
            repository=self._sources.repositories.get(product),
            reader=history,
            grammar=self._sources.grammar,
            overrides=self._sources.settings.overrides,
            pull_requests=self._sources.pull_requests,
        )
        changes: dict[GitSha, Change] = {}
        for base, tip in self._lines(product, history):
            for change in tracer.trace(base, tip, history.between(base, tip).right).changes:
                changes.setdefault(change.sha, change)
        ordered = sorted(changes.values(), key=lambda change: (change.time, change.sha))
        own = tuple(change for change in ordered if self._ticket in change.tickets)
        events = [change for change in ordered if self._ticket in change.tickets or change.undoes]
        if not own:
            return None
        pairs = tuple((change, history.descendants(change.sha)) for change in events)
        return _Holders(product=product, changes=own, events=pairs)

    def _lines(self, product: ProductName, history: WholeHistory) -> list[tuple[GitSha, GitSha]]:
        tips = [
            self._commit("main", product),
            *(self._commit(tag.name, product) for tag in self._catalog.tags),
        ]
        known = [tip for tip in dict.fromkeys(tips) if tip is not None and history.resolve((tip,)) != (None,)]
        if not known:
            return []
        main = known[0]
        beside = [(main, tip) for tip in known[1:] if not history.is_ancestor(tip, main)]
        return [(history.root(main), main), *beside]

    def _commit(self, name: str, product: ProductName) -> GitSha | None:
        end = self._timelines.ends(self._catalog.side(name)).get(product)
        return None if end is None else end.commit

    def has(self, name: str, holders: _Holders) -> bool:
        """Tell whether a release has the ticket in one product."""
        key = (name, holders.product)
        if key not in self._known:
            commit = self._commit(name, holders.product)
            there = [change for change, descendants in holders.events if commit in descendants]
            self._known[key] = commit is not None and self._ticket in settle(there).tickets
        return self._known[key]

    def first(
        self, tags: Sequence[EupsTag], holders: Collection[_Holders], quantifier: _Quantifier
    ) -> EupsTag | None:
        """Find the first release in which some or all products have the ticket."""
        if not holders:
            return None
        return next((tag for tag in tags if quantifier(self.has(tag.name, one) for one in holders)), None)
