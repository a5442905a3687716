"""Jira's search, against a small server that answers as the real one does."""

from __future__ import annotations

import base64
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, ToolkitError, UnavailableError
from rubin_releng.adapters.jira import JiraSearch
from rubin_releng.adapters.jsonanswers import Patience
from rubin_releng.adapters.titlestores import TitleFile
from rubin_releng.changelog.titlesources import StoredTitles
from rubin_releng.core.issues import Issue, IssueSource
from rubin_releng.core.secrets import Secret
from rubin_releng.core.tickets import Ticket, parse_ticket
from tests.support.jsonservers import Answer, FakeJira, serve_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.network

_TODAY = date(2026, 11, 22)


def _keys(*numbers: int) -> list[Ticket]:
    return [parse_ticket(f"DM-{number}") for number in numbers]


def _jira(*numbers: int, **settings: object) -> FakeJira:
    return FakeJira({f"DM-{number}": f"Title {number}" for number in numbers}, **settings)  # type: ignore[arg-type]


def _search(jira: FakeJira, pauses: list[float] | None = None) -> JiraSearch:
    kept = [] if pauses is None else pauses
    return JiraSearch(jira.server.url, patience=Patience(longest_pause_seconds=60.0), pause=kept.append)


def _look_up(jira: FakeJira, keys: Iterable[Ticket]) -> dict[Ticket, Issue]:
    found: dict[Ticket, Issue] = {}
    for batch in _search(jira).look_up(list(keys), _TODAY):
        found |= batch
    return found


def _titles(found: dict[Ticket, Issue]) -> dict[str, str | None]:
    return {str(key): issue.title for key, issue in sorted(found.items())}


def test_tickets_are_found_with_title_status_and_day() -> None:
    jira = _jira(1, 2)
    with serve_json(jira.server):
        found = _look_up(jira, _keys(2, 1))

    assert found[parse_ticket("DM-1")] == Issue(
        key=parse_ticket("DM-1"), title="Title 1", status="Done", source=IssueSource.JIRA, checked=_TODAY
    )
    (asked,) = jira.server.asked
    assert asked.path.startswith("/rest/api/3/search/jql?")
    assert "fields=summary%2Cstatus" in asked.path
    assert "authorization" not in asked.headers


def test_pages_are_followed_to_the_last_one() -> None:
    jira = _jira(*range(1, 8), page=3)
    with serve_json(jira.server):
        found = _look_up(jira, _keys(*range(1, 8)))

    assert len(found) == 7
    assert len(jira.server.asked) == 3


def test_many_tickets_are_asked_for_a_hundred_at_a_time() -> None:
    jira = _jira(*range(250), page=100)
    with serve_json(jira.server):
        found = _look_up(jira, _keys(*range(250)))

    assert len(found) == 250
    assert [len(keys) for keys in jira.keys_asked()] == [100, 100, 50]


@pytest.mark.parametrize(("names_bad_keys", "most"), [(True, 2), (False, 15)])
def test_one_bad_key_does_not_hide_the_others(*, names_bad_keys: bool, most: int) -> None:
    jira = _jira(*range(1, 101), hidden={"DM-37"}, names_bad_keys=names_bad_keys, page=100)
    with serve_json(jira.server):
        found = _look_up(jira, _keys(*range(1, 101)))

    assert [str(key) for key, issue in found.items() if issue.title is None] == ["DM-37"]
    assert found[parse_ticket("DM-37")].reason == "Jira shows no title of that key"
    assert len(found) == 100
    assert len(jira.server.asked) <= most


def test_a_key_that_does_not_exist_is_remembered_as_such() -> None:
    jira = _jira(1)
    with serve_json(jira.server):
        found = _look_up(jira, _keys(1, 2))

    assert _titles(found) == {"DM-1": "Title 1", "DM-2": None}
    assert found[parse_ticket("DM-2")].checked == _TODAY


def test_a_moved_ticket_is_found_under_its_new_key() -> None:
    jira = FakeJira({"SP-7": "Moved", "DM-2": "Here"}, moved={"DM-1": "SP-7"})
    with serve_json(jira.server):
        found = _look_up(jira, _keys(1, 2))
        both = _look_up(jira, _keys(1, 2, 3))

    assert _titles(found) == {"DM-1": "Moved", "DM-2": "Here"}
    assert _titles(both) == {"DM-1": "Moved", "DM-2": "Here", "DM-3": None}


