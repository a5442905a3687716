"""Titles of tickets: from a store first, and from a service what the store lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.errors import ToolkitError
from rubin_releng.core.issues import Issue, is_stale, merge_issues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from rubin_releng.core.tickets import Ticket

__all__ = ["IssueService", "IssueStore", "StoredTitles"]


class IssueStore(Protocol):
    """Keeps what was found."""

    def read(self) -> Mapping[Ticket, Issue]:
        """Read all there is."""

    def update(self, issues: Mapping[Ticket, Issue]) -> None:
        """Add what was found; what others added stays."""


class IssueService(Protocol):
    """Looks tickets up, a batch at a time; what came before a failure counts."""

    def look_up(self, keys: Collection[Ticket], today: date) -> Iterator[Mapping[Ticket, Issue]]:
        """Look tickets up."""


class StoredTitles:
    """Titles of a store, and of a service if there is one.

    Parameters
    ----------
    stores : `~collections.abc.Collection` [ `IssueStore` ]
        What is found is kept in the first one; the others are only read.
    service : `IssueService` or `None`
        `None` asks nobody.
    today : `~datetime.date`
        UTC.
    """

    def __init__(self, stores: Collection[IssueStore], service: IssueService | None, *, today: date) -> None:
        self._stores = tuple(stores)
        self._service = service
        self._today = today
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """Why something may be missing or old, one sentence each."""
        return tuple(dict.fromkeys(self._problems))

    def issues(self, keys: Collection[Ticket]) -> Mapping[Ticket, Issue]:
        """Look tickets up; only those that no store knows well enough are asked for.

        Parameters
        ----------
        keys : `~collections.abc.Collection` [ `Ticket` ]
            Any tickets.

        Returns
        -------
        issues : `~collections.abc.Mapping` [ `Ticket`, `Issue` ]
            One for each key, sorted; without a title where none could be had,
            with the reason. A title that is too old is better than none.
        """
        wanted = sorted(set(keys))
        known = merge_issues(*(store.read() for store in self._stores))
        missing = [key for key in wanted if key not in known or is_stale(known[key], self._today)]
        reason = "nobody was asked for its title"
        if missing and self._service is not None:
            fresh, problem = self._ask(self._service, missing)
            known = merge_issues(known, fresh)
            reason = problem or reason
        return {key: known.get(key) or Issue(key=key, reason=reason) for key in wanted}

    def _ask(
        self, service: IssueService, keys: Collection[Ticket]
    ) -> tuple[Mapping[Ticket, Issue], str | None]:
        fresh: dict[Ticket, Issue] = {}
        problem = None
        try:
            for batch in service.look_up(keys, self._today):
                fresh.update(batch)
        except ToolkitError as error:
            problem = str(error)
            self._problems.append(f"{len(set(keys) - fresh.keys())} titles could not be looked up: {problem}")
        finally:
            self._keep(fresh)
        return fresh, problem

    def _keep(self, fresh: Mapping[Ticket, Issue]) -> None:
        try:
            for store in self._stores[:1]:
                store.update(fresh)
        except ToolkitError as error:
            self._problems.append(f"titles could not be kept: {error}")
