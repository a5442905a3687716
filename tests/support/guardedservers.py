"""Web servers on the loopback interface that want a login or a token, and a proxy."""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["GuardedServer", "guarding", "unused_url"]


class GuardedServer(ThreadingHTTPServer):
    """Serves a folder to those who know how to ask.

    Parameters
    ----------
    folder : `~pathlib.Path`
        What it serves.
    login : `str`, optional
        ``user:password`` that it wants.
    token : `str`, optional
        What it wants in the path, as conda servers do.
    proxy_for : `str`, optional
        Host for which it is a proxy; it serves nothing of its own then.
    status : `int`, optional
        What it answers everything with.
    """

    daemon_threads = True

    def __init__(
        self,
        folder: Path,
        *,
        login: str | None = None,
        token: str | None = None,
        proxy_for: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.login = login
        self.token = token
        self.proxy_for = proxy_for
        self.status = status
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Its address, without a final slash."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: GuardedServer

    def do_GET(self) -> None:
        if self._let_in():
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._let_in():
            super().do_HEAD()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class decides
        del format, args

    def _let_in(self) -> bool:
        server = self.server
        server.asked.append(self.path)
        if server.status is not None:
            return self._refuse(server.status)
        if server.proxy_for is not None:
            parts = urlsplit(self.path)
            if parts.hostname != server.proxy_for:
                return self._refuse(HTTPStatus.BAD_GATEWAY)
            self.path = parts.path
        if server.token is not None:
            if not self.path.startswith(f"/t/{server.token}/"):
                return self._refuse(HTTPStatus.FORBIDDEN)
            self.path = self.path.removeprefix(f"/t/{server.token}")
        if server.login is not None:
            wanted = "Basic " + base64.b64encode(server.login.encode()).decode("ascii")
            if self.headers.get("Authorization") != wanted:
                return self._refuse(HTTPStatus.UNAUTHORIZED)
        # rattler cannot use the answer that nothing changed.
        del self.headers["If-Modified-Since"]
        return True

    def _refuse(self, status: int) -> bool:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False


@contextmanager
def guarding(
    folder: Path,
    *,
    login: str | None = None,
    token: str | None = None,
    proxy_for: str | None = None,
    status: int | None = None,
) -> Iterator[GuardedServer]:
    """Serve a folder while the block runs."""
    with GuardedServer(folder, login=login, token=token, proxy_for=proxy_for, status=status) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def unused_url(folder: Path) -> str:
    """Say an address at which nobody answers."""
    with GuardedServer(folder) as server:
        return server.url
