"""Uploads of blobs: in one piece if they are small, else in several, and on from where one broke."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from lsstinstall.adapters.webanswers import PassingError
from lsstinstall.core.errors import CorruptError, DeniedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import requests

    from rubin_releng.adapters.registrysessions import RegistrySession
    from rubin_releng.core.ocidocuments import Digest

__all__ = ["send_blob"]

_RANGE = re.compile(r"(?:bytes=)?0-([0-9]+)")
_MOST_BEGINNINGS = 3


@dataclass(slots=True)
class _Upload:
    """One upload as far as it came."""

    location: str
    offset: int = 0


class _Sized:
    """A part of a blob with its length, which keeps `requests` from sending it in chunks."""

    def __init__(self, pieces: Iterator[bytes], size_bytes: int) -> None:
        self._pieces = pieces
        self._size_bytes = size_bytes

    def __len__(self) -> int:
        return self._size_bytes

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


class _Sender:
    """Sends one blob."""

    def __init__(
        self,
        session: RegistrySession,
        scope: str,
        *,
        digest: Digest,
        size_bytes: int,
        read: Callable[[], Iterator[bytes]],
    ) -> None:
        self._session = session
        self._scope = scope
        self._digest = digest
        self._size_bytes = size_bytes
        self._read = read
        self.sent = 0
        self.is_broken = False

    def finish(self, upload: _Upload) -> requests.Response:
        """Send what is missing."""
        failures = 0
        while True:
            before = upload.offset
            try:
                if self._size_bytes - upload.offset > self._session.patience.piece_bytes:
                    self._send_piece(upload)
                else:
                    return self._send_last(upload)
            except PassingError as error:
                self.is_broken = True
                self._session.wait(error, failures)
                self._ask_offset(upload)
                failures = 0 if upload.offset > before else failures + 1

    def _send_piece(self, upload: _Upload) -> None:
        size = self._session.patience.piece_bytes
        response = self._session.send(
            "PATCH",
            upload.location,
            scope=self._scope,
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{upload.offset}-{upload.offset + size - 1}",
            },
            data=lambda: self._part(upload.offset, size),
            good=frozenset({202}),
        )
        with response:
            upload.location = response.headers.get("Location", upload.location)
            upload.offset = _offset_in(response, upload.offset + size, self._size_bytes)

    def _send_last(self, upload: _Upload) -> requests.Response:
        size = self._size_bytes - upload.offset
        sign = "&" if "?" in upload.location else "?"
        headers = {"Content-Type": "application/octet-stream"}
        if upload.offset and size:
            headers["Content-Range"] = f"{upload.offset}-{self._size_bytes - 1}"
        response = self._session.send(
            "PUT",
            f"{upload.location}{sign}digest={self._digest}",
            scope=self._scope,
            headers=headers,
            data=lambda: self._part(upload.offset, size),
            good=frozenset({201, 204}),
        )
        response.close()
        return response

    def _ask_offset(self, upload: _Upload) -> None:
        """Ask how much of it came."""
        response = self._session.ask("GET", upload.location, scope=self._scope, good=frozenset({200, 204}))
        upload.location = response.headers.get("Location", upload.location)
        upload.offset = _offset_in(response, 0, self._size_bytes)

    def _part(self, offset: int, size: int) -> Iterable[bytes] | bytes:
        return _Sized(self._pieces(offset, size), size) if size else b""

    def _pieces(self, offset: int, size: int) -> Iterator[bytes]:
        position, end = 0, offset + size
        for piece in self._read():
            part = piece[max(0, offset - position) : max(0, end - position)]
            position += len(piece)
            if part:
                self.sent += len(part)
                yield part
            if position >= end:
                return


def send_blob(
    session: RegistrySession,
    path: str,
    scope: str,
    *,
    digest: Digest,
    size_bytes: int,
    read: Callable[[], Iterator[bytes]],
) -> tuple[requests.Response | None, int]:
    """Upload a blob.

    Parameters
    ----------
    session : `RegistrySession`
        To the server.
    path : `str`
        Of the repository.
    scope : `str`
        What a token must be good for.
    digest : `Digest`
        Name of the blob.
    size_bytes : `int`
        How large it is.
    read : `~collections.abc.Callable`
        Reads it from its beginning.

    Returns
    -------
    response : `requests.Response` or `None`
        To the last request; `None` if the blob was there after a failure
        whose answer never came.
    sent : `int`
        Bytes, repetitions included.

    Raises
    ------
    ToolkitError
        Raised as by `RegistrySession.ask`.
    """
    sender = _Sender(session, scope, digest=digest, size_bytes=size_bytes, read=read)
    for beginning in range(_MOST_BEGINNINGS):
        upload = _begin(session, path, scope)
        try:
            return sender.finish(upload), sender.sent
        except (NotFoundError, DeniedError):
            # The server forgot the upload, or has finished it.
            if not sender.is_broken:
                raise
            if _is_there(session, f"{path}/blobs/{digest}", scope):
                return None, sender.sent
            if beginning == _MOST_BEGINNINGS - 1:
                raise
    raise AssertionError  # the last round returns or raises


def _begin(session: RegistrySession, path: str, scope: str) -> _Upload:
    response = session.ask("POST", f"{path}/blobs/uploads/", scope=scope, good=frozenset({202}))
    location = response.headers.get("Location")
    if location is None:
        raise CorruptError(f"the registry `{session.server}` does not say where to upload to")
    return _Upload(location=location)


def _is_there(session: RegistrySession, url: str, scope: str) -> bool:
    response = session.ask("HEAD", url, scope=scope, good=frozenset({200, 404}))
    return response.status_code == HTTPStatus.OK


def _offset_in(response: requests.Response, fallback: int, size_bytes: int) -> int:
    match = _RANGE.fullmatch(response.headers.get("Range", ""))
    # Nothing is written as `0-0`, too; one byte more or less is no harm.
    offset = fallback if match is None else int(match[1]) + 1 if match[1] != "0" else 0
    if offset > size_bytes:
        raise CorruptError(f"the registry says that it has {offset} bytes of {size_bytes}")
    return offset
