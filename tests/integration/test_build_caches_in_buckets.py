"""A build cache that several machines share: a bucket behind a real S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.stackbuilding import Answer, TinyStack

pytest.importorskip("s3fs", reason="the extra `stores` is not installed")
bucketservers = pytest.importorskip("tests.support.bucketservers")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.bucketservers import BucketServer

pytestmark = [pytest.mark.network, pytest.mark.process]


@pytest.fixture
def server() -> Iterator[BucketServer]:
    with bucketservers.serve_buckets() as server:
        yield server


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("base", files={"data/x.txt": "x"})
    tiny.add("top", "base")
    assert tiny.prepare("top").code == 0
    return tiny


def build(tiny: TinyStack, server: BucketServer, *caches: str, stack: str) -> Answer:
    places = ("--build-dir", "build", "--stack", stack, "--json")
    chosen = [word for cache in caches for word in ("--cache", cache)]
    answer = tiny.run("stack", "build", *places, *chosen, **server.variables)
    assert answer.code == 0, answer.stdout + answer.stderr
    return answer


def test_what_one_machine_built_others_unpack(tiny: TinyStack, server: BucketServer) -> None:
    url = server.make("builds")
    assert build(tiny, server, url, stack="one").data["cached"] == 0
    assert build(tiny, server, "near", url, stack="two").data["cached"] == 2
    # Now the near one has it, and the bucket is not asked for it any more.
    server.asked.clear()
    assert build(tiny, server, "near", url, stack="three").data["cached"] == 2
    assert not any("archives" in one.path for one in server.asked)
    listed = tiny.run("stack", "cache", "list", "--cache", url, "--json", **server.variables)
    assert [one["product"] for one in listed.data["entries"]] != []


def test_a_bucket_that_fails_does_no_harm(tiny: TinyStack, server: BucketServer) -> None:
    url = server.make("builds")
    server.fault = lambda _: "500"
    answer = build(tiny, server, url, stack="one")
    assert {one["outcome"] for one in answer.data["products"]} == {"built"}
    assert answer.stderr.count("is left alone") == 1
