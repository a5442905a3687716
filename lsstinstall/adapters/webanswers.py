"""What answers of web servers say: how long they are, which part they hold, why they failed."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "PassingError",
    "check_range",
    "file_mark",
    "iterate_chunks",
    "length_bytes",
    "reason_of",
    "retry_after_seconds",
    "starts_at",
]

_CHUNK = 1 << 18


class PassingError(Exception):
    """A failure that may not happen again.

    Parameters
    ----------
    reason : `str`
        A few words, for a message.
    after_seconds : `float`, optional
        How long the server wants to be left alone.
    answered : `bool`, optional
        Whether a server is there, and it said so itself.
    """

    def __init__(self, reason: str, *, after_seconds: float = 0.0, answered: bool = False) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds
        self.answered = answered


def length_bytes(response: requests.Response) -> int | None:
    """Read how long the content of an answer is.

    Parameters
    ----------
    response : `requests.Response`
        The answer.

    Returns
    -------
    length_bytes : `int` or `None`
        `None` if the server does not tell.
    """
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def retry_after_seconds(response: requests.Response) -> float:
    """Read how long a busy server wants to be left alone.

    Parameters
    ----------
    response : `requests.Response`
        The answer.

    Returns
    -------
    seconds : `float`
        0 if it does not tell, or names a moment instead.
    """
    with suppress(ValueError):
        return float(response.headers.get("Retry-After", "0"))
    return 0.0


def file_mark(response: requests.Response) -> str:
    """Read by what a file can be known again.

    Parameters
    ----------
    response : `requests.Response`
        The answer.

    Returns
    -------
    mark : `str`
        For ``If-Range``; empty if there is nothing.
    """
    mark = response.headers.get("ETag", "")
    # A weak one does not promise the same bytes.
    if not mark or mark.startswith("W/"):
        mark = response.headers.get("Last-Modified", "")
    return mark


def starts_at(response: requests.Response, offset: int) -> bool:
    """Say whether an answer is a part of a file that begins where it should.

    Parameters
    ----------
    response : `requests.Response`
        The answer.
    offset : `int`
        The first byte.

    Returns
    -------
    starts : `bool`
        Not if it is the whole file, either.
    """
    found = response.headers.get("Content-Range", "")
    return response.status_code == HTTPStatus.PARTIAL_CONTENT and found.startswith(f"bytes {offset}-")


def check_range(response: requests.Response, address: str, offset: int) -> None:
    """Refuse an answer that is not the part that was asked for: most likely the whole file.

    Parameters
    ----------
    response : `requests.Response`
        The answer.
    address : `str`
        For the error.
    offset : `int`
        The first byte that was asked for.

    Raises
    ------
    CorruptError
        Raised if it is another one.
    """
    if not starts_at(response, offset):
        raise CorruptError(f"the server gives no part of <{address}> from byte {offset}")


def iterate_chunks(response: requests.Response) -> Iterator[bytes]:
    """Go through the content of an answer as it comes.

    Parameters
    ----------
    response : `requests.Response`
        The answer.

    Yields
    ------
    chunk : `bytes`
        Never empty.

    Raises
    ------
    PassingError
        Raised if the connection fails, or nothing comes for too long.
    """
    try:
        yield from response.iter_content(_CHUNK)
    except requests.RequestException as error:
        raise PassingError(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Say in a few words what the library wraps in many.

    Parameters
    ----------
    error : `Exception`
        From the library.

    Returns
    -------
    reason : `str`
        Lower case, no full stop.
    """
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        if not isinstance(inner, Exception):
            break
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")
