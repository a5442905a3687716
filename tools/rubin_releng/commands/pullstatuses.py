"""Pull requests of a build: found when it is prepared, told how it goes when it is built."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.core.errors import ToolkitError
from rubin_releng.core.secrets import read_secret
from rubin_releng.stack.pullrequests import (
    PR_INFO,
    BuildStatus,
    find_pull_requests,
    format_pr_info,
    head_branches,
    parse_pr_info,
    post_statuses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.adapters.githubapi import GitHubApi
    from rubin_releng.core.repositories import RepoIndex
    from rubin_releng.stack.preparations import PreparedProduct
    from rubin_releng.stack.pullrequests import OpenPullRequest

__all__ = ["ToldOutcome", "save_pull_requests", "tell_pull_requests", "telling_pull_requests"]

_GITHUB = "github.com"
_JENKINS = "https://ci.lsst.cloud"
_ACTIVITY = "/blue/organizations/jenkins/stack-os-matrix/activity"


def save_pull_requests(
    build_dir: Path, products: Sequence[PreparedProduct], index: RepoIndex, reporter: Reporter
) -> None:
    """Write down which open pull requests a build contains; trouble with GitHub is only told.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Gets ``pr_info.json``.
    products : `~collections.abc.Sequence` [ `PreparedProduct` ]
        The build.
    index : `~rubin_releng.core.repositories.RepoIndex`
        Knows each product's usual branch.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of what was found.
    """
    try:
        requests = _find(products, index, reporter)
    except ToolkitError as error:
        reporter.warn(f"pull requests were not looked for: {error}", hint=error.hint)
        requests = ()
    for one in requests:
        reporter.note(f"pull request {one.owner}/{one.repo}#{one.pr_number} is part of the build")
    path, text = build_dir / PR_INFO, format_pr_info(requests)
    if not path.is_file() or read_text(path) != text:
        write_atomic(path, text)


def _find(
    products: Sequence[PreparedProduct], index: RepoIndex, reporter: Reporter
) -> tuple[OpenPullRequest, ...]:
    if not any(_GITHUB in product.repository for product in products):
        return ()
    from rubin_releng.adapters.githubapi import repository_path  # noqa: PLC0415 - it is slow to load

    branches = head_branches(products, index, path=repository_path)
    if not branches:
        return ()
    service = _github(os.environ)
    if not service.has_token:
        reporter.note("pull requests were not looked for: `GITHUB_TOKEN` is not set")
        return ()
    return find_pull_requests(branches, service)


def tell_pull_requests(build_dir: Path, state: str, reporter: Reporter) -> int:
    """Tell the pull requests of a prepared build how it goes, each once; never fails.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Has ``pr_info.json`` if any were found.
    state : `str`
        ``pending``, ``success`` or ``failure``.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of trouble.

    Returns
    -------
    told : `int`
        How many commits; 0 without a token.
    """
    path = build_dir / PR_INFO
    try:
        requests = parse_pr_info(read_text(path), source=str(path)) if path.is_file() else ()
        service = _github(os.environ) if requests else None
        if service is None or not service.has_token:
            return 0
        return post_statuses(requests, _status(state, os.environ), service)
    except ToolkitError as error:
        reporter.warn(f"pull requests were not told of the build: {error}", hint=error.hint)
        return 0


class ToldOutcome:
    """How a build has ended so far: badly, until somebody says otherwise."""

    def __init__(self) -> None:
        self.succeeded = False


@contextmanager
def telling_pull_requests(build_dir: Path, reporter: Reporter) -> Iterator[ToldOutcome]:
    """Tell pull requests that a build has begun and, in the end, how it went, however it ends.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Has ``pr_info.json`` if any were found.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of trouble.

    Yields
    ------
    outcome : `ToldOutcome`
        To be told of success.
    """
    outcome = ToldOutcome()
    tell_pull_requests(build_dir, "pending", reporter)
    try:
        yield outcome
    finally:
        tell_pull_requests(build_dir, "success" if outcome.succeeded else "failure", reporter)


def _status(state: str, environ: Mapping[str, str]) -> BuildStatus:
    system = {"darwin": "macos"}.get(platform.system().lower(), platform.system().lower())
    agent = f"{system}_{platform.machine().lower()}"
    words = {"pending": "Build started", "success": "Build succeeded", "failure": "Build failed"}
    return BuildStatus(
        state=state,
        description=f"{words[state]} on {agent}",
        agent=agent,
        target_url=environ.get("RUN_DISPLAY_URL") or f"{environ.get('JENKINS_URL') or _JENKINS}{_ACTIVITY}",
    )


def _github(environ: Mapping[str, str]) -> GitHubApi:
    from rubin_releng.adapters.githubapi import (  # noqa: PLC0415 - it is slow to load
        GITHUB_URL,
        TOKEN_VARIABLES,
        GitHubApi,
    )

    return GitHubApi(environ.get("GITHUB_API_URL") or GITHUB_URL, read_secret(environ, TOKEN_VARIABLES))
