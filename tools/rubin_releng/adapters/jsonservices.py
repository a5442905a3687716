"""Web services that speak JSON: one place for time limits, pauses and refusals.

Answers are limited in size and time. Only ``https`` is spoken, save with this
machine itself. A login in ``~/.netrc`` is not used: what opens a service is
given by the caller.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from lsstinstall.adapters.webaccess import open_session
from lsstinstall.adapters.webanswers import reason_of
from lsstinstall.core.accesses import split_address
from lsstinstall.core.errors import (
    ConfigurationError,
    CorruptError,
    NotFoundError,
    UnavailableError,
    shown,
)
from rubin_releng.adapters.jsonanswers import (
    JsonAnswer,
    Patience,
    RefusedRequestError,
    ServiceClosedError,
    reason_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rubin_releng.core.secrets import Secret

__all__ = ["JsonService"]

_log = logging.getLogger(__name__)

_CONNECTIONS = 8
# Whoever does not even answer the door is not at home.
_CONNECT_SECONDS = 5.0
_CHUNK = 1 << 16
_MOST_REDIRECTS = 5

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOVED = frozenset({301, 302, 303, 307, 308})
_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_PASSING = frozenset({408, 425, 500, 502, 503, 504})


@dataclass(slots=True)
class _State:
    """Shared by all threads that ask."""

    closed_until: float = 0.0
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Bearer(AuthBase):
    """Sends a token, or nothing; either way `requests` looks into no ``netrc``."""

    def __init__(self, token: Secret | None, scheme: str) -> None:
        self._token = token
        self._scheme = scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"{self._scheme} {self._token.value}"
        return request


class _PassingError(Exception):
    """A failure that another attempt may not meet."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.sent = sent


