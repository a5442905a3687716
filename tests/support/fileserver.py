"""A web server on the loopback interface for the files of a folder, which can be told to misbehave."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FileServer", "serving"]


class FileServer(ThreadingHTTPServer):
    """Knows what was asked for, and which answers to spoil."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.asked: list[str] = []
        self.statuses: dict[str, int] = {}
        """End of a path to the status it is answered with."""
        self.held: tuple[str, ...] = ()
        """Ends of paths that are answered only after `release`."""
        self.holding = threading.Event()
        """Set when a request is held."""
        self._free = threading.Event()

    @property
    def url(self) -> str:
        """Its address, without a final slash."""
        return f"http://127.0.0.1:{self.server_port}"

    def release(self) -> None:
        """Answer what was held."""
        self._free.set()

    def wait_for_release(self) -> None:
        """Hold a request."""
        self.holding.set()
        self._free.wait(30)


class _Handler(SimpleHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        for end, status in self.server.statuses.items():
            if self.path.endswith(end):
                self.send_error(status)
                return
        if self.path.endswith(self.server.held or ("\0",)):
            self.server.wait_for_release()
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class decides
        del format, args


@contextmanager
def serving(folder: Path) -> Iterator[FileServer]:
    """Serve a folder while the block runs."""
    with FileServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.release()
            server.shutdown()
            thread.join()
