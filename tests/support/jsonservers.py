"""Services on the loopback interface that speak JSON as Jira and GitHub do, with invented content."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Answer", "Asked", "FakeGitHub", "FakeJira", "JsonServer", "serve_json"]


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """One answer; bytes are sent as they are."""

    data: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class JsonServer:
    """What was asked, and which answers come before the usual ones.

    Parameters
    ----------
    first : `list` [ `Answer` or `None` ]
        Taken one after another; `None` is the usual answer.
    """

    respond: Callable[[Asked], Answer]
    first: list[Answer | None] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            planned = self.first.pop(0) if self.first else None
        return self.respond(asked) if planned is None else planned


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together; apart, each answer would wait for the other side's word.
    wbufsize = -1
    plan: JsonServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(size)) if size else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.plan.take(Asked(self.command, self.path, headers, body))
        content = answer.data if isinstance(answer.data, bytes) else json.dumps(answer.data).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serve_json(plan: JsonServer) -> Iterator[JsonServer]:
    """Serve until the end of the block; ``plan.url`` is the address without a final slash."""
    handler = type("Handler", (_Handler,), {"plan": plan})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    plan.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield plan
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class FakeJira:
    """Answers searches as the cloud's Jira does since 2025.

    Parameters
    ----------
    titles : `dict` [ `str`, `str` ]
        Key to title of each ticket that everybody may read.
    hidden : `set` [ `str` ]
        A search that names one of these fails as a whole.
    moved : `dict` [ `str`, `str` ]
        Old key to the new one, under which it is answered.
    page : `int`
        How many issues a page holds.
    names_bad_keys : `bool`
        Whether a refusal names the keys it is about.
    """

    def __init__(
        self,
        titles: dict[str, str],
        *,
        hidden: set[str] | None = None,
        moved: dict[str, str] | None = None,
        page: int = 50,
        names_bad_keys: bool = True,
    ) -> None:
        self.titles = titles
        self.hidden = hidden or set()
        self.moved = moved or {}
        self.page = page
        self.names_bad_keys = names_bad_keys
        self.server = JsonServer(self.respond)

    def keys_asked(self) -> list[list[str]]:
        """Name the keys of each search."""
        return [_keys(asked.path) for asked in self.server.asked]

    def respond(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        if parts.path != "/rest/api/3/search/jql":
            return Answer({"errorMessages": ["The requested API has been removed."]}, 410)
        query = parse_qs(parts.query)
        keys = _keys(asked.path)
        bad = [key for key in keys if key in self.hidden]
        if bad:
            told = [f"An issue with key '{key}' does not exist for field 'key'." for key in bad]
            return Answer({"errorMessages": told if self.names_bad_keys else ["Bad."], "errors": {}}, 400)
        there = [self.moved.get(key, key) for key in keys]
        found = sorted(key for key in there if key in self.titles)
        start = int(query.get("nextPageToken", ["0"])[0])
        part = found[start : start + self.page]
        is_last = start + self.page >= len(found)
        data: dict[str, object] = {"issues": [self._issue(key) for key in part], "isLast": is_last}
        if not is_last:
            data["nextPageToken"] = str(start + self.page)
        return Answer(data)

    def _issue(self, key: str) -> dict[str, object]:
        status = {"self": "https://jira.example/status/3", "name": "Done", "id": "3"}
        return {
            "expand": "",
            "id": "1",
            "self": f"https://jira.example/{key}",
            "key": key,
            "fields": {"summary": self.titles[key], "status": status},
        }


def _keys(path: str) -> list[str]:
    jql = parse_qs(urlsplit(path).query)["jql"][0]
    match = re.fullmatch(r"key in \((.*)\)", jql)
    assert match is not None, jql
    return match[1].split(", ")


class FakeGitHub:
    """Answers questions by GraphQL for the pull requests of commits.

    Parameters
    ----------
    commits : `dict` [ `str`, `list` [ `dict` ] ]
        By repository and commit, ``lsst/afw@<sha>``, its pull requests.
    """

    def __init__(self, commits: dict[str, list[dict[str, object]]]) -> None:
        self.commits = commits
        self.date = "2022-05-01T00:00:00Z"
        self.server = JsonServer(self.respond)

    def respond(self, asked: Asked) -> Answer:
        variables = asked.body["variables"]
        repository = f"{variables['owner']}/{variables['name']}"
        known = {key for key in self.commits if key.startswith(f"{repository}@")}
        if not known:
            error = {
                "type": "NOT_FOUND",
                "path": ["repository"],
                "message": f"Could not resolve to a Repository with the name '{repository}'.",
            }
            return Answer({"data": {"repository": None}, "errors": [error]})
        found: dict[str, object] = {}
        for alias, sha in re.findall(r'(\w+): object\(oid: "([0-9a-f]{40})"\)', asked.body["query"]):
            nodes = self.commits.get(f"{repository}@{sha}")
            found[alias] = (
                None
                if nodes is None
                else {"committedDate": self.date, "associatedPullRequests": {"nodes": nodes}}
            )
        return Answer({"data": {"repository": found}})
