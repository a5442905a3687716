"""A web server on the loopback interface that answers as it is told to."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WebServer", "serve"]


@dataclass
class WebServer:
    """What it serves, how it misbehaves, and what it was asked.

    Parameters
    ----------
    files : `dict` [ `str`, `bytes` ]
        Path below the root to content.
    statuses : `dict` [ `str`, `list` [ `int` ] ]
        Path to the status codes that come before the content.
    cuts : `dict` [ `str`, `list` [ `int` ] ]
        Path to the numbers of bytes after which answers end, before whole
        ones are given.
    stall_seconds : `float`
        How long a cut answer stays open without a further byte.
    redirects : `dict` [ `str`, `str` ]
        Path to the address that is answered instead, again and again.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    stall_seconds: float = 0.0
    redirects: dict[str, str] = field(default_factory=dict)
    mark: tuple[str, str] | None = ("ETag", '"one"')
    ranges: bool = True
    lengths: bool = True
    wrong_range: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    plan: WebServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        plan = self.plan
        path = self.path.removeprefix("/")
        plan.asked.append((self.command, path, self.headers.get("Range")))
        statuses = plan.statuses.get(unquote(path), [])
        content = plan.files.get(unquote(path))
        if statuses:
            self._refuse(statuses.pop(0))
        elif unquote(path) in plan.redirects:
            self._redirect(plan.redirects[unquote(path)])
        elif content is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._serve(unquote(path), content, with_body=with_body)

    def _redirect(self, target: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        for name, value in self.plan.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, path: str, content: bytes, *, with_body: bool) -> None:
        asked = self._range(len(content))
        start, end = asked or (0, len(content))
        if start and start >= len(content):
            self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return
        rest = content[start:end]
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        if asked:
            shown = start + 1 if self.plan.wrong_range else start
            self.send_header("Content-Range", f"bytes {shown}-{start + len(rest) - 1}/{len(content)}")
        if self.plan.mark is not None:
            self.send_header(*self.plan.mark)
        if self.plan.lengths:
            self.send_header("Content-Length", str(len(rest)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        cuts = self.plan.cuts.get(path, [])
        if with_body and cuts:
            self.wfile.write(rest[: cuts.pop(0)])
            self.plan.ended.wait(self.plan.stall_seconds)
        elif with_body:
            self.wfile.write(rest)
        # A cut answer, and one without its length, end with the connection.
        self.close_connection = True

    def _range(self, size: int) -> tuple[int, int] | None:
        """Read where the part that was asked for begins and ends; `None` if the whole is sent."""
        wanted, mark = self.headers.get("Range"), self.headers.get("If-Range")
        same = mark is None or (self.plan.mark is not None and mark == self.plan.mark[1])
        if wanted is None or not self.plan.ranges or not same:
            return None
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        return int(first), int(last) + 1 if last else size


@contextmanager
def serve(plan: WebServer) -> Iterator[WebServer]:
    """Serve until the end of the block; ``plan.url`` is the address without a final slash."""
    handler = type("Handler", (_Handler,), {"plan": plan})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    plan.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield plan
    finally:
        plan.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
