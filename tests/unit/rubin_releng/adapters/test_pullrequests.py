"""Pull requests of commits, from a small server that answers as GitHub does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.names import GitSha, ProductName
from rubin_releng.adapters.githubapi import GitHubApi
from rubin_releng.adapters.jsonanswers import Patience
from rubin_releng.adapters.pullrequests import GitHubPullRequests
from rubin_releng.core.pullrequests import PullRequest
from rubin_releng.core.secrets import Secret
from tests.support.jsonservers import Answer, FakeGitHub, serve_json

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

_AFW = ProductName("afw")
_URL = "https://github.com/lsst/afw.git"
_NOW = datetime(2022, 5, 20, tzinfo=UTC)


def _sha(number: int) -> GitSha:
    return GitSha(f"{number:040x}")


def _node(number: int, **changes: object) -> dict[str, object]:
    node: dict[str, object] = {
        "number": number,
        "title": f"DM-{number}: Work",
        "url": f"https://github.com/lsst/afw/pull/{number}",
        "merged": True,
        "mergedAt": f"2022-05-{number:02}T12:00:00Z",
        "headRefName": f"tickets/DM-{number}",
        "baseRefName": "main",
        "baseRepository": {"nameWithOwner": "lsst/afw"},
    }
    return node | changes


def _source(
    github: FakeGitHub | None, folder: Path, *, now: datetime = _NOW, is_known: bool = True
) -> GitHubPullRequests:
    token = Secret(value="hush") if is_known else None
    url = "" if github is None else github.server.url
    patience = Patience(retries=0)
    api = None if github is None else GitHubApi(url, token, patience=patience, now=now.timestamp)
    return GitHubPullRequests(api, folder, now=lambda: now)


def test_commits_find_the_pull_request_that_brought_them_first(tmp_path: Path) -> None:
    nodes = [
        _node(3),
        _node(2),
        _node(1, merged=False, mergedAt=None),
        _node(1, baseRepository={"nameWithOwner": "fork/afw"}),
    ]
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": nodes, f"lsst/afw@{_sha(2)}": []})
    with serve_json(github.server):
        found = _source(github, tmp_path).merged(_AFW, _URL, [_sha(1), _sha(2), _sha(3)])

    assert found == {
        _sha(1): PullRequest(
            number=2,
            title="DM-2: Work",
            branch="tickets/DM-2",
            url="https://github.com/lsst/afw/pull/2",
        )
    }
    assert len(github.server.asked) == 1
    assert github.server.asked[0].body["variables"] == {"owner": "lsst", "name": "afw"}


def test_many_commits_are_asked_for_in_batches(tmp_path: Path) -> None:
    shas = [_sha(number) for number in range(120)]
    github = FakeGitHub({f"lsst/afw@{sha}": [_node(1)] for sha in shas})
    with serve_json(github.server):
        found = _source(github, tmp_path).merged(_AFW, _URL, [*shas, shas[0]])

    assert len(found) == 120
    assert len(github.server.asked) == 3


def test_a_second_run_asks_nothing_and_works_offline(tmp_path: Path) -> None:
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": [_node(1)], f"lsst/afw@{_sha(2)}": []})
    with serve_json(github.server):
        first = _source(github, tmp_path).merged(_AFW, _URL, [_sha(1), _sha(2)])
        second = _source(github, tmp_path).merged(_AFW, "git@github.com:LSST/afw.git", [_sha(1), _sha(2)])

    assert first == second == _source(None, tmp_path).merged(_AFW, _URL, [_sha(1), _sha(2)])
    assert len(github.server.asked) == 1


def test_what_github_may_not_know_yet_is_asked_again_after_a_day(tmp_path: Path) -> None:
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": []})
    github.date = "2022-05-19T12:00:00Z"
    with serve_json(github.server):
        for hours in (0, 23, 25):
            now = _NOW + timedelta(hours=hours)
            _source(github, tmp_path, now=now).merged(_AFW, _URL, [_sha(1), _sha(9)])

    assert len(github.server.asked) == 2


def test_without_a_token_nobody_is_asked(tmp_path: Path) -> None:
    github = FakeGitHub({})
    with serve_json(github.server):
        source = _source(github, tmp_path, is_known=False)
        assert source.merged(_AFW, _URL, [_sha(1)]) == {}
        assert source.merged(_AFW, _URL, [_sha(2)]) == {}

    assert github.server.asked == []
    (problem,) = source.problems
    assert "without a token" in problem


def test_repositories_elsewhere_and_no_commits_ask_nothing(tmp_path: Path) -> None:
    source = _source(None, tmp_path)

    assert source.merged(_AFW, "/data/afw", [_sha(1)]) == {}
    assert source.merged(_AFW, _URL, []) == {}
    assert source.problems == ()


def test_a_repository_that_is_gone_has_no_pull_requests(tmp_path: Path) -> None:
    github = FakeGitHub({})
    with serve_json(github.server):
        assert _source(github, tmp_path).merged(_AFW, _URL, [_sha(1)]) == {}


def test_a_refusal_in_the_middle_keeps_what_is_known_and_says_so(tmp_path: Path) -> None:
    shas = [_sha(number) for number in range(80)]
    github = FakeGitHub({f"lsst/afw@{sha}": [_node(1)] for sha in shas})
    github.server.first = [None, Answer({"message": "rate limit"}, 403, {"retry-after": "60"})]
    with serve_json(github.server):
        source = _source(github, tmp_path)
        found = source.merged(_AFW, _URL, shas)
        assert source.merged(ProductName("utils"), "https://github.com/lsst/utils", [_sha(1)]) == {}

    assert len(found) == 50
    assert len(github.server.asked) == 2
    assert source.problems[0].startswith("pull requests of `afw` are not known: GitHub answers no more")


@pytest.mark.parametrize(
    "node", [{"merged": True, "mergedAt": "2022-05-01T00:00:00Z"}, {**_node(1), "number": "x"}]
)
def test_an_answer_of_another_form_is_told(tmp_path: Path, node: dict[str, object]) -> None:
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": [node]})
    with serve_json(github.server):
        source = _source(github, tmp_path)
        assert source.merged(_AFW, _URL, [_sha(1)]) == {}

    assert source.problems == (
        "pull requests of `afw` are not known: GitHub answers with pull requests of another form",
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"x": 1}', f'{{"{_sha(1)}": {{"number": 1}}}}'])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "lsst").mkdir()
    (tmp_path / "lsst" / "afw.json").write_text(text)
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": [_node(1)]})
    with serve_json(github.server):
        assert _sha(1) in _source(github, tmp_path).merged(_AFW, _URL, [_sha(1)])


def test_a_memory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lsst").write_text("a file in the place of the folder")
    github = FakeGitHub({f"lsst/afw@{_sha(1)}": [_node(1)]})
    with serve_json(github.server):
        source = _source(github, tmp_path)
        source.merged(_AFW, _URL, [_sha(1)])

    assert len(source.problems) == 1
