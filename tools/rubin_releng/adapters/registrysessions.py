"""Requests to a registry: logins, repetitions, redirects. What opens it is never shown."""

from __future__ import annotations

import base64
import logging
import random
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests.auth import AuthBase

from lsstinstall.adapters.webaccess import open_session
from lsstinstall.adapters.webanswers import PassingError, reason_of, retry_after_seconds
from lsstinstall.core.errors import CorruptError, DeniedError, NotFoundError, UnavailableError, shown
from rubin_releng.core.imagereferences import is_loopback
from rubin_releng.core.registrychallenges import parse_challenges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rubin_releng.core.registrychallenges import Challenge
    from rubin_releng.core.registrylogins import Login

__all__ = ["RegistryPatience", "RegistrySession"]

_log = logging.getLogger(__name__)

_CONNECTIONS = 8
_MOST_REDIRECTS = 5
_LARGEST_ANSWER_BYTES = 32 << 20
_MOVED = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
# A token of a registry is a word; anything else would be quoted by the library that refuses it.
_USABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPatience:
    """How long to try.

    Parameters
    ----------
    retries : `int`
        How often in a row something may fail that may pass.
    timeout_seconds : `float`
        To connect, and for the next bytes.
    first_pause_seconds : `float`
        Before the first repetition; doubled each time.
    longest_pause_seconds : `float`
        A server that wants to be left alone for longer is given up.
    piece_bytes : `int`
        Larger blobs are uploaded in pieces of this size.
    """

    retries: int = 5
    timeout_seconds: float = 60.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 120.0
    piece_bytes: int = 64 << 20


