"""Pages of repositories, pull requests and commits."""

from __future__ import annotations

import functools
import re

__all__ = ["commit_page", "comparison_page", "pull_request_page", "repository_page"]

# git@github.com:lsst/afw.git and ssh://git@github.com/lsst/afw
_SSH = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/](.+)")
# What needs no escaping in Markdown, RST and HTML; a login in front of the host is nobody's business.
_WEB = re.compile(r"(https?://)(?:[^/@\s]*@)?([A-Za-z0-9._~:/%+-]+)")


@functools.lru_cache(maxsize=1024)
def repository_page(repository: str | None) -> str | None:
    """Find the page of a repository.

    Parameters
    ----------
    repository : `str` or `None`
        URL to clone from, for the web or for SSH.

    Returns
    -------
    url : `str` or `None`
        `None` for a folder and for whatever else no browser should follow.
    """
    if repository is None:
        return None
    url = _SSH.sub(r"https://\1/\2", repository)
    match = _WEB.fullmatch(url)
    return None if match is None else "".join(match.groups()).rstrip("/").removesuffix(".git")


def pull_request_page(repository: str | None, number: int) -> str | None:
    """Find the page of a pull request.

    Parameters
    ----------
    repository : `str` or `None`
        URL to clone from.
    number : `int`
        Of the pull request.

    Returns
    -------
    url : `str` or `None`
        `None` if the repository has no page.
    """
    page = repository_page(repository)
    return None if page is None else f"{page}/pull/{number}"


def commit_page(repository: str | None, sha: str) -> str | None:
    """Find the page of a commit.

    Parameters
    ----------
    repository : `str` or `None`
        URL to clone from.
    sha : `str`
        Of the commit.

    Returns
    -------
    url : `str` or `None`
        `None` if the repository has no page.
    """
    page = repository_page(repository)
    return None if page is None else f"{page}/commit/{sha}"


def comparison_page(repository: str | None, start: str, end: str) -> str | None:
    """Find the page that shows all that lies between two commits.

    Parameters
    ----------
    repository : `str` or `None`
        URL to clone from.
    start, end : `str`
        Commits.

    Returns
    -------
    url : `str` or `None`
        `None` if the repository has no page.
    """
    page = repository_page(repository)
    return None if page is None else f"{page}/compare/{start}...{end}"
