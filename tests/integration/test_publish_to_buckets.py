"""`rubin-releng stack publish` to a real server of buckets, which fails as it is told to."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.releases import parse_release
from rubin_releng.adapters.objectstores import open_object_store
from tests.support.bucketservers import Asked, BucketServer, serve_buckets
from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.process, pytest.mark.network]

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
WEEKLY = ("--tag", "w_2026_10", "--also-tag", "w_latest", "--env-version", "13.0.1", "--platform", "linux-64")
DOCUMENT = "releases/w_2026_10.json"
LISTS = ("src/tags/w_2026_10.list", f"{BINARIES}/w_2026_10.list")

_PROGRAM = """
import sys
for name in ("s3fs", "gcsfs"):
    sys.modules[name] = None
from rubin_releng.commands.main import main
raise SystemExit(main())
"""


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with serve_buckets() as server:
        yield server


@pytest.fixture
def s3(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    server.asked.clear()
    yield server
    server.fault = lambda _: ""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyStack:
    tiny = TinyStack(tmp_path_factory.mktemp("tiny"))
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("top", "data")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    return tiny


@pytest.fixture
def bucket(s3: BucketServer, request: pytest.FixtureRequest) -> str:
    url = s3.make("b" + "".join(one for one in request.node.name if one.isalnum()).lower()[-50:])
    s3.asked.clear()
    return url


def publish(tiny: TinyStack, url: str, *arguments: str) -> Answer:
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", url)
    return tiny.call("stack", "publish", *places, *WEEKLY, *arguments, "top", "--json", "--quiet")


def check(tiny: TinyStack, url: str, *arguments: str) -> Answer:
    return tiny.call("server", "check", "w_2026_10", "--pkgroot", url, "--json", *arguments)


def files_of(url: str) -> dict[str, bytes | None]:
    store = open_object_store(url)
    return {
        path: store.read(path)
        for folder in store.folders()
        for path in (f"{folder}/{name}" for name in store.listing(folder))
    }


def test_a_bucket_gets_the_same_bytes_as_a_folder(tiny: TinyStack, s3: BucketServer, bucket: str) -> None:
    answer = publish(tiny, bucket)
    assert answer.code == 0, answer.stdout + answer.stderr
    assert publish(tiny, str(tiny.folder / "folder")).code == 0
    ours, theirs = files_of(bucket), files_of(str(tiny.folder / "folder"))
    for document in (ours.pop(DOCUMENT), theirs.pop(DOCUMENT)):
        assert document is not None
    assert ours == theirs
    done = check(tiny, bucket, "--verify", "--platform", "linux-64")
    assert done.code == 0, done.stdout
    assert done.data["platforms"]["linux-64"]["state"] == "complete"
    assert done.data["document"] == {
        "present": True,
        "files": 6,
        "verified": True,
        "platforms": ["linux-64"],
        "problems": [],
    }
    # Each file was put once; the list of a folder again when a tag moved in it.
    assert sorted(set(s3.put())) == sorted([*ours, DOCUMENT])
    assert s3.counts()["PUT"] == len(ours) + 2


def test_what_is_there_is_not_uploaded_again(tiny: TinyStack, s3: BucketServer, bucket: str) -> None:
    assert publish(tiny, bucket).code == 0
    first = s3.put()
    s3.asked.clear()
    assert publish(tiny, bucket).data["changes"]["add"] == 0
    assert s3.put() == []
    s3.asked.clear()
    later = publish(tiny, bucket, "--tag", "w_2026_11")
    assert later.code == 0
    new = [path for path in s3.put() if not path.endswith("index.json")]
    assert sorted(new) == sorted(path.replace("w_2026_10", "w_2026_11") for path in (*LISTS, DOCUMENT))
    assert len(first) > 3 * len(new)


def test_what_others_see_comes_last(tiny: TinyStack, s3: BucketServer, bucket: str) -> None:
    assert publish(tiny, bucket).code == 0
    order = s3.put()
    packages = max(order.index(path) for path in order if path.endswith((".eupspkg", ".tar.gz", ".index")))
    texts = max(order.index(path) for path in order if path.endswith((".manifest", ".table", "config.txt")))
    lists = [order.index(path) for path in LISTS]
    assert packages < min(texts, *lists)
    assert texts < min(lists)
    assert max(lists) < order.index(DOCUMENT) < order.index("src/tags/w_latest.list")


def test_a_dry_run_uploads_nothing(tiny: TinyStack, s3: BucketServer, bucket: str) -> None:
    answer = publish(tiny, bucket, "--dry-run")
    assert {file["change"] for file in answer.data["files"]} == {"add"}
    assert set(s3.counts()) == {"GET", "HEAD"}


def failing_from(number: int, how: str) -> Callable[[Asked], str]:
    count = 0

    def fault(asked: Asked) -> str:
        nonlocal count
        count += asked.method == "PUT"
        return how if count >= number and asked.method == "PUT" else ""

    return fault


@pytest.mark.parametrize(("number", "how"), [(12, "500"), (17, "reset")])
def test_a_server_that_fails_leaves_nothing_half_published(
    tiny: TinyStack, s3: BucketServer, bucket: str, number: int, how: str
) -> None:
    s3.fault = failing_from(number, how)
    answer = publish(tiny, bucket)
    assert answer.code == 4, answer.stdout
    assert any("the server of <s3://" in problem for problem in answer.problems)
    s3.fault = lambda _: ""
    assert DOCUMENT not in files_of(bucket)
    assert check(tiny, bucket).code in {0, 3}
    assert publish(tiny, bucket).code == 0
    assert check(tiny, bucket, "--verify", "--platform", "linux-64").code == 0


def test_wrong_and_missing_credentials_are_told(tiny: TinyStack, bucket: str) -> None:
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", bucket)
    for variables in ({"AWS_ACCESS_KEY_ID": "wrong"}, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}):
        answer = tiny.run("stack", "publish", *places, *WEEKLY, "top", "--json", **variables)
        assert answer.code == 4, answer.stdout
        assert "refuses access" in answer.problems[0]
        assert "credentials" in answer.data["error"]["hint"]


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("s3://no-such-bucket/stack", 3, "there is no bucket `s3://no-such-bucket`"),
        ("s3://", 2, "names no bucket"),
        ("ftp://example.org/stack", 2, "neither a folder nor a bucket"),
        ("https://example.org/stack", 2, "neither a folder nor a bucket"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_told(
    tiny: TinyStack, s3: BucketServer, url: str, code: int, told: str
) -> None:
    answer = publish(tiny, url)
    assert answer.code == code, answer.stdout
    assert told in answer.problems[0]
    assert s3.put() == []


def test_without_the_libraries_their_extra_is_named(tiny: TinyStack) -> None:
    for url in ("s3://bucket/stack", "gs://bucket/stack"):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, "server", "check", "w_2026_10", "--pkgroot", url],
            cwd=tiny.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert "lsstinstall[releng,stores]" in done.stderr


@pytest.mark.parametrize("seed", range(int(os.environ.get("LSSTINSTALL_PUBLISH_SEEDS", "1"))))
def test_a_killed_publication_is_not_seen_in_part_and_completed(
    tiny: TinyStack, s3: BucketServer, bucket: str, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(2):
        last = rng.randrange(1, 25)
        with start(tiny, bucket) as process:
            count = 0

            def kill(asked: Asked, *, last: int = last, process: subprocess.Popen[str] = process) -> str:
                nonlocal count
                count += asked.method == "PUT"
                if count >= last and process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                return ""

            s3.fault = kill
            process.communicate()
        s3.fault = lambda _: ""
        found = check(tiny, bucket, "--verify")
        assert found.code in {0, 3}, found.stdout
    assert publish(tiny, bucket).code == 0
    assert check(tiny, bucket, "--verify", "--platform", "linux-64").code == 0


def start(tiny: TinyStack, url: str, *arguments: str) -> subprocess.Popen[str]:
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", url)
    return tiny.start("stack", "publish", *places, *WEEKLY, *arguments, "top", "--json", "--quiet")


def test_two_platforms_at_once_lose_nothing_of_each_other(tiny: TinyStack, bucket: str) -> None:
    mac = ("--platform", "osx-arm64")
    other = TinyStack(tiny.folder.parent / "other")
    if not other.folder.exists():
        subprocess.run(["cp", "-a", str(tiny.folder), str(other.folder)], check=True)
    # The second one's stack is for the other platform.
    (other.folder / "stack").rename(other.folder / "linux-stack")
    assert other.build("--flavor", "Darwin", CONDA_PREFIX="").code == 0
    with start(tiny, bucket) as one, start(other, bucket, *mac) as two:
        answers = [process.communicate() for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), answers
    data = open_object_store(bucket).read(DOCUMENT)
    assert data is not None
    release = parse_release(data, source=DOCUMENT)
    assert [platform.subdir for platform in release.platforms] == ["linux-64", "osx-arm64"]
    names = open_object_store(bucket).read("releases/index.json")
    assert names is not None
    assert json.loads(names) == ["w_2026_10.json"]
    assert check(tiny, bucket, "--verify", "--platform", "linux-64", "--platform", "osx-arm64").code == 0


def test_lists_of_files_are_repaired_in_a_bucket_too(tiny: TinyStack, bucket: str) -> None:
    assert publish(tiny, bucket).code == 0
    store = open_object_store(bucket)
    store.remove("src/tags/index.json")
    store.write("src/manifests/index.json", b"nonsense")
    done = tiny.call("server", "index", bucket, "--json")
    changed = {one["path"]: one["change"] for one in done.data["folders"] if one["change"] != "keep"}
    assert changed == {"src/tags": "add", "src/manifests": "move"}
