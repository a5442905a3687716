"""Requests to web servers, made again as long as their failure may pass."""

from __future__ import annotations

import logging
import random
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import requests

from lsstinstall.adapters.webaccess import open_session
from lsstinstall.adapters.webanswers import PassingError, reason_of, retry_after_seconds
from lsstinstall.core.errors import DeniedError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["WebRequests"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_CONNECTIONS = 16
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

_LOCKED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

_LOGIN = "if the server asks for a login, put that of the host into `~/.netrc`"

_LATER = "check the network and the address; the same command goes on where this stopped"

# They may pass; whatever else a server refuses it will refuse again.
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class WebRequests:
    """What sends requests; used by several threads at once.

    Parameters
    ----------
    retries : `int`
        How often a request is made again if it failed for a passing reason.
    timeout_seconds : `float`
        To connect, and for the next bytes.
    pause : `~collections.abc.Callable`
        Waits the given seconds between two attempts.
    """

    def __init__(self, *, retries: int, timeout_seconds: float, pause: Callable[[float], None]) -> None:
        self._retries = retries
        self._timeout = timeout_seconds
        self._pause = pause
        self._session = open_session(connections=_CONNECTIONS)

    def send(self, method: str, address: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Send one request.

        Parameters
        ----------
        method : `str`
            ``GET`` or ``HEAD``.
        address : `str`
            Quoted.
        headers : `~collections.abc.Mapping` [ `str`, `str` ], optional
            What is added to the usual ones.

        Returns
        -------
        response : `requests.Response`
            Its content was not read yet; the status is a good one, or says
            that there is no such range.

        Raises
        ------
        NotFoundError
            Raised if there is no such file.
        DeniedError
            Raised if the server does not give it.
        UnavailableError
            Raised if there is no way to the server.
        PassingError
            Raised if another attempt makes sense.
        """
        _log.debug("%s <%s> %s", method, address, headers or "")
        try:
            response = self._session.request(
                method, address, headers=headers, timeout=self._timeout, stream=True, allow_redirects=True
            )
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise PassingError(reason_of(error)) from error
        except requests.RequestException as error:
            raise UnavailableError(f"cannot fetch <{address}>: {reason_of(error)}") from error
        if not response.ok and response.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            response.close()
            raise _refusal(response, address)
        return response

    def persist(self, address: str, attempt: Callable[[], T]) -> T:
        """Do something until it succeeds, or fails for good.

        Parameters
        ----------
        address : `str`
            What it is about.
        attempt : `~collections.abc.Callable`
            Raises `PassingError` if another attempt makes sense.

        Returns
        -------
        result : any
            Of the first attempt that succeeds.

        Raises
        ------
        UnavailableError
            Raised if none does.
        """
        for number in range(self._retries + 1):
            try:
                return attempt()
            except PassingError as error:
                self.wait(address, number, error)
        raise AssertionError  # the last round returns or raises

    def wait(self, address: str, number: int, error: PassingError) -> None:
        """Pause after a failure, or give up.

        Parameters
        ----------
        address : `str`
            What failed.
        number : `int`
            How many failures without progress came before this one.
        error : `PassingError`
            The failure.

        Raises
        ------
        UnavailableError
            Raised if it is to be given up; `DeniedError` if it was the
            server's own word.
        """
        if number == self._retries:
            times = f" in {number + 1} attempts" if number else ""
            kind = DeniedError if error.answered else UnavailableError
            raise kind(f"cannot fetch <{address}>{times}: {error}", hint=_LATER) from error
        longest = _FIRST_PAUSE_SECONDS * 2**number
        # Many clients that failed together should not come back together.
        pause = max(error.after_seconds, longest * random.uniform(0.5, 1.0))  # noqa: S311
        _log.debug("again in %.1f s: <%s>: %s", pause, address, error)
        self._pause(min(pause, _LONGEST_PAUSE_SECONDS))


def _refusal(response: requests.Response, address: str) -> Exception:
    status = response.status_code
    if status in _GONE:
        return NotFoundError(f"there is no <{address}>")
    reason = f"the server answered {status} {response.reason}".rstrip()
    if status in _PASSING:
        return PassingError(reason, after_seconds=retry_after_seconds(response), answered=True)
    return DeniedError(f"cannot fetch <{address}>: {reason}", hint=_LOGIN if status in _LOCKED else None)
