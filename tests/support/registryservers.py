"""A small registry on the loopback interface that fails as it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Fault", "RegistryServer", "serve_registry"]

_PIECE = 1 << 16
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Fault:
    """What goes wrong with requests of one kind.

    Parameters
    ----------
    method, path : `str`
        The path is a regular expression.
    status : `int`
        Answered instead, if it is not 0.
    headers : `dict`
        Of the answer, also of a good one.
    cut_bytes : `int`
        The connection breaks after so many bytes of the content, whichever
        way it goes.
    content : `bytes`
        Sent instead.
    times : `int`
        How often.
    """

    method: str
    path: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_bytes: int | None = None
    content: bytes | None = None
    times: int = 1


@dataclass
class RegistryServer:
    """What it has, what it was asked, and what goes wrong."""

    server: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    access: str = ""
    login: str = "me:secret"
    knows_ranges: bool = True
    keeps_referrers: bool = False
    referrers_page: int = 100
    received_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, method: str, path: str) -> Fault | None:
        with self.lock:
            self.asked.append(f"{method} {path}")
            for fault in self.faults:
                if fault.method == method and fault.times and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: RegistryServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def handle_any(self) -> None:
        self.parts = urlsplit(self.path)
        self.fault = self.registry.take(self.command, self.path) or Fault("", "")
        if self.fault.status:
            self._body()
            self.answer(self.fault.status, self.fault.content or b"{}")
        elif self.parts.path == "/token":
            self.give_token()
        elif self.is_open():
            getattr(self, f"on_{self.kind()}")()
        else:
            self._body()
            where = f'Bearer realm="http://{self.registry.server}/token",service="test"'
            how = where if self.registry.access == "bearer" else 'Basic realm="test"'
            self.answer(401, b"{}", {"WWW-Authenticate": how})

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def kind(self) -> str:
        found = re.search(r"/(uploads|blobs|manifests|tags|referrers)/(?!uploads)", self.parts.path)
        return found[1] if found else "nothing"

    def is_open(self) -> bool:
        given = self.headers.get("Authorization", "")
        packed = base64.b64encode(self.registry.login.encode()).decode()
        return given == {"": "", "basic": f"Basic {packed}", "bearer": "Bearer opened"}[self.registry.access]

    def give_token(self) -> None:
        packed = base64.b64encode(self.registry.login.encode()).decode()
        form = parse_qs(self._body().decode())
        is_known = self.headers.get("Authorization") == f"Basic {packed}" or form.get("refresh_token") == [
            "refreshing"
        ]
        self.answer(200 if is_known else 401, b'{"token":"opened"}')

    def on_nothing(self) -> None:
        self.answer(404, b"{}")

    def on_tags(self) -> None:
        names = sorted(name for name in self.registry.documents if ":" not in name)
        last = parse_qs(self.parts.query).get("last", [""])[0]
        rest = [name for name in names if name > last]
        more = {"Link": f'<{self.parts.path}?last={rest[0]}>; rel="next"'} if len(rest) > 1 else {}
        self.answer(200, json.dumps({"tags": rest[:1]}).encode(), more)

    def on_referrers(self) -> None:
        if not self.registry.keeps_referrers:
            self.answer(404, b"404 page not found")
            return
        subject = self.parts.path.rpartition("/")[2]
        found = [
            {
                "mediaType": kind,
                "digest": _digest(content),
                "size": len(content),
                "artifactType": data.get("artifactType"),
                "annotations": data.get("annotations", {}),
            }
            for name, (kind, content) in self.registry.documents.items()
            if ":" in name and (data := json.loads(content)).get("subject", {}).get("digest") == subject
        ]
        start = int(parse_qs(self.parts.query).get("start", ["0"])[0])
        end = start + self.registry.referrers_page
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": found[start:end]}
        more = {"Link": f'<{self.parts.path}?start={end}>; rel="next"'} if end < len(found) else {}
        self.answer(200, json.dumps(index).encode(), {"Content-Type": _INDEX, **more})

    def on_manifests(self) -> None:
        name = self.parts.path.rpartition("/")[2]
        if self.command == "PUT":
            content = self._body()
            kind = self.headers["Content-Type"]
            for one in (name, _digest(content)):
                self.registry.documents[one] = (kind, content)
            about = json.loads(content).get("subject", {}).get("digest")
            noted = {"OCI-Subject": about} if about and self.registry.keeps_referrers else {}
            self.answer(201, b"", {"Docker-Content-Digest": _digest(content), **noted})
        elif name not in self.registry.documents:
            self.answer(404, b"{}")
        elif self.command == "DELETE":
            del self.registry.documents[name]
            self.answer(202, b"")
        else:
            kind, content = self.registry.documents[name]
            self.answer(200, content, {"Content-Type": kind, "Docker-Content-Digest": _digest(content)})

    def on_blobs(self) -> None:
        content = self.registry.blobs.get(self.parts.path.rpartition("/")[2])
        if content is None:
            self.answer(404, b"{}")
            return
        wanted = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range", ""))
        if wanted and self.registry.knows_ranges:
            start = int(wanted[1])
            self.answer(206 if start < len(content) else 416, content[start:])
        else:
            self.answer(200, content)

    def on_uploads(self) -> None:
        name = self.parts.path.rpartition("/")[2]
        query = parse_qs(self.parts.query)
        if self.command == "POST":
            self._body()
            if query.get("mount", [""])[0] in self.registry.blobs and query["from"] == ["lsst/base"]:
                self.answer(201, b"", {"Docker-Content-Digest": query["mount"][0]})
                return
            name = secrets.token_hex(4)
            self.registry.uploads[name] = bytearray()
            self.answer(202, b"", {"Location": f"{self.parts.path}{name}?state={name}"})
        elif name not in self.registry.uploads:
            self._body()
            self.answer(404, b"{}")
        elif self.command == "DELETE":
            del self.registry.uploads[name]
            self.answer(204, b"")
        elif self.command == "GET":
            size = len(self.registry.uploads[name])
            self.answer(204, b"", {"Range": f"0-{max(0, size - 1)}"})
        else:
            self.receive(name, query)

    def receive(self, name: str, query: dict[str, list[str]]) -> None:
        upload = self.registry.uploads[name]
        self._body(into=upload)
        if self.close_connection:
            return
        if self.command == "PATCH":
            here = {"Location": f"{self.parts.path}?again=1", "Range": f"0-{len(upload) - 1}"}
            self.answer(202, b"", here)
        elif _digest(bytes(upload)) != query["digest"][0]:
            self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"wrong"}]}')
        else:
            self.registry.blobs[query["digest"][0]] = bytes(self.registry.uploads.pop(name))
            self.answer(201, b"", {"Docker-Content-Digest": query["digest"][0]})

    def _body(self, into: bytearray | None = None) -> bytes:
        data = bytearray() if into is None else into
        left = int(self.headers.get("Content-Length", "0"))
        limit = self.fault.cut_bytes
        while left > 0:
            piece = self.rfile.read(min(left, _PIECE if limit is None else limit))
            data += piece
            self.registry.received_bytes += len(piece)
            left -= len(piece)
            if limit is not None or not piece:
                self.close_connection = True
                break
        return bytes(data)

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        content = content if self.fault.content is None else self.fault.content
        self.send_response(status)
        for name, value in {**(headers or {}), **self.fault.headers}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD" or status == 204:
            return
        if self.fault.cut_bytes is not None:
            content = content[: self.fault.cut_bytes]
            self.close_connection = True
        self.wfile.write(content)


@contextmanager
def serve_registry(registry: RegistryServer | None = None) -> Iterator[RegistryServer]:
    """Run a registry until the end of the block."""
    registry = registry or RegistryServer()
    handler = type("Handler", (_Handler,), {"registry": registry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    registry.server = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