class _Header(AuthBase):
    """Sends what it is given, or nothing; either way `requests` looks into no ``netrc``."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request


class RegistrySession:
    """Requests to one server; may be used by several threads.

    Parameters
    ----------
    server : `str`
        Host and possible port. Plain HTTP is spoken with this machine only.
    login : `Login`, optional
        What opens it.
    patience : `RegistryPatience`, optional
        How long to try.
    pause : `~collections.abc.Callable`, optional
        Waits the given seconds.
    """

    def __init__(
        self,
        server: str,
        *,
        login: Login | None = None,
        patience: RegistryPatience | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server = server
        self.url = f"{'http' if is_loopback(server) else 'https'}://{server}"
        self.patience = patience or RegistryPatience()
        self._login = login
        self._pause = pause
        self._session = open_session(connections=_CONNECTIONS)
        self._headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"RegistrySession({self.server!r})"

    def ask(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        data: Callable[[], Iterable[bytes] | bytes] | None = None,
        good: frozenset[int] = frozenset({200}),
    ) -> requests.Response:
        """Send a request until there is an answer, or no hope of one.

        Parameters
        ----------
        method : `str`
            ``GET`` and so on.
        url : `str`
            Whole, or below the server.
        scope : `str`
            What a token must be good for.
        headers : `~collections.abc.Mapping` [ `str`, `str` ], optional
            Of the request.
        data : `~collections.abc.Callable`, optional
            Makes its content, anew for every attempt.
        good : `frozenset` [ `int` ], optional
            States that the caller understands.

        Returns
        -------
        response : `requests.Response`
            With its content.

        Raises
        ------
        UnavailableError
            Raised if the server does not answer.
        DeniedError
            Raised if it refuses.
        NotFoundError
            Raised if there is no such thing.
        CorruptError
            Raised if it leads in a circle or to an unsafe address.
        """
        for number in range(self.patience.retries + 1):
            try:
                response = self.send(method, url, scope=scope, headers=headers, data=data, good=good)
                with response:
                    self._load(response)
            except PassingError as error:
                self.wait(error, number)
            else:
                return response
        raise AssertionError  # the last round returns or raises

    def send(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        data: Callable[[], Iterable[bytes] | bytes] | None = None,
        good: frozenset[int] = frozenset({200}),
    ) -> requests.Response:
        """Send a request once; its content is still to be read.

        Parameters
        ----------
        method, url, scope, headers, data, good
            As for `ask`.

        Returns
        -------
        response : `requests.Response`
            Its status is among the good ones.

        Raises
        ------
        PassingError
            Raised if another attempt may succeed.
        ToolkitError
            Raised as by `ask`.
        """
        used = self._headers.get(scope)
        response = self._follow(method, url, used, headers or {}, data)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            with response:
                value = self._open(response, scope)
            if value == used:
                raise self._no_access()
            self._headers[scope] = value
            response = self._follow(method, url, value, headers or {}, data)
        if response.status_code in good:
            return response
        with response:
            raise self._refusal(method, response)

    def wait(self, error: PassingError, number: int) -> None:
        """Wait before another attempt.

        Parameters
        ----------
        error : `PassingError`
            Why the last one failed.
        number : `int`
            How many failed in a row before it.

        Raises
        ------
        UnavailableError
            Raised if it was the last.
        """
        too_long = error.after_seconds > self.patience.longest_pause_seconds
        if number >= self.patience.retries or too_long:
            wish = f", and not to be asked for {error.after_seconds:.0f} s" if too_long else ""
            name = f"the registry `{self.server}`"
            told = str(error) if str(error).startswith(name) else f"{name} cannot be reached: {error}"
            raise UnavailableError(
                f"{told}{wish}",
                hint="run it again later: what is there already is not sent again",
            ) from error
        # Many clients that failed together should not come back together.
        backoff = self.patience.first_pause_seconds * 2.0**number * random.uniform(0.5, 1.0)  # noqa: S311
        self._pause(max(error.after_seconds, backoff))

    def _follow(
        self,
        method: str,
        url: str,
        authorization: str | None,
        headers: Mapping[str, str],
        data: Callable[[], Iterable[bytes] | bytes] | None,
    ) -> requests.Response:
        address = urljoin(f"{self.url}/", url)
        for _ in range(_MOST_REDIRECTS):
            self._refuse_unsafe(address)
            is_ours = urlsplit(address).netloc == self.server
            auth = _Header(authorization if is_ours else None)
            response = self._request(method, address, auth, headers, data)
            if response.status_code not in _MOVED or "Location" not in response.headers:
                return response
            response.close()
            address = urljoin(address, response.headers["Location"])
        raise CorruptError(f"the registry `{self.server}` leads in a circle")

    def _request(
        self,
        method: str,
        address: str,
        auth: AuthBase,
        headers: Mapping[str, str],
        data: Callable[[], Iterable[bytes] | bytes] | None,
    ) -> requests.Response:
        # Queries may hold signatures.
        _log.debug("%s <%s>", method, address.partition("?")[0])
        try:
            return self._session.request(
                method,
                address,
                headers=dict(headers),
                data=None if data is None else data(),
                auth=auth,
                timeout=self.patience.timeout_seconds,
                stream=True,
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise PassingError(reason_of(error)) from error
        except requests.RequestException as error:
            raise UnavailableError(f"the registry `{self.server}` cannot be asked: {error}") from error

    def _refuse_unsafe(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)):
            return
        raise CorruptError(
            f"the registry `{self.server}` leads to <{address.partition('?')[0]}>, which is not safe",
            hint="only `https` is spoken, save with this machine",
        )

    def _open(self, response: requests.Response, scope: str) -> str:
        """Answer a challenge with what is to be sent from now on."""
        header = response.headers.get("WWW-Authenticate", "")
        challenges = {one.scheme: one for one in parse_challenges(header)}
        if "bearer" in challenges:
            return f"Bearer {self._fetch_token(challenges['bearer'], scope)}"
        if "basic" in challenges and self._login is not None and not self._login.is_token:
            return _basic(self._login)
        raise self._no_access()

    def _fetch_token(self, challenge: Challenge, scope: str) -> str:
        realm = challenge.parameters.get("realm", "")
        self._refuse_unsafe(realm)
        values = {"scope": scope, "client_id": "lsstinstall"}
        if "service" in challenge.parameters:
            values["service"] = challenge.parameters["service"]
        for number in range(self.patience.retries + 1):
            try:
                with self._ask_for_token(realm, values) as response:
                    self._load(response)
                    if response.status_code != HTTPStatus.OK:
                        raise self._refusal("GET", response)
                    return self._read_token(response)
            except PassingError as error:
                self.wait(error, number)
        raise AssertionError  # the last round returns or raises

    def _ask_for_token(self, realm: str, values: dict[str, str]) -> requests.Response:
        login = self._login
        # `requests` follows no redirect here, so a login goes where the registry said and nowhere else.
        auth = _Header(None if login is None or login.is_token else _basic(login))
        if login is None or not login.is_token:
            query = f"{'&' if '?' in realm else '?'}{urlencode(values)}"
            return self._request("GET", f"{realm}{query}", auth, {}, None)
        form = {**values, "grant_type": "refresh_token", "refresh_token": login.password.value}
        body = urlencode(form)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", realm, auth, kind, body.encode)

    def _read_token(self, response: requests.Response) -> str:
        try:
            content = response.json()
        except ValueError:
            content = None
        token = (content.get("token") or content.get("access_token")) if isinstance(content, dict) else None
        if not isinstance(token, str) or _USABLE.fullmatch(token) is None:
            raise CorruptError(f"the registry `{self.server}` gives a token that is none")
        return token

    def _load(self, response: requests.Response) -> None:
        """Read the content of an answer, which is small, so that `content` has it."""
        data = bytearray()
        try:
            for piece in response.iter_content(1 << 16):
                data += piece
                if len(data) > _LARGEST_ANSWER_BYTES:
                    raise CorruptError(f"the registry `{self.server}` answers with too much")
        except requests.RequestException as error:
            raise PassingError(reason_of(error)) from error
        response._content = bytes(data)  # noqa: SLF001

    def _refusal(self, method: str, response: requests.Response) -> Exception:
        status = response.status_code
        told = f"the registry `{self.server}` answered {status}{_reason(response)}"
        if status in _PASSING:
            return PassingError(told, after_seconds=retry_after_seconds(response))
        if status == HTTPStatus.UNAUTHORIZED:
            return self._no_access()
        if status == HTTPStatus.NOT_FOUND:
            path = urlsplit(response.url).path
            return NotFoundError(f"there is no `{path}`: {told}", hint="check the name and the tag")
        hint = "check that the login may do it" if status == HTTPStatus.FORBIDDEN else None
        return DeniedError(f"{told} to `{method}`", hint=hint)

    def _no_access(self) -> DeniedError:
        what = "does not accept the login" if self._login is not None else "wants a login"
        return DeniedError(
            f"the registry `{self.server}` {what}",
            hint="`podman login`, `docker login` or `skopeo login` writes one, to be found in"
            " `REGISTRY_AUTH_FILE` or `~/.docker/config.json`",
        )


def _basic(login: Login) -> str:
    return f"Basic {base64.b64encode(f'{login.user}:{login.password.value}'.encode()).decode()}"


def _reason(response: requests.Response) -> str:
    try:
        content = response.json()
    except (ValueError, requests.RequestException):
        return ""
    errors = content.get("errors") if isinstance(content, dict) else None
    words = [
        f"{one.get('code', '')}: {one.get('message', '')}".strip(": ")
        for one in (errors if isinstance(errors, list) else [])
        if isinstance(one, dict)
    ]
    return f" ({shown('; '.join(words))})" if words else ""
