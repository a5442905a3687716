"""A server that speaks as LSST the Docs does: hands out a token, takes a build's files, and hears of its end.

As ltd-conveyor 0.8 speaks to it: ``/token``, ``/products/NAME/builds/``, one
form with a file for each page, and a last ``PATCH``.
"""

from __future__ import annotations

import base64
import email.parser
import email.policy
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["DocsServer"]

_TOKEN = "a-token-for-an-hour"


class DocsServer:
    """One product's builds.

    Parameters
    ----------
    user, password : `str`
        Who may upload.
    product : `str`
        The one product there is.
    """

    def __init__(self, *, user: str, password: str, product: str) -> None:
        self._login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._product = product
        self._server = _Server(self)
        self.files: dict[str, bytes] = {}
        """Content by path below the product."""
        self.refs: list[str] = []
        """Branches and tags that the build is for."""
        self.confirmed = False
        """Whether the end of the upload was told."""

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, login: str, body: bytes, form: str) -> tuple[int, object]:
        """Answer one request; gives status and body."""
        if (method, path) == ("GET", "/token"):
            return (200, {"token": _TOKEN}) if login == self._login else (401, {"error": "unauthorized"})
        if method == "POST" and path.startswith("/bucket"):
            self._keep(body, form)
            return 204, None
        if base64.b64decode(login).decode() != f"{_TOKEN}:":
            return 401, {"error": "unauthorized"}
        if (method, path) == ("POST", f"/products/{self._product}/builds/"):
            return 201, self._begin(json.loads(body))
        if (method, path) == ("PATCH", "/builds/1"):
            self.confirmed = json.loads(body)["uploaded"]
            return 200, {}
        return 404, {"error": "not found"}

    def _begin(self, asked: dict[str, Any]) -> dict[str, object]:
        self.refs = asked["git_refs"]
        places = {
            name: {
                "url": f"{self.url}/bucket",
                "fields": {"key": f"{name.strip('/')}/${{filename}}".lstrip("/")},
            }
            for name in asked["directories"]
        }
        return {
            "self_url": f"{self.url}/builds/1",
            "published_url": "https://boxes.example.org/builds/1",
            "post_prefix_urls": places,
            "post_dir_urls": {},
        }

    def _keep(self, body: bytes, form: str) -> None:
        text = f"Content-Type: {form}\r\n\r\n".encode() + body
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(text)
        parts = {
            str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()
        }
        name = parts["file"].get_filename() or ""
        key = parts["key"].get_content().strip().replace("${filename}", name)
        self.files[key] = cast("bytes", parts["file"].get_payload(decode=True))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, docs: DocsServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.docs = docs


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        login = self.headers.get("Authorization", "").removeprefix("Basic ")
        docs = cast("_Server", self.server).docs
        form = self.headers.get("Content-Type", "")
        status, content = docs.answer(self.command, self.path, login, body, form)
        self.send_response(status)
        self.end_headers()
        if content is not None:
            self.wfile.write(json.dumps(content).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - names of `http.server`

    def log_message(self, *arguments: object) -> None:
        pass
