"""A package root behind a web server: pooled connections, retries, continued downloads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests

from lsstinstall.adapters.files import decode_text, explain, make_directory
from lsstinstall.adapters.folders import check_content, check_inner_path
from lsstinstall.adapters.htmllistings import parse_html_listing, parse_json_listing
from lsstinstall.adapters.partialfiles import PartialFile
from lsstinstall.adapters.webanswers import PassingError, check_range, length_bytes, reason_of
from lsstinstall.adapters.webdownloads import stream_file
from lsstinstall.adapters.webrequests import WebRequests
from lsstinstall.core.errors import CorruptError, DeniedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lsstinstall.core.names import Sha256

__all__ = ["WebPkgroot"]


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
        self._web = WebRequests(retries=retries, timeout_seconds=timeout_seconds, pause=pause)

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
        except DeniedError as error:
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
        address = self._address(path)
        try:
            return self._ask_size("HEAD", address)
        except DeniedError:
            # Not every server knows this question; then the beginning of the file answers it.
            return self._ask_size("GET", address)

    def _ask_size(self, method: str, address: str) -> int | None:
        def attempt() -> int | None:
            with self._web.send(method, address) as response:
                return length_bytes(response)

        return self._web.persist(address, attempt)

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Fetch a file, which appears at the destination when it is complete and verified."""
        make_directory(destination.parent)
        part = PartialFile(destination)
        address = self._address(path)
        try:
            continued = part.mark is not None
            _exhaust(stream_file(self._web, address, part))
            if continued and sha256 is not None and part.sha256() != sha256:
                # The older part may be to blame.
                part.drop()
                _exhaust(stream_file(self._web, address, part))
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
        yield stream_file(self._web, address, part)
        if continued and part.mark is None:
            # It was damaged, and the older part may be to blame.
            yield stream_file(self._web, address, part)

    def _get(self, address: str, *, part: tuple[int, int] | None = None) -> bytes:
        """Fetch a file, or a part of it: offset and size in bytes."""
        headers = {} if part is None else {"Range": f"bytes={part[0]}-{sum(part) - 1}"}

        def attempt() -> bytes:
            with self._web.send("GET", address, headers) as response:
                if part is not None:
                    check_range(response, address, part[0])
                # Else the last bytes before a cut are thrown away; we compare the length ourselves.
                response.raw.enforce_content_length = False
                try:
                    data = response.content
                except requests.RequestException as error:
                    raise PassingError(reason_of(error)) from error
                length = length_bytes(response)
            if length is not None and len(data) < length:
                raise PassingError(f"the connection ended after {len(data)} of {length} bytes")
            return data

        return self._web.persist(address, attempt)

    def _address(self, path: str) -> str:
        # A `+` means a blank to some servers and buckets.
        return f"{self._url}/{quote(check_inner_path(path), safe='/')}"


def _exhaust(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass
