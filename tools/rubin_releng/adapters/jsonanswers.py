"""What web services that speak JSON answer, and how long one tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import DeniedError, UnavailableError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JsonAnswer", "Patience", "RefusedRequestError", "ServiceClosedError", "reason_in"]


class ServiceClosedError(UnavailableError):
    """A service that does not want to be asked for a while.

    Parameters
    ----------
    service : `str`
        Its name, for people.
    after_seconds : `float`
        How long it wants to be left alone.
    """

    def __init__(self, service: str, after_seconds: float) -> None:
        super().__init__(
            f"{service} answers no more requests for {max(1, round(after_seconds))} s",
            hint="run it again later; what is known already was kept",
        )
        self.after_seconds = after_seconds


class RefusedRequestError(DeniedError):
    """A request that a service does not accept.

    Parameters
    ----------
    message : `str`
        One sentence.
    status : `int`
        Of the answer.
    data : any
        Content of the answer as far as it is JSON.
    hint : `str`, optional
        What the user can do about it.
    """

    def __init__(self, message: str, *, status: int, data: object = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.data = data


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonAnswer:
    """A good answer.

    Parameters
    ----------
    url : `str`
        Where it came from in the end.
    headers : `~collections.abc.Mapping` [ `str`, `str` ]
        By name in lower case.
    data : any
        The content.
    """

    url: str
    headers: Mapping[str, str]
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to try.

    Parameters
    ----------
    retries : `int`
        How often a request is made again that failed for a passing reason.
    timeout_seconds : `float`
        To connect, and for the next bytes.
    total_seconds : `float`
        For a whole answer.
    longest_pause_seconds : `float`
        A service that wants to be left alone for longer is left alone for
        good.
    first_pause_seconds : `float`
        Before the first repetition; doubled each time.
    largest_bytes : `int`
        No answer is longer.
    """

    retries: int = 3
    timeout_seconds: float = 20.0
    total_seconds: float = 120.0
    longest_pause_seconds: float = 0.0
    first_pause_seconds: float = 0.5
    largest_bytes: int = 64 << 20


def reason_in(content: object) -> str:
    """Take what GitHub and Jira say of a refusal.

    Parameters
    ----------
    content : any
        Of the answer.

    Returns
    -------
    reason : `str`
        Empty if there is none.
    """
    if not isinstance(content, dict):
        return ""
    words = [content.get("message"), *_as_list(content.get("errorMessages"))]
    return shown("; ".join(word for word in words if isinstance(word, str)))


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