def test_a_busy_jira_is_asked_again_after_its_time() -> None:
    jira = _jira(1)
    jira.server.first = [Answer({}, 429, {"Retry-After": "7"})]
    pauses: list[float] = []
    with serve_json(jira.server):
        list(_search(jira, pauses).look_up(_keys(1), _TODAY))

    (pause,) = pauses
    assert 7 < pause <= 8


def test_a_removed_search_is_told() -> None:
    jira = _jira(1)
    gone = {"errorMessages": ["The requested API has been removed."]}
    jira.server.first = [Answer(gone, 410)]
    with (
        serve_json(jira.server),
        pytest.raises(ToolkitError, match="410: The requested API has been removed"),
    ):
        _look_up(jira, _keys(1))


def test_a_jira_that_refuses_everything_is_left_alone() -> None:
    numbers = range(1, 101)
    jira = _jira(hidden={f"DM-{number}" for number in numbers}, names_bad_keys=False)
    with serve_json(jira.server), pytest.raises(UnavailableError, match="refuses every search"):
        _look_up(jira, _keys(*numbers))

    assert len(jira.server.asked) == 65


def test_a_wrong_token_is_told_and_not_shown() -> None:
    jira = _jira(1)
    jira.server.first = [Answer(b"", 401)]
    with serve_json(jira.server):
        search = JiraSearch(jira.server.url, Secret(value="hush"), user="me@example.org")
        with pytest.raises(ToolkitError, match="401") as caught:
            list(search.look_up(_keys(1), _TODAY))

    sent = jira.server.asked[0].headers["authorization"]
    assert sent == "Basic " + base64.b64encode(b"me@example.org:hush").decode()
    assert "hush" not in f"{caught.value} {search!r}"


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"issues": {}},
        {"issues": ["DM-1"]},
        {"issues": [{"key": "nonsense", "fields": {}}]},
        {"issues": [{"fields": {}}]},
        {"issues": [{"key": "DM-1"}]},
    ],
)
def test_an_answer_of_another_form_is_refused(data: object) -> None:
    jira = _jira(1)
    jira.server.first = [Answer(data)]
    with serve_json(jira.server), pytest.raises(CorruptError, match="Jira answers a search"):
        _look_up(jira, _keys(1))


def test_an_answer_without_end_is_refused() -> None:
    jira = _jira(1)
    pages = [Answer({"issues": [], "isLast": False, "nextPageToken": str(n)}) for n in range(300)]
    jira.server.first = list(pages)
    with serve_json(jira.server), pytest.raises(CorruptError, match="has no end"):
        _look_up(jira, _keys(1))


def test_a_ticket_without_a_title_or_status_says_so() -> None:
    jira = _jira(1)
    jira.server.first = [Answer({"issues": [{"key": "DM-1", "fields": {"summary": None, "status": None}}]})]
    with serve_json(jira.server):
        (issue,) = _look_up(jira, _keys(1)).values()

    assert (issue.title, issue.status, issue.reason) == (None, None, "Jira shows no title of that key")


def test_an_outage_in_the_middle_keeps_what_came_and_the_next_run_asks_for_the_rest(tmp_path: Path) -> None:
    jira = _jira(*range(150), page=100)
    jira.server.first = [None, *[Answer({}, 503)] * 4]
    store = TitleFile(tmp_path / "titles.tsv")
    with serve_json(jira.server):
        titles = StoredTitles([store], _search(jira), today=_TODAY)
        first = titles.issues(_keys(*range(150)))
        problems = titles.problems
        before = len(jira.server.asked)
        second = StoredTitles([store], _search(jira), today=_TODAY).issues(_keys(*range(150)))
        again = StoredTitles([store], _search(jira), today=_TODAY).issues(_keys(*range(150)))

    assert len(first) == 150
    assert sum(issue.title is None for issue in first.values()) == 50
    assert problems[0].startswith("50 titles could not be looked up: cannot reach Jira")
    assert [len(keys) for keys in jira.keys_asked()[before:]] == [50]
    assert all(issue.title for issue in second.values())
    assert again.keys() == second.keys()
