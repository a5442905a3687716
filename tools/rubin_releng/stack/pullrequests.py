"""Pull requests that a build contains: found in one question, told once each how the build went."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lsstinstall.core.errors import CorruptError
from rubin_releng.core.refs import DEFAULT_BRANCH, RefKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from rubin_releng.core.repositories import RepoIndex
    from rubin_releng.stack.preparations import PreparedProduct

__all__ = [
    "PR_INFO",
    "BuildStatus",
    "HeadBranch",
    "OpenPullRequest",
    "PullRequestAsker",
    "StatusPoster",
    "find_pull_requests",
    "format_pr_info",
    "head_branches",
    "parse_pr_info",
    "post_statuses",
]

PR_INFO = "pr_info.json"
"""Name of the file in a build directory that holds the pull requests."""

_REPOSITORIES_PER_QUESTION = 100
_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBranch:
    """A branch that is built instead of the usual one.

    Parameters
    ----------
    product : `str`
        EUPS product.
    owner, repo : `str`
        Its repository at GitHub.
    branch : `str`
        The branch.
    """

    product: str
    owner: str
    repo: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPullRequest:
    """An open pull request whose branch is part of a build.

    Parameters
    ----------
    product_name : `str`
        EUPS product.
    owner, repo : `str`
        Its repository at GitHub.
    pr_number : `int`
        Number of the request.
    title : `str`
        Its title.
    head_ref : `str`
        Its branch.
    sha : `str`
        The newest commit of the branch.

    Notes
    -----
    Names and order are those of ``pr_info.json`` of lsst_build (2026).
    """

    product_name: str
    owner: str
    repo: str
    pr_number: int
    title: str
    head_ref: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStatus:
    """How a build goes, for the commits of pull requests.

    Parameters
    ----------
    state : `str`
        ``pending``, ``success``, ``failure`` or ``error``.
    description : `str`
        One sentence.
    agent : `str`
        The kind of machine, as ``linux_x86_64``; each has a status of its own.
    target_url : `str`
        Where more is to be read.
    """

    state: str
    description: str
    agent: str
    target_url: str


class PullRequestAsker(Protocol):
    """GitHub, to ask."""

    def graphql(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """Ask by GraphQL; what is not there is `None`."""


class StatusPoster(Protocol):
    """GitHub, to tell."""

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send an object to a path of the REST interface."""


def head_branches(
    products: Sequence[PreparedProduct], index: RepoIndex, *, path: Callable[[str], str | None]
) -> tuple[HeadBranch, ...]:
    """List the branches of a build that pull requests may be made of.

    Parameters
    ----------
    products : `~collections.abc.Sequence` [ `PreparedProduct` ]
        The build.
    index : `~rubin_releng.core.repositories.RepoIndex`
        Knows each product's usual branch.
    path : `~collections.abc.Callable`
        Names the repository of a URL at GitHub, owner, slash, name; `None`
        if it lies elsewhere.

    Returns
    -------
    branches : `tuple` [ `HeadBranch`, ... ]
        In the order of the build.
    """
    found = []
    for product in products:
        own = index.by_product[product.name].ref if product.name in index.by_product else None
        place = path(product.repository)
        if product.ref.kind is not RefKind.BRANCH or product.ref.name == (own or DEFAULT_BRANCH):
            continue
        if place is not None:
            owner, _, repo = place.partition("/")
            found.append(HeadBranch(product=product.name, owner=owner, repo=repo, branch=product.ref.name))
    return tuple(found)


