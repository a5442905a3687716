"""Jira's search: many tickets at once, some of which may not exist or not be shown."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lsstinstall.core.errors import CorruptError, InvalidNameError, UnavailableError
from rubin_releng.adapters.jsonanswers import Patience, RefusedRequestError
from rubin_releng.adapters.jsonservices import JsonService
from rubin_releng.core.issues import NOT_SHOWN, Issue, IssueSource, clean_title
from rubin_releng.core.secrets import Secret
from rubin_releng.core.tickets import Ticket, parse_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

__all__ = ["JIRA_URL", "TOKEN_VARIABLES", "USER_VARIABLES", "JiraSearch"]

JIRA_URL = "https://rubinobs.atlassian.net"
"""Rubin's Jira."""

TOKEN_VARIABLES = ("JIRA_TOKEN", "JIRA_API_TOKEN")
"""Where a token may come from."""

USER_VARIABLES = ("JIRA_USER", "JIRA_EMAIL")
"""Whose token it is; Atlassian's own cloud wants to know."""

_BATCH = 100
_MOST_PAGES = 200
_MOST_REFUSALS = 64
_BAD_REQUEST = 400
_PATH = "/rest/api/3/search/jql"
_KEY = re.compile(r"\b[A-Z][A-Z0-9]*-[0-9]+\b")


class JiraSearch:
    """Looks tickets up in Jira.

    Parameters
    ----------
    base_url : `str`, optional
        Of Jira; ``https`` unless it is on this machine.
    token : `Secret`, optional
        Without one only what everybody may read is found.
    user : `str`, optional
        Whose token it is; then it is sent as a password.
    patience : `Patience`, optional
        How long to try.
    pause, now : `~collections.abc.Callable`, optional
        Waits the given seconds; seconds since 1970.
    """

    def __init__(
        self,
        base_url: str = JIRA_URL,
        token: Secret | None = None,
        *,
        user: str | None = None,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        scheme = "Bearer"
        if token is not None and user is not None:
            scheme = "Basic"
            token = Secret(value=base64.b64encode(f"{user}:{token.value}".encode()).decode("ascii"))
        self._service = JsonService(
            "Jira",
            base_url,
            token=token,
            scheme=scheme,
            headers={"Accept": "application/json"},
            patience=patience or Patience(longest_pause_seconds=60.0),
            pause=pause,
            now=now,
        )

    def __repr__(self) -> str:
        return f"JiraSearch({self._service.url!r})"

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._service.sent

    def look_up(self, keys: Collection[Ticket], today: date) -> Iterator[dict[Ticket, Issue]]:
        """Look tickets up, a batch at a time.

        Parameters
        ----------
        keys : `~collections.abc.Collection` [ `Ticket` ]
            Any tickets.
        today : `~datetime.date`
            Recorded in what is found.

        Yields
        ------
        issues : `dict` [ `Ticket`, `Issue` ]
            One for each ticket of a batch; without a title if Jira shows
            none.

        Raises
        ------
        ToolkitError
            Raised if Jira fails; what it told before was yielded.
        """
        search = _Search(self._service, today)
        ordered = sorted(set(keys))
        for start in range(0, len(ordered), _BATCH):
            yield from search.batch(ordered[start : start + _BATCH])


class _Search:
    """One run of searches; counts how often Jira refused in a row."""

    def __init__(self, service: JsonService, today: date) -> None:
        self._service = service
        self._today = today
        self._refusals = 0

    def batch(self, keys: Sequence[Ticket]) -> Iterator[dict[Ticket, Issue]]:
        """Look some tickets up; a bad key among them spoils the others, so that they are split."""
        if not keys:
            return
        try:
            found = self._pages(keys)
        except RefusedRequestError as error:
            if error.status != _BAD_REQUEST:
                raise
            self._refusals += 1
            if self._refusals > _MOST_REFUSALS:
                raise UnavailableError(f"Jira refuses every search: {error}") from error
            yield from self._split(keys, error)
            return
        self._refusals = 0
        asked = frozenset(keys)
        yield {key: found[key] for key in keys if key in found}
        strangers = [issue for key, issue in found.items() if key not in asked]
        yield from self._missing([key for key in keys if key not in found], strangers)

    def _split(self, keys: Sequence[Ticket], error: RefusedRequestError) -> Iterator[dict[Ticket, Issue]]:
        named = _named_keys(error.data)
        bad = [key for key in keys if key in named] or list(keys if len(keys) == 1 else ())
        if bad:
            yield {key: self._hidden(key) for key in bad}
            yield from self.batch([key for key in keys if key not in bad])
            return
        middle = len(keys) // 2
        yield from self.batch(keys[:middle])
        yield from self.batch(keys[middle:])

    def _missing(self, keys: Sequence[Ticket], strangers: Sequence[Issue]) -> Iterator[dict[Ticket, Issue]]:
        """Tell tickets that were moved, and come under another key, from those that nobody shows."""
        if not strangers:
            yield {key: self._hidden(key) for key in keys}
        elif len(keys) == 1:
            yield {keys[0]: replace(strangers[0], key=keys[0])}
        else:
            for key in keys:
                yield from self.batch([key])

    def _hidden(self, key: Ticket) -> Issue:
        return Issue(key=key, reason=NOT_SHOWN, checked=self._today)

    def _pages(self, keys: Sequence[Ticket]) -> dict[Ticket, Issue]:
        found: dict[Ticket, Issue] = {}
        query = {
            "jql": f"key in ({', '.join(map(str, keys))})",
            "fields": "summary,status",
            "maxResults": str(_BATCH),
        }
        for _ in range(_MOST_PAGES):
            page = self._service.ask("GET", f"{_PATH}?{urlencode(query)}").data
            if not isinstance(page, dict) or not isinstance(page.get("issues"), list):
                raise CorruptError("Jira answers a search without a list of `issues`")
            for item in page["issues"]:
                issue = self._read(item)
                found[issue.key] = issue
            token = page.get("nextPageToken")
            if page.get("isLast", not token) or not token or token == query.get("nextPageToken"):
                return found
            query["nextPageToken"] = str(token)
        raise CorruptError("Jira's answer to a search has no end")

    def _read(self, item: object) -> Issue:
        fields = item.get("fields") if isinstance(item, dict) else None
        try:
            key = parse_ticket(str(item["key"])) if isinstance(item, dict) else None
        except (KeyError, InvalidNameError):
            key = None
        if key is None or not isinstance(fields, dict):
            raise CorruptError("Jira answers a search with an issue that has no `key` or no `fields`")
        title, status = fields.get("summary"), fields.get("status")
        name = status.get("name") if isinstance(status, dict) else None
        text = clean_title(title) if isinstance(title, str) else ""
        return Issue(
            key=key,
            title=text or None,
            status=clean_title(name) if isinstance(name, str) else None,
            source=IssueSource.JIRA if text else IssueSource.NOBODY,
            reason=None if text else NOT_SHOWN,
            checked=self._today,
        )


def _named_keys(data: object) -> frozenset[Ticket]:
    """Find the keys that a refusal complains about."""
    messages = data.get("errorMessages") if isinstance(data, dict) else None
    texts = [text for text in messages if isinstance(text, str)] if isinstance(messages, list) else []
    return frozenset(parse_ticket(key) for text in texts for key in _KEY.findall(text))
