"""Real servers of buckets on the loopback interface that count, and fail as they are told to."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["Asked", "BucketServer", "serve_buckets"]

_KEY = re.compile(r"Credential=([^/]+)/")
_ANYBODY = (
    "AWS4-HMAC-SHA256 Credential=public/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)
_DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist in our records.</Message></Error>"""
_FAILED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InternalError</Code><Message>We have a problem.</Message></Error>"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its method and the path below the bucket."""

    method: str
    path: str


@dataclass
class BucketServer:
    """An S3 server.

    Parameters
    ----------
    fault : `~collections.abc.Callable`
        Is given each request, and says what goes wrong: nothing, ``500``, or
        ``reset`` for a connection that ends without an answer.
    """

    fault: Callable[[Asked], str] = field(default=lambda _: "")
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a program that is to use it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "right",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def make(self, bucket: str) -> str:
        """Make a bucket, and give its URL."""
        requests.put(f"{self.url}/{bucket}", timeout=30).raise_for_status()
        return f"s3://{bucket}/stack"

    def counts(self) -> dict[str, int]:
        """Count the requests by their methods."""
        methods = [one.method for one in self.asked]
        return {method: methods.count(method) for method in sorted(set(methods))}

    def put(self) -> list[str]:
        """Name what was uploaded, in order."""
        return [one.path for one in self.asked if one.method == "PUT"]


class _Middleware:
    def __init__(self, server: BucketServer) -> None:
        self._server = server
        self._app: Any = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"]).split("/", maxsplit=2)[-1].removeprefix("stack/")
        asked = Asked(environ["REQUEST_METHOD"], path)
        key = _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        with self._server.lock:
            fault = self._server.fault(asked)
            if not fault and key is not None:
                self._server.asked.append(asked)
        if fault == "reset":
            raise ConnectionAbortedError
        if fault:
            return _answer(start, "500 Internal Server Error", _FAILED)
        if key is None:
            # Anybody may read: the bucket is public.
            environ["HTTP_AUTHORIZATION"] = _ANYBODY
        elif key[1] != "right":
            return _answer(start, "403 Forbidden", _DENIED)
        answer: Iterable[bytes] = self._app(environ, start)
        return answer


def _answer(start: StartResponse, status: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """End it, so that the other side notices."""
        del error, environ
        self.close_connection = True


@contextmanager
def serve_buckets() -> Iterator[BucketServer]:
    """Serve buckets as S3 does, until the block is left."""
    server = BucketServer()
    http = make_server("127.0.0.1", 0, _Middleware(server), threaded=True, request_handler=_Quiet)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
