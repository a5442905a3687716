"""Files of web servers that come in several attempts, if they have to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.webanswers import (
    PassingError,
    file_mark,
    iterate_chunks,
    length_bytes,
    starts_at,
)
from lsstinstall.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from lsstinstall.adapters.partialfiles import PartialFile
    from lsstinstall.adapters.webrequests import WebRequests

__all__ = ["stream_file"]


def stream_file(web: WebRequests, address: str, part: PartialFile) -> Iterator[bytes]:
    """Fetch a file, and go on after failures as long as each attempt gets further.

    Parameters
    ----------
    web : `WebRequests`
        Sends requests.
    address : `str`
        Of the file, quoted.
    part : `PartialFile`
        What came of it earlier, and takes what comes now.

    Yields
    ------
    chunk : `bytes`
        The whole file, in order, with what came earlier.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    UnavailableError
        Raised if the server does not answer, or gives another file in the
        middle.
    ToolkitError
        Raised if the part cannot be written.
    """
    told = number = 0
    try:
        while True:
            before = told
            try:
                for chunk in _stream_rest(web, address, part, told):
                    yield chunk
                    told += len(chunk)
            except PassingError as error:
                # Who gets further may fail as often as it takes: the file has an end.
                number = 0 if told > before else number
                web.wait(address, number, error)
                number += 1
            else:
                return
    except OSError as error:
        raise explain(error, doing="write") from error


def _stream_rest(web: WebRequests, address: str, part: PartialFile, told: int) -> Iterator[bytes]:
    """Fetch what is missing of a file, after ``told`` bytes that came already."""
    with web.send("GET", address, _range_header(part)) as response:
        is_whole = response.status_code == HTTPStatus.OK and bool(told)
        total = length_bytes(response) if is_whole else _begin(response, part)
        # Else the last bytes before a cut are thrown away; we compare the length ourselves.
        response.raw.enforce_content_length = False
        came = iterate_chunks(response)
        if is_whole:
            came = _skip_known(came, address, part, told)
        else:
            yield from part.chunks(told)
        with part.appending() as file:
            for chunk in came:
                file.write(chunk)
                yield chunk
    if total is not None and part.size_bytes < total:
        raise PassingError(f"the connection ended after {part.size_bytes} of {total} bytes")


def _range_header(part: PartialFile) -> dict[str, str]:
    if part.mark is None:
        return {}
    return {"Range": f"bytes={part.size_bytes}-", "If-Range": part.mark}


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
    coming = length_bytes(response)
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.drop()
        raise PassingError("the part that was fetched earlier does not fit")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        if not starts_at(response, part.size_bytes):
            # Only the whole can be trusted; what came is compared with it.
            part.forget_mark()
            raise PassingError("the server sent another part than it was asked for")
        return None if coming is None else part.size_bytes + coming
    part.restart(file_mark(response))
    return coming
