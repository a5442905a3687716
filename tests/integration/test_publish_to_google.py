"""`rubin-releng stack publish` to a bucket of Google's protocol."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import requests
from gcp_storage_emulator.server import create_server

from rubin_releng.adapters.objectstores import open_object_store
from tests.support.googlebuckets import serve_google
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

WEEKLY = ("--tag", "w_2026_10", "--also-tag", "w_latest", "--env-version", "13.0.1", "--platform", "linux-64")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    url = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    requests.post(f"{url}/storage/v1/b", json={"name": "stack-bucket"}, timeout=30).raise_for_status()
    yield "gs://stack-bucket/stack"
    server.stop()


def test_a_bucket_of_google_gets_everything_once(tmp_path: Path, bucket: str) -> None:
    tiny = TinyStack(tmp_path)
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("top", "data")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", bucket)
    first = tiny.run("stack", "publish", *places, *WEEKLY, "top", "--json", "--quiet")
    assert first.code == 0, first.stdout + first.stderr
    again = tiny.run("stack", "publish", *places, *WEEKLY, "top", "--json", "--quiet")
    assert again.data["changes"]["add"] == again.data["changes"]["move"] == 0
    found = tiny.run(
        *("server", "check", "w_2026_10", "--pkgroot", bucket, "--verify", "--platform", "linux-64"), "--json"
    )
    assert found.code == 0, found.stdout
    store = open_object_store(bucket)
    store.remove("src/config.txt")
    store.remove("src/config.txt")
    assert store.read("src/config.txt") is None
    assert "w_latest.list" in store.listing("src/tags")
    assert store.listing("nowhere") == ()
    missing = tiny.run("server", "check", "w_2026_10", "--pkgroot", "gs://no-such-bucket/stack", "--json")
    assert missing.code == 3
    assert "there is no bucket `gs://no-such-bucket`" in missing.problems[0]


def test_nothing_that_others_write_meanwhile_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_google() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        store = open_object_store("gs://bucket/stack")
        name = "stack/tags/index.json"

        def add(mine: bytes) -> bytes:
            return store.update(
                "tags/index.json", lambda old: b" ".join(sorted({*(old or b"").split(), mine}))
            )

        def rival(content: bytes) -> None:
            server.before_upload = lambda: None
            server.put(name, content, {})

        # First another one creates it at the same time, then another one adds to it.
        server.before_upload = lambda: rival(b"theirs")
        assert add(b"a") == b"a theirs"
        server.before_upload = lambda: rival(b"a more theirs")
        assert add(b"z") == b"a more theirs z"
        assert server.refused == 2
        content, facts = server.objects[name]
        assert (content, facts["cacheControl"]) == (b"a more theirs z", "no-cache")
        described = store.describe("tags/index.json")
        assert described is not None
        assert described.sha256 == facts["metadata"]["sha256"]
        assert store.insert("tags/index.json", b"late") is False
