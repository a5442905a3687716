"""Titles from stores, and from a service what they lack."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError, UnavailableError
from rubin_releng.changelog.titlesources import StoredTitles
from rubin_releng.core.issues import Issue, IssueSource
from rubin_releng.core.tickets import Ticket, parse_ticket

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_TODAY = date(2026, 11, 22)
_ONE, _TWO, _THREE = map(parse_ticket, ("DM-1", "DM-2", "DM-3"))


def _issue(key: Ticket, title: str | None, day: date = _TODAY) -> Issue:
    source = IssueSource.JIRA if title else IssueSource.NOBODY
    return Issue(key=key, title=title, source=source, reason=None if title else "hidden", checked=day)


class _Store:
    def __init__(self, *issues: Issue, writable: bool = True) -> None:
        self.known = {issue.key: issue for issue in issues}
        self.writable = writable

    def read(self) -> Mapping[Ticket, Issue]:
        return dict(self.known)

    def update(self, issues: Mapping[Ticket, Issue]) -> None:
        if not self.writable:
            raise RefusedError("the disk is read-only")
        self.known.update(issues)


class _Service:
    """Answers one key a batch, until it fails."""

    def __init__(self, titles: Mapping[Ticket, str | None], *, fails_after: int | None = None) -> None:
        self.titles = titles
        self.fails_after = fails_after
        self.asked: list[Ticket] = []

    def look_up(self, keys: Collection[Ticket], today: date) -> Iterator[Mapping[Ticket, Issue]]:
        for number, key in enumerate(sorted(keys)):
            if number == self.fails_after:
                raise UnavailableError("Jira is down")
            self.asked.append(key)
            yield {key: _issue(key, self.titles[key], today)}


def test_only_what_no_store_knows_well_enough_is_asked_for() -> None:
    store = _Store(_issue(_ONE, "One"), _issue(_TWO, "Two", date(2026, 1, 1)))
    service = _Service({_TWO: "New two", _THREE: "Three"})

    found = StoredTitles([store], service, today=_TODAY).issues([_THREE, _ONE, _TWO, _ONE])

    assert [(str(key), issue.title) for key, issue in found.items()] == [
        ("DM-1", "One"),
        ("DM-2", "New two"),
        ("DM-3", "Three"),
    ]
    assert service.asked == [_TWO, _THREE]
    assert store.known[_TWO].title == "New two"


def test_a_second_look_asks_nobody() -> None:
    store = _Store()
    StoredTitles([store], _Service({_ONE: "One", _TWO: None}), today=_TODAY).issues([_ONE, _TWO])
    service = _Service({})

    found = StoredTitles([store], service, today=_TODAY).issues([_ONE, _TWO])

    assert service.asked == []
    assert (found[_TWO].title, found[_TWO].reason) == (None, "hidden")


def test_an_outage_in_the_middle_keeps_what_came_before_and_drops_no_ticket() -> None:
    store = _Store(_issue(_THREE, "Old three", date(2026, 1, 1)))
    titles = StoredTitles([store], _Service({_ONE: "One"}, fails_after=1), today=_TODAY)

    found = titles.issues([_ONE, _TWO, _THREE])

    assert found[_ONE].title == "One"
    assert (found[_TWO].title, found[_TWO].reason) == (None, "Jira is down")
    assert found[_THREE].title == "Old three"
    assert titles.problems == ("2 titles could not be looked up: Jira is down",)
    assert store.known[_ONE].title == "One"


def test_without_a_service_a_ticket_says_why_it_has_no_title() -> None:
    titles = StoredTitles([], None, today=_TODAY)

    assert titles.issues([_ONE])[_ONE].reason == "nobody was asked for its title"
    assert titles.problems == ()


def test_a_store_that_cannot_be_written_does_not_stop_anything() -> None:
    titles = StoredTitles([_Store(writable=False)], _Service({_ONE: "One"}), today=_TODAY)

    assert titles.issues([_ONE])[_ONE].title == "One"
    assert titles.problems == ("titles could not be kept: the disk is read-only",)


def test_without_a_store_nothing_is_kept() -> None:
    titles = StoredTitles([], _Service({_ONE: "One"}), today=_TODAY)

    assert titles.issues([_ONE])[_ONE].title == "One"


def test_what_is_found_is_kept_in_the_first_store_alone() -> None:
    first, second = _Store(), _Store(_issue(_TWO, "Two"))

    StoredTitles([first, second], _Service({_ONE: "One"}), today=_TODAY).issues([_ONE, _TWO])

    assert (sorted(first.known), sorted(second.known)) == ([_ONE], [_TWO])
