"""A package root behind a web server: pooled connections, retries, continued downloads."""

from __future__ import annotations

import logging
import random
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import requests

from lsstinstall.adapters.files import decode_text, explain, make_directory
from lsstinstall.adapters.folders import check_content, check_inner_path
from lsstinstall.adapters.htmllistings import parse_html_listing, parse_json_listing
from lsstinstall.adapters.partialfiles import PartialFile
from lsstinstall.adapters.webaccess import open_session
from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lsstinstall.core.names import Sha256

__all__ = ["WebPkgroot"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_CHUNK = 1 << 18
_PROGRESS = 1 << 20
_CONNECTIONS = 16
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

_FORBIDDEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED})

_LOGIN = "if the server asks for a login, put that of the host into `~/.netrc`"

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


class _PassingError(Exception):
    """A failure that may not happen again."""

    def __init__(self, reason: str, *, after_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class _ForbiddenError(UnavailableError):
    """The server does not show this to us."""


class WebPkgroot:
    """A package root behind ``http://`` or ``https://``.

    Parameters
    ----------
    url : `str`
        Of the root.
    retries : `int`
        How often a request is made again if it failed for a passing reason.
    timeout_seconds : `float`
        To connect, and for the next bytes.
    pause : `~collections.abc.Callable`, optional
        Waits the given seconds between two attempts.
    """

    def __init__(
        self,
        url: str,
        *,
        retries: int,
        timeout_seconds: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._retries = retries
        self._timeout = timeout_seconds
        self._pause = pause
        self._session = open_session(connections=_CONNECTIONS)

    @property
    def url(self) -> str:
        """What the root was opened with, without a final slash."""
        return self._url

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""
        return self._get(self._address(path))

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file with one request."""
        address = self._address(path)
        data = self._get(address, part=(offset, size_bytes))
        if len(data) != size_bytes:
            raise CorruptError(f"<{address}> ends before byte {offset + size_bytes}")
        return data

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text."""
        address = self._address(path)
        return decode_text(self._get(address), source=address)

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory: from its ``index.json``, else from the server's page."""
        folder = self._address(directory + "/" if directory else "")
        index = f"{folder}index.json"
        try:
            return parse_json_listing(self._get(index), source=index)
        except NotFoundError:
            pass
        try:
            page = self._get(folder)
        except _ForbiddenError as error:
            raise NotFoundError(
                f"<{folder}> cannot be listed", hint="the server has no `index.json` there"
            ) from error
        return parse_html_listing(page.decode("utf-8", "replace"), url=folder)

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        try:
            self.size_bytes(path)
        except NotFoundError:
            return False
        return True

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is; `None` if the server does not tell."""

        def attempt() -> int | None:
            with self._send("HEAD", self._address(path), {}) as response:
                return _length(response)

        return self._persist(self._address(path), attempt)

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Fetch a file, which appears at the destination when it is complete and verified."""
        make_directory(destination.parent)
        part = PartialFile(destination)
        address = self._address(path)
        try:
            continued = part.mark is not None
            self._persist(address, lambda: self._fetch_rest(address, part))
            if continued and sha256 is not None and part.sha256() != sha256:
                # The older part may be to blame.
                part.drop()
                self._persist(address, lambda: self._fetch_rest(address, part))
            size = part.size_bytes
            try:
                check_content(
                    address,
                    size_bytes=size,
                    sha256=part.sha256(),
                    expected_size=size_bytes,
                    expected_sha256=sha256,
                )
            except CorruptError:
                part.drop()
                raise
            part.finish()
        except OSError as error:
            raise explain(error, doing="write") from error
        return size

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: its chunks as they come; what came is kept until somebody drops it."""
        part = PartialFile(beside)
        address = self._address(path)
        continued = part.mark is not None
        yield self._stream(address, part)
        if continued and part.mark is None:
            # It was damaged, and the older part may be to blame.
            yield self._stream(address, part)

    def _stream(self, address: str, part: PartialFile) -> Iterator[bytes]:
        told = number = 0
        try:
            while True:
                before = told
                try:
                    for chunk in self._stream_rest(address, part, told):
                        yield chunk
                        told += len(chunk)
                except _PassingError as error:
                    # Who makes progress may fail as often as it takes.
                    number = 0 if told - before >= _PROGRESS else number
                    self._wait(address, number, error)
                    number += 1
                else:
                    return
        except OSError as error:
            raise explain(error, doing="write") from error

    def _stream_rest(self, address: str, part: PartialFile, told: int) -> Iterator[bytes]:
        """Fetch what is missing of a file, after ``told`` bytes that came already."""
        with self._send("GET", address, _range_header(part)) as response:
            is_whole = response.status_code == HTTPStatus.OK and bool(told)
            total = _length(response) if is_whole else _begin(response, part)
            # Else the last bytes before a cut are thrown away; we compare the length ourselves.
            response.raw.enforce_content_length = False
            came = _chunks(response)
            if is_whole:
                came = _skip_known(came, address, part, told)
            else:
                yield from part.chunks(told)
            with part.appending() as file:
                for chunk in came:
                    file.write(chunk)
                    yield chunk
        if total is not None and part.size_bytes < total:
            raise _PassingError(f"the connection ended after {part.size_bytes} of {total} bytes")

    def _fetch_rest(self, address: str, part: PartialFile) -> None:
        """Fetch what is missing of a file; what came stays for the next attempt."""
        with self._send("GET", address, _range_header(part)) as response:
            total = _begin(response, part)
            # Else the last bytes before a cut are thrown away; we compare the length ourselves.
            response.raw.enforce_content_length = False
            with part.appending() as file:
                for chunk in _chunks(response):
                    file.write(chunk)
        if total is not None and part.size_bytes < total:
            raise _PassingError(f"the connection ended after {part.size_bytes} of {total} bytes")

    def _get(self, address: str, *, part: tuple[int, int] | None = None) -> bytes:
        """Fetch a file, or a part of it: offset and size in bytes."""
        headers = {} if part is None else {"Range": f"bytes={part[0]}-{sum(part) - 1}"}

        def attempt() -> bytes:
            with self._send("GET", address, headers) as response:
                if part is not None:
                    _check_range(response, address, part[0])
                try:
                    data = response.content
                except requests.RequestException as error:
                    raise _PassingError(_reason(error)) from error
                length = _length(response)
            if length is not None and len(data) < length:
                raise _PassingError(f"the connection ended after {len(data)} of {length} bytes")
            return data

        return self._persist(address, attempt)

    def _send(self, method: str, address: str, headers: dict[str, str]) -> requests.Response:
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
            raise _PassingError(_reason(error)) from error
        except requests.RequestException as error:
            raise UnavailableError(f"cannot fetch <{address}>: {_reason(error)}") from error
        status = response.status_code
        if response.ok or status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return response
        response.close()
        if status in _GONE:
            raise NotFoundError(f"there is no <{address}>")
        reason = f"the server answered {status} {response.reason}".rstrip()
        if status in _PASSING:
            raise _PassingError(reason, after_seconds=_retry_after(response))
        if status in _FORBIDDEN:
            raise _ForbiddenError(f"cannot fetch <{address}>: {reason}", hint=_LOGIN)
        raise UnavailableError(f"cannot fetch <{address}>: {reason}")

    def _persist(self, address: str, attempt: Callable[[], T]) -> T:
        for number in range(self._retries + 1):
            try:
                return attempt()
            except _PassingError as error:
                self._wait(address, number, error)
        raise AssertionError  # the last round returns or raises

    def _wait(self, address: str, number: int, error: _PassingError) -> None:
        """Pause after a failure, or give up; the first one has number 0."""
        if number == self._retries:
            times = f" in {number + 1} attempts" if number else ""
            raise UnavailableError(
                f"cannot fetch <{address}>{times}: {error}",
                hint="check the network and the address; the same command goes on where this stopped",
            ) from error
        longest = _FIRST_PAUSE_SECONDS * 2**number
        # Many clients that failed together should not come back together.
        pause = max(error.after_seconds, longest * random.uniform(0.5, 1.0))  # noqa: S311
        _log.debug("again in %.1f s: <%s>: %s", pause, address, error)
        self._pause(min(pause, _LONGEST_PAUSE_SECONDS))

    def _address(self, path: str) -> str:
        # A `+` means a blank to some servers and buckets.
        return f"{self._url}/{quote(check_inner_path(path), safe='/')}"


def _range_header(part: PartialFile) -> dict[str, str]:
    if part.mark is None:
        return {}
    return {"Range": f"bytes={part.size_bytes}-", "If-Range": part.mark}


def _chunks(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_CHUNK)
    except requests.RequestException as error:
        raise _PassingError(_reason(error)) from error


def _skip_known(chunks: Iterator[bytes], address: str, part: PartialFile, told: int) -> Iterator[bytes]:
    """Leave out what came before, of a server that sends the whole again; it must be the same."""
    place = 0
    for chunk in chunks:
        known = chunk[: max(0, told - place)]
        if known and not part.begins_with(known, place):
            part.drop()
            raise UnavailableError(
                f"<{address}> changed while it was fetched", hint="run the same command again"
            )
        place += len(chunk)
        if len(known) < len(chunk):
            yield chunk[len(known) :]


def _begin(response: requests.Response, part: PartialFile) -> int | None:
    """Make a part ready for an answer, which may be the rest or the whole; return the file's size."""
    coming = _length(response)
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.drop()
        raise _PassingError("the part that was fetched earlier does not fit")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {part.size_bytes}-"):
            part.drop()
            raise _PassingError("the server sent another part than it was asked for")
        return None if coming is None else part.size_bytes + coming
    mark = response.headers.get("ETag", "")
    if not mark or mark.startswith("W/"):
        mark = response.headers.get("Last-Modified", "")
    part.restart(mark)
    return coming


def _check_range(response: requests.Response, address: str, offset: int) -> None:
    """Refuse an answer that is not the part that was asked for: most likely the whole file."""
    found = response.headers.get("Content-Range", "")
    if response.status_code != HTTPStatus.PARTIAL_CONTENT or not found.startswith(f"bytes {offset}-"):
        raise CorruptError(f"the server gives no part of <{address}> from byte {offset}")


def _length(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _retry_after(response: requests.Response) -> float:
    with suppress(ValueError):
        return float(response.headers.get("Retry-After", "0"))
    return 0.0


def _reason(error: Exception) -> str:
    """Say in a few words what the library wraps in many."""
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        if not isinstance(inner, Exception):
            break
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")