def find_pull_requests(
    branches: Sequence[HeadBranch], service: PullRequestAsker
) -> tuple[OpenPullRequest, ...]:
    """Find the open pull requests of branches, a hundred repositories in one question.

    Parameters
    ----------
    branches : `~collections.abc.Sequence` [ `HeadBranch` ]
        From `head_branches`.
    service : `PullRequestAsker`
        GitHub.

    Returns
    -------
    requests : `tuple` [ `OpenPullRequest`, ... ]
        In the order of the branches, and by number.
    """
    found: dict[HeadBranch, list[OpenPullRequest]] = {branch: [] for branch in branches}
    asked: list[tuple[HeadBranch, str | None]] = [(branch, None) for branch in branches]
    while asked:
        now, asked = asked[:_REPOSITORIES_PER_QUESTION], asked[_REPOSITORIES_PER_QUESTION:]
        data = service.graphql(*_question(now))
        for number, (branch, _) in enumerate(now):
            connection = (data.get(f"r{number}") or {}).get("pullRequests")
            if connection is None:
                continue  # no such repository, or not for us
            requests, after = _read(connection, branch)
            found[branch] += requests
            asked += [] if after is None else [(branch, after)]
    return tuple(
        one for requests in found.values() for one in sorted(requests, key=lambda one: one.pr_number)
    )


def _question(asked: Sequence[tuple[HeadBranch, str | None]]) -> tuple[str, dict[str, object]]:
    declared, parts = [], []
    variables: dict[str, object] = {}
    for number, (branch, after) in enumerate(asked):
        names = {"o": branch.owner, "n": branch.repo, "h": branch.branch, "a": after}
        declared += [f"${key}{number}: String{'' if key == 'a' else '!'}" for key in names]
        variables |= {f"{key}{number}": value for key, value in names.items()}
        parts.append(
            f"r{number}: repository(owner: $o{number}, name: $n{number}) {{"
            f" pullRequests(states: OPEN, headRefName: $h{number}, first: {_PAGE}, after: $a{number},"
            " orderBy: {field: CREATED_AT, direction: ASC}) {"
            " nodes { number title headRefName headRefOid } pageInfo { hasNextPage endCursor } } }"
        )
    return f"query({', '.join(declared)}) {{ {' '.join(parts)} }}", variables


def _read(connection: Mapping[str, Any], branch: HeadBranch) -> tuple[list[OpenPullRequest], str | None]:
    try:
        requests = [
            OpenPullRequest(
                product_name=branch.product,
                owner=branch.owner,
                repo=branch.repo,
                pr_number=node["number"],
                title=node["title"],
                head_ref=node["headRefName"],
                sha=node["headRefOid"],
            )
            for node in connection["nodes"]
        ]
        page = connection["pageInfo"]
        return requests, page["endCursor"] if page["hasNextPage"] else None
    except (KeyError, TypeError) as error:
        raise CorruptError("GitHub lists pull requests in another form") from error


def format_pr_info(requests: Sequence[OpenPullRequest]) -> str:
    """Write pull requests as ``pr_info.json`` has them."""
    return json.dumps({"items": [asdict(one) for one in requests]}, indent=2, ensure_ascii=False)


def parse_pr_info(text: str, *, source: str) -> tuple[OpenPullRequest, ...]:
    """Read ``pr_info.json``.

    Parameters
    ----------
    text : `str`
        Its content.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    requests : `tuple` [ `OpenPullRequest`, ... ]
        In file order.

    Raises
    ------
    CorruptError
        Raised if it has another form.
    """
    try:
        return tuple(OpenPullRequest(**item) for item in json.loads(text)["items"])
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptError(
            f"`{source}` is no list of pull requests", hint="prepare the build again"
        ) from error


def post_statuses(requests: Collection[OpenPullRequest], status: BuildStatus, service: StatusPoster) -> int:
    """Tell pull requests how a build goes, each commit once.

    Parameters
    ----------
    requests : `~collections.abc.Collection` [ `OpenPullRequest` ]
        From `parse_pr_info`.
    status : `BuildStatus`
        The same for all of them.
    service : `StatusPoster`
        GitHub.

    Returns
    -------
    posted : `int`
        How many commits were told.
    """
    paths = dict.fromkeys(f"/repos/{one.owner}/{one.repo}/statuses/{one.sha}" for one in requests)
    body = {
        "state": status.state,
        "description": status.description,
        "context": f"Jenkins Build ({status.agent})",
        "target_url": status.target_url,
    }
    for path in paths:
        service.post(path, body)
    return len(paths)
