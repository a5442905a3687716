"""GitHub's two interfaces, GraphQL and REST."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lsstinstall.core.errors import CorruptError, shown
from rubin_releng.adapters.jsonanswers import RefusedRequestError, ServiceClosedError
from rubin_releng.adapters.jsonservices import JsonService

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rubin_releng.adapters.jsonanswers import Patience
    from rubin_releng.core.secrets import Secret

__all__ = ["GITHUB_URL", "TOKEN_VARIABLES", "GitHubApi", "repository_path"]

GITHUB_URL = "https://api.github.com"
"""Where the service is, unless something else is asked for."""

TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
"""Where a token may come from: the environment, and nothing else."""

_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_PAGE = 100
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
_MINUTE = 60.0

# git@github.com:lsst/afw.git, https://github.com/lsst/afw, https://github.com/lsst/afw.git/
_REPOSITORY = re.compile(r"(?:git@github\.com:|github\.com/)([\w.-]+)/([\w.-]+?)(?:\.git)?/?", re.IGNORECASE)


def repository_path(url: str) -> str | None:
    """Name a repository as GitHub does.

    Parameters
    ----------
    url : `str`
        Of its clone.

    Returns
    -------
    path : `str` or `None`
        Owner, slash, name; `None` if it lies elsewhere.
    """
    parts = urlsplit(url)
    text = f"{parts.hostname or ''}{parts.path}" if parts.scheme else url
    match = _REPOSITORY.fullmatch(text.removeprefix("www."))
    return f"{match[1]}/{match[2]}" if match else None


class GitHubApi:
    """GitHub; may be used by several threads.

    After a refusal for too many requests nothing more is sent until the time
    that GitHub names is over: each call then fails at once, so that a caller
    can go on with what it has.

    Parameters
    ----------
    base_url : `str`, optional
        Of the service; ``https`` unless it is on this machine.
    token : `Secret`, optional
        GraphQL needs one.
    patience : `Patience`, optional
        How long to try.
    pause, now : `~collections.abc.Callable`, optional
        Waits the given seconds; seconds since 1970.
    """

    def __init__(
        self,
        base_url: str = GITHUB_URL,
        token: Secret | None = None,
        *,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._service = JsonService(
            "GitHub", base_url, token=token, headers=_HEADERS, patience=patience, pause=pause, now=now
        )
        self._has_token = token is not None
        self._now = now

    def __repr__(self) -> str:
        return f"GitHubApi({self._service.url!r})"

    @property
    def has_token(self) -> bool:
        """Whether there is a token; without one GraphQL is not to be had."""
        return self._has_token

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._service.sent

    def graphql(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """Ask by GraphQL.

        Parameters
        ----------
        query : `str`
            The question; it changes nothing, for it may be sent twice.
        variables : `~collections.abc.Mapping` [ `str`, `object` ]
            Its values.

        Returns
        -------
        data : `dict`
            What is not there is `None` in it.

        Raises
        ------
        ServiceClosedError
            Raised if there were too many requests.
        RefusedRequestError
            Raised if GitHub does not answer the question.
        UnavailableError
            Raised if GitHub does not answer at all.
        CorruptError
            Raised if the answer has another form.
        """
        answer = self._service.ask("POST", "/graphql", {"query": query, "variables": dict(variables)})
        content = answer.data
        if not isinstance(content, dict):
            raise CorruptError("GitHub answers a question by GraphQL with something else")
        errors = [one for one in content.get("errors") or () if isinstance(one, dict)]
        kinds = {one.get("type") for one in errors}
        if "RATE_LIMITED" in kinds:
            seconds = self._seconds_to_reset(answer.headers)
            self._service.close_for(seconds)
            raise ServiceClosedError(self._service.name, seconds)
        data = content.get("data")
        if not isinstance(data, dict) or not kinds <= {"NOT_FOUND"}:
            told = "; ".join(str(one.get("message", "")) for one in errors) or "no data"
            raise RefusedRequestError(f"GitHub answered: {shown(told)}", status=200, data=content)
        return data

    def get(self, path: str) -> Any:
        """Read one thing.

        Parameters
        ----------
        path : `str`
            For example ``/repos/lsst/afw``.

        Returns
        -------
        data : any
            The content.

        Raises
        ------
        ToolkitError
            Raised as by `JsonService.ask`.
        """
        return self._service.ask("GET", path).data

    def get_all(self, path: str) -> list[Any]:
        """Read a list, page by page.

        Parameters
        ----------
        path : `str`
            For example ``/repos/lsst/afw/pulls?state=open``.

        Returns
        -------
        items : `list`
            All of them, in GitHub's order.

        Raises
        ------
        ToolkitError
            Raised as by `JsonService.ask`.
        CorruptError
            Raised if a page is no list.
        """
        items: list[Any] = []
        step: str | None = f"{path}{'&' if '?' in path else '?'}per_page={_PAGE}"
        seen = set()
        while step is not None and step not in seen:
            seen.add(step)
            answer = self._service.ask("GET", step)
            if not isinstance(answer.data, list):
                raise CorruptError(f"<{answer.url}> is no list")
            items.extend(answer.data)
            match = _NEXT.search(answer.headers.get("link", ""))
            step = match[1] if match else None
        return items

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Make something; it is not sent again when nobody knows what became of it.

        Parameters
        ----------
        path : `str`
            For example ``/repos/lsst/afw/pulls``.
        body : `~collections.abc.Mapping` [ `str`, `object` ]
            What it is to be.

        Returns
        -------
        data : any
            What GitHub made of it.

        Raises
        ------
        ToolkitError
            Raised as by `JsonService.ask`.
        """
        return self._service.ask("POST", path, dict(body), repeatable=False).data

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """Change something; sent twice it changes no more than once.

        Parameters
        ----------
        path : `str`
            For example ``/repos/lsst/afw/pulls/12``.
        body : `~collections.abc.Mapping` [ `str`, `object` ]
            What is to be otherwise.

        Returns
        -------
        data : any
            What GitHub made of it.

        Raises
        ------
        ToolkitError
            Raised as by `JsonService.ask`.
        """
        return self._service.ask("PATCH", path, dict(body)).data

    def _seconds_to_reset(self, headers: Mapping[str, str]) -> float:
        reset = headers.get("x-ratelimit-reset", "")
        return max(_MINUTE, float(reset) - self._now()) if reset.isdigit() else _MINUTE
