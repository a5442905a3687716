from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.core.refs import ChosenRef, RefKind, RefName
from rubin_releng.core.repositories import RepoIndex, Repository
from rubin_releng.stack.preparations import PreparedProduct
from rubin_releng.stack.pullrequests import (
    BuildStatus,
    HeadBranch,
    OpenPullRequest,
    find_pull_requests,
    format_pr_info,
    head_branches,
    parse_pr_info,
    post_statuses,
)
from tests.support.sources import fake_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

TICKET = "tickets/DM-1"
INFO = """\
{
  "items": [
    {
      "product_name": "afw",
      "owner": "lsst",
      "repo": "afw",
      "pr_number": 7,
      "title": "Bend light",
      "head_ref": "tickets/DM-1",
      "sha": "aa"
    }
  ]
}"""


class FakeService:
    """GitHub with some open pull requests, ``owner/repo/branch`` to numbers, two to a page."""

    def __init__(self, requests: dict[str, list[int]]) -> None:
        self.requests = requests
        self.questions: list[Mapping[str, Any]] = []
        self.posted: list[tuple[str, Mapping[str, object]]] = []

    def graphql(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        self.questions.append(variables)
        data: dict[str, Any] = {}
        number = 0
        while f"o{number}" in variables:
            assert f"r{number}: repository(owner: $o{number}" in query
            owner, repo, head, after = (variables[f"{key}{number}"] for key in "onha")
            known = self.requests.get(f"{owner}/{repo}/{head}")
            data[f"r{number}"] = None if known is None else {"pullRequests": _page(known, str(head), after)}
            number += 1
        return data

    def post(self, path: str, body: Mapping[str, object]) -> None:
        self.posted.append((path, body))


def _page(numbers: list[int], head: str, after: object) -> dict[str, object]:
    begin = int(str(after or 0))
    nodes = [
        {"number": one, "title": "Bend light", "headRefName": head, "headRefOid": "aa"}
        for one in numbers[begin : begin + 2]
    ]
    return {
        "nodes": nodes,
        "pageInfo": {"hasNextPage": begin + 2 < len(numbers), "endCursor": str(begin + 2)},
    }


def product(name: str, ref: str, kind: RefKind = RefKind.BRANCH, host: str = "github.com") -> PreparedProduct:
    return PreparedProduct(
        name=ProductName(name),
        repository=f"https://{host}/lsst/{name}",
        ref=ChosenRef(name=RefName(ref), kind=kind, commit=fake_commit(name)),
        version=EupsVersion("g1"),
        dependencies=(),
    )


def path_of(url: str) -> str | None:
    return url.removeprefix("https://github.com/") if "github.com" in url else None


def branch(repo: str) -> HeadBranch:
    return HeadBranch(product=repo, owner="lsst", repo=repo, branch=TICKET)


def test_only_branches_that_are_not_the_usual_ones_have_pull_requests() -> None:
    index = RepoIndex(
        repositories=(
            Repository(product=ProductName("fork"), url="x", ref="lsst-dev"),
            Repository(product=ProductName("other"), url="x", ref="lsst-dev"),
        )
    )
    products = [
        product("afw", TICKET),
        product("base", "main"),
        product("fork", "lsst-dev"),
        product("other", "main"),
        product("tagged", "w.2026.10", RefKind.TAG),
        product("elsewhere", TICKET, host="example.org"),
    ]
    found = head_branches(products, index, path=path_of)
    assert [(one.product, one.owner, one.repo, one.branch) for one in found] == [
        ("afw", "lsst", "afw", TICKET),
        ("other", "lsst", "other", "main"),
    ]


def test_a_hundred_repositories_are_asked_in_one_question() -> None:
    service = FakeService({f"lsst/p{number}/{TICKET}": [number] for number in range(150)})
    found = find_pull_requests([branch(f"p{number}") for number in range(150)], service)
    assert [one.pr_number for one in found] == list(range(150))
    assert len(service.questions) == 2


def test_further_pages_are_asked_for() -> None:
    service = FakeService({f"lsst/afw/{TICKET}": [5, 1, 3], f"lsst/base/{TICKET}": [2]})
    found = find_pull_requests([branch("afw"), branch("base")], service)
    assert [(one.repo, one.pr_number) for one in found] == [("afw", 1), ("afw", 3), ("afw", 5), ("base", 2)]
    assert len(service.questions) == 2


def test_repositories_that_are_not_there_have_no_pull_requests() -> None:
    assert find_pull_requests([branch("gone")], FakeService({})) == ()


def test_an_answer_of_another_form_is_corrupt() -> None:
    class Odd(FakeService):
        def graphql(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
            del query, variables
            return {"r0": {"pullRequests": {"nodes": [{}]}}}

    with pytest.raises(CorruptError, match="in another form"):
        find_pull_requests([branch("afw")], Odd({}))


def test_pull_requests_are_written_as_the_peer_writes_them() -> None:
    found = find_pull_requests([branch("afw")], FakeService({f"lsst/afw/{TICKET}": [7]}))
    assert format_pr_info(found) == INFO
    assert parse_pr_info(INFO, source="pr_info.json") == found
    assert json.loads(format_pr_info(())) == {"items": []}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"items": [{"x": 1}]}'])
def test_a_file_of_another_form_is_corrupt(text: str) -> None:
    with pytest.raises(CorruptError, match=r"`pr_info\.json` is no list"):
        parse_pr_info(text, source="pr_info.json")


def test_each_commit_is_told_once() -> None:
    one = parse_pr_info(INFO, source="test")[0]
    twin = OpenPullRequest(
        product_name="afw_old",
        owner=one.owner,
        repo=one.repo,
        pr_number=8,
        title="",
        head_ref=TICKET,
        sha="aa",
    )
    service = FakeService({})
    status = BuildStatus(state="pending", description="Build started", agent="linux_x86_64", target_url="u")
    assert post_statuses([one, twin], status, service) == 1
    assert service.posted == [
        (
            "/repos/lsst/afw/statuses/aa",
            {
                "state": "pending",
                "description": "Build started",
                "context": "Jenkins Build (linux_x86_64)",
                "target_url": "u",
            },
        )
    ]
