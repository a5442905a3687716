"""What repositories of actions have released, as GitHub tells."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.adapters.githubapi import GitHubApi

__all__ = ["GitHubReleases"]

_VERSION = re.compile(r"v?\d+(?:\.\d+)*")
_RECENT = 50
_SHA = re.compile(r"[0-9a-f]{40}")
# A tag may lead to a tag, and so on; more than one is a mistake of somebody's.
_MOST_TAGS = 5


class GitHubReleases:
    """Releases of any repository.

    Parameters
    ----------
    api : `GitHubApi`
        GitHub.
    """

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    def versions(self, repository: str, *, before: datetime) -> tuple[str, ...]:
        """List full releases that are old enough.

        Parameters
        ----------
        repository : `str`
            Owner, slash, name.
        before : `~datetime.datetime`
            Those published later are left out.

        Returns
        -------
        versions : `tuple` [ `str`, ... ]
            Tags that are versions, the newest releases first.

        Raises
        ------
        UnavailableError
            Raised if GitHub does not answer.
        CorruptError
            Raised if it answers with something else.
        """
        answer = self._api.get(f"/repos/{repository}/releases?per_page={_RECENT}")
        if not isinstance(answer, list):
            raise CorruptError(f"GitHub's releases of `{repository}` are no list")
        return tuple(_versions(answer, before))

    def commit(self, repository: str, version: str) -> str:
        """Find the commit that a tag leads to.

        Parameters
        ----------
        repository : `str`
            Owner, slash, name.
        version : `str`
            The tag, which may have a message of its own.

        Returns
        -------
        sha : `str`
            40 hexadecimal digits.

        Raises
        ------
        UnavailableError
            Raised if GitHub does not answer.
        CorruptError
            Raised if it answers with something else.
        """
        target = _target(self._api.get(f"/repos/{repository}/git/ref/tags/{quote(version)}"))
        for _ in range(_MOST_TAGS):
            if target is None or target[0] != "tag":
                break
            target = _target(self._api.get(f"/repos/{repository}/git/tags/{target[1]}"))
        if target is None or target[0] != "commit":
            raise CorruptError(f"GitHub's tag `{version}` of `{repository}` leads to no commit")
        return target[1]


def _versions(releases: list[Any], before: datetime) -> Iterator[str]:
    for one in releases:
        match one:
            case {"tag_name": str(tag), "published_at": str(at), "draft": False, "prerelease": False}:
                if _VERSION.fullmatch(tag) and _time(at) <= before:
                    yield tag
            case _:
                continue


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise CorruptError(f"GitHub published a release at `{text}`") from error


def _target(answer: Any) -> tuple[str, str] | None:
    match answer:
        case {"object": {"type": str(kind), "sha": str(sha)}} if _SHA.fullmatch(sha):
            return kind, sha
        case _:
            return None
