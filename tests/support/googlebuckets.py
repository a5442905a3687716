"""A server on the loopback interface of Google's protocol that keeps conditions on generations."""

from __future__ import annotations

import email
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["GoogleBucket", "serve_google"]


@dataclass
class GoogleBucket:
    """One bucket.

    Parameters
    ----------
    before_upload : `~collections.abc.Callable`
        Is called before each upload, to be faster than it.
    """

    objects: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    before_upload: Callable[[], None] = field(default=lambda: None)
    refused: int = 0
    url: str = ""

    def put(self, name: str, data: bytes, told: dict[str, Any]) -> dict[str, Any]:
        """Put an object there, as its next generation."""
        facts = told | {
            "name": name,
            "size": str(len(data)),
            "generation": str(int(self.generation(name)) + 1),
        }
        self.objects[name] = (data, facts)
        return facts

    def generation(self, name: str) -> str:
        """Tell the generation of an object, ``0`` of one that is not there."""
        return str(self.objects[name][1]["generation"]) if name in self.objects else "0"


class _Handler(BaseHTTPRequestHandler):
    bucket: GoogleBucket

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = unquote(parts.path.partition("/o/")[2])
        if parts.path.endswith("/o"):
            self._answer(200, {"items": []})
        elif name not in self.bucket.objects:
            self._answer(404, {"error": {"message": "Not Found"}})
        elif "media" in parse_qs(parts.query).get("alt", []):
            self._send(200, self.bucket.objects[name][0])
        else:
            self._answer(200, self.bucket.objects[name][1])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = email.message_from_bytes(
            f"Content-Type: {self.headers['Content-Type']}\n\n".encode() + body
        )
        told, content = (part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
        assert isinstance(told, bytes)
        assert isinstance(content, bytes)
        facts = json.loads(told)
        self.bucket.before_upload()
        wanted = parse_qs(urlsplit(self.path).query).get("ifGenerationMatch")
        if wanted is not None and wanted != [self.bucket.generation(facts["name"])]:
            self.bucket.refused += 1
            self._answer(412, {"error": {"message": "At least one of the pre-conditions did not hold."}})
        else:
            self._answer(200, self.bucket.put(facts["name"], content, facts))

    def _answer(self, status: int, data: object) -> None:
        self._send(status, json.dumps(data).encode())

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve_google() -> Iterator[GoogleBucket]:
    """Serve one bucket, whatever it is called, until the block is left."""
    bucket = GoogleBucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": bucket}))
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