class JsonService:
    """One service; may be used by several threads.

    Parameters
    ----------
    name : `str`
        For people.
    base_url : `str`
        Without a final slash.
    token : `Secret`, optional
        What opens it.
    scheme : `str`, optional
        Word before the token.
    headers : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Of every request.
    patience : `Patience`, optional
        How long to try.
    pause : `~collections.abc.Callable`, optional
        Waits the given seconds.
    now : `~collections.abc.Callable`, optional
        Seconds since 1970.

    Raises
    ------
    ConfigurationError
        Raised if the address is none, or not ``https``.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        token: Secret | None = None,
        scheme: str = "Bearer",
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/")
        _check_address(self._base)
        self._auth = _Bearer(token, scheme)
        self._headers = dict(headers or {})
        self._patience = patience or Patience()
        self._pause = pause
        self._now = now
        self._state = _State()
        self._session = open_session(connections=_CONNECTIONS)

    @property
    def url(self) -> str:
        """Address of the service, without a final slash."""
        return self._base

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._state.sent

    def ask(self, method: str, path: str, body: object = None, *, repeatable: bool = True) -> JsonAnswer:
        """Send a request until there is an answer, or no hope of one.

        Parameters
        ----------
        method : `str`
            ``GET``, ``POST`` and so on.
        path : `str`
            Below the service's address, with a slash in front, or a whole
            address of the same server.
        body : any, optional
            Sent as JSON.
        repeatable : `bool`, optional
            Whether it may be sent again when nobody knows what became of it.

        Returns
        -------
        answer : `JsonAnswer`
            Its status is a good one.

        Raises
        ------
        ServiceClosedError
            Raised if the service wants to be left alone; then nothing more is
            sent until its time is over.
        NotFoundError
            Raised if there is no such thing.
        RefusedRequestError
            Raised if the service does not accept the request.
        UnavailableError
            Raised if the service does not answer.
        CorruptError
            Raised if the answer is not JSON, or leads to another server.
        """
        url = path if "://" in path else f"{self._base}{path}"
        if not _same_server(url, self._base):
            raise CorruptError(f"{self.name} leads to another server, <{url}>")
        for number in range(self._patience.retries + 1):
            self._check_open()
            try:
                return self._follow(method, url, body)
            except ServiceClosedError as error:
                self._wait_for(error, number)
            except _PassingError as error:
                if number == self._patience.retries or (error.sent and not repeatable):
                    raise UnavailableError(
                        f"cannot reach {self.name} at <{self._base}>: {error}",
                        hint="check the network and the address",
                    ) from error
                self._pause(self._backoff(number))
        raise AssertionError  # the last round returns or raises

    def close_for(self, seconds: float) -> None:
        """Send nothing more for a while.

        Parameters
        ----------
        seconds : `float`
            How long.
        """
        with self._state.lock:
            self._state.closed_until = max(self._state.closed_until, self._now() + seconds)

    def _check_open(self) -> None:
        left = self._state.closed_until - self._now()
        if left > 0:
            raise ServiceClosedError(self.name, left)

    def _wait_for(self, error: ServiceClosedError, number: int) -> None:
        if number == self._patience.retries or error.after_seconds > self._patience.longest_pause_seconds:
            self.close_for(error.after_seconds)
            raise error
        self._pause(error.after_seconds + self._backoff(0))

    def _backoff(self, number: int) -> float:
        # Many clients that failed together should not come back together.
        longest = self._patience.first_pause_seconds * float(2**number)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    def _follow(self, method: str, url: str, body: object) -> JsonAnswer:
        for _ in range(_MOST_REDIRECTS):
            response, data = self._send(method, url, body)
            if response.status_code not in _MOVED:
                return self._judge(url, response, data)
            url = urljoin(url, response.headers.get("Location", ""))
            if not _same_server(url, self._base):
                raise CorruptError(f"{self.name} leads to another server, <{url}>")
        raise CorruptError(f"{self.name} leads in a circle, <{url}>")

    def _send(self, method: str, url: str, body: object) -> tuple[requests.Response, bytes]:
        _log.debug("%s <%s>", method, url)
        with self._state.lock:
            self._state.sent += 1
        wait = self._patience.timeout_seconds
        try:
            with self._session.request(
                method,
                url,
                json=body,
                headers=self._headers,
                auth=self._auth,
                timeout=(min(_CONNECT_SECONDS, wait), wait),
                stream=True,
                allow_redirects=False,
            ) as response:
                return response, self._read(response)
        except requests.ConnectTimeout as error:
            raise _PassingError(reason_of(error), sent=False) from error
        except requests.RequestException as error:
            raise _PassingError(reason_of(error)) from error

    def _read(self, response: requests.Response) -> bytes:
        end = time.monotonic() + self._patience.total_seconds
        data = bytearray()
        for chunk in response.iter_content(_CHUNK):
            data += chunk
            if len(data) > self._patience.largest_bytes:
                raise CorruptError(f"{self.name} answers with more than {self._patience.largest_bytes} bytes")
            if time.monotonic() > end:
                raise _PassingError("the answer comes too slowly")
        return bytes(data)

    def _judge(self, url: str, response: requests.Response, data: bytes) -> JsonAnswer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        status = response.status_code
        seconds = self._closing_seconds(status, headers)
        if status < HTTPStatus.BAD_REQUEST:
            if seconds is not None:
                self.close_for(seconds)
            return JsonAnswer(url=url, headers=headers, data=self._parse(data) if data else None)
        if seconds is not None and (status in _LIMITED or status in _PASSING):
            raise ServiceClosedError(self.name, seconds)
        if status in _PASSING:
            raise _PassingError(f"the server answered {status} {response.reason}".rstrip())
        raise self._refusal(url, response, data)

    def _closing_seconds(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Read how long to send nothing more; `None` if the service says nothing of that kind."""
        after = headers.get("retry-after", "")
        if status >= HTTPStatus.BAD_REQUEST and after.isdigit():
            return float(after)
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(0.0, float(reset) - self._now())
        return 60.0 if status == HTTPStatus.TOO_MANY_REQUESTS else None

    def _refusal(self, url: str, response: requests.Response, data: bytes) -> Exception:
        status = response.status_code
        try:
            content = json.loads(data)
        except ValueError:
            content = None
        reason = reason_in(content) or response.reason or ""
        told = f"{self.name} answered {status}{f': {reason}' if reason else ''}"
        if status in _GONE:
            return NotFoundError(f"there is no <{url}>: {told}")
        hint = None
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            hint = "check the token in the environment, and what it may do"
        return RefusedRequestError(told, status=status, data=content, hint=hint)

    def _parse(self, data: bytes) -> object:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise CorruptError(
                f"the answer of {self.name} is not JSON: `{shown(data[:40].decode('latin-1'))}`",
                hint="something on the way, such as a login page, answers instead",
            ) from error


def _check_address(url: str) -> None:
    parts = split_address(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ConfigurationError(f"<{url}> is not safe for a token", hint="write `https://server`")


def _same_server(url: str, other: str) -> bool:
    first, second = urlsplit(url), urlsplit(other)
    return (first.scheme, first.netloc) == (second.scheme, second.netloc)
