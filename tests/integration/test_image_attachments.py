"""What an image tells of itself lies beside it; releases and those who build on it hear of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.releases import parse_release
from rubin_releng.commands.main import cli
from tests.support.jsonservers import Answer, JsonServer, serve_json
from tests.support.realregistries import serve_real_registry
from tests.support.registryservers import Fault, RegistryServer, serve_registry
from tests.support.releases import a_release
from tests.support.signingkeys import make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

RECIPE = """\
name = "stack"
title = "t"
summary = "s"
from = { image = "env" }
platforms = ["linux/amd64"]

[[downstream]]
repository = "lsst/one"
workflow = "build.yaml"
inputs = { image = "{image}", tag = "{tag}" }

[[downstream]]
repository = "lsst/two"
event = "stack-image"
"""


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


def answered(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    assert run(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def remote() -> Iterator[RegistryServer]:
    """A registry with the interface for what is beside images."""
    with serve_registry(RegistryServer(keeps_referrers=True)) as registry:
        yield registry


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """A small stack for two platforms."""
    record = {
        "name": "numpy",
        "version": "2",
        "build": "0",
        "subdir": "linux-64",
        "url": "https://e.org/n.conda",
    }
    for name in ("amd64", "arm64"):
        (tmp_path / name / "conda-meta").mkdir(parents=True)
        (tmp_path / name / "conda-meta" / "numpy.json").write_text(json.dumps({**record, "md5": name}))
        (tmp_path / name / "ups_db" / "afw").mkdir(parents=True)
        (tmp_path / name / "ups_db" / "afw" / "g1+2.version").write_text("FILE = version\n")
    trees = [f"--tree=linux/{name}={tmp_path / name}:/opt" for name in ("amd64", "arm64")]
    assert run("build", *trees, "--output", tmp_path / "layout", "--tag", "t") == 0
    return tmp_path / "layout"


def test_an_image_tells_what_is_in_it_and_how_it_was_made(
    tmp_path: Path, layout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "w_2026_42.json"
    release.write_bytes(a_release().canonical())
    private, public = make_keys(tmp_path, "key")
    with serve_real_registry(tmp_path / "registry") as server:
        image = f"{server}/lsst/scipipe:al9-w_2026_42"
        pushed = answered(capsys, "push", layout, image, "--yes")
        assert pushed["provenances"] == 1
        made = ("attach", image, "--sbom", "--packages", "--manifest", "--release", release)
        assert not answered(capsys, *made)["done"]
        attached = answered(capsys, *made, "--yes")["attachments"]
        again = answered(capsys, *made, "--layout", layout, "--yes")["attachments"]
        assert attached == again
        listed = answered(capsys, "attached", image)["attachments"]
        assert [(one["kind"], one["platform"]) for one in listed] == [
            ("provenance", None),
            ("manifest", None),
            ("sbom", "linux/amd64"),
            ("packages", "linux/amd64"),
            ("sbom", "linux/arm64"),
            ("packages", "linux/arm64"),
        ]
        assert answered(capsys, "check", image)["attachments"] == 6
        assert run("sign", image, "--key", private, "--each", "--yes") == 0
        assert run("verify", image, "--key", public, "--provenance") == 0
        single = answered(capsys, "attached", image)["attachments"][-1]["subject"]
        assert run("verify", f"{server}/lsst/scipipe@{single}", "--key", public) == 0
        assert run("check", image) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ((), 2, "nothing to attach"),
        (("--provenance",), 2, "only the build knows"),
        (("--manifest",), 2, "no release document"),
        (("--packages", "--name", "x"), 2, "nothing is made that `--name` is for"),
        (("sbom",), 2, "is nothing to attach"),
        (("sbom=missing.json",), 3, "missing.json"),
        (("--sbom", "--release", "missing.json"), 3, "missing.json"),
        (("--sbom", "--layout", "missing"), 3, "there is no image layout"),
    ],
)
def test_what_cannot_be_attached_is_told(
    arguments: tuple[str, ...],
    code: int,
    problem: str,
    layout: Path,
    remote: RegistryServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = f"{remote.server}/lsst/scipipe:t"
    assert run("push", layout, image, "--yes") == 0
    before = len(remote.documents)
    error = answered(capsys, "attach", image, *arguments, "--yes", code=code)["error"]
    assert problem in error["message"]
    assert len(remote.documents) == before


def test_the_provenance_of_another_build_is_not_pushed(
    tmp_path: Path, layout: Path, remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build", "--tree", tmp_path / "amd64", "--output", tmp_path / "other") == 0
    (tmp_path / "other.provenance.jsonl").replace(tmp_path / "layout.provenance.jsonl")
    image = f"{remote.server}/lsst/scipipe:t"
    error = answered(capsys, "push", layout, image, "--yes", code=5)["error"]
    assert "is about the image" in error["message"]
    assert remote.documents == {}
    assert answered(capsys, "push", layout, image, "--yes", "--no-provenance")["provenances"] == 0


def test_a_release_document_learns_of_the_image_after_all_else(
    tmp_path: Path, layout: Path, remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "releases" / "w_2026_42.json"
    document.parent.mkdir()
    document.write_bytes(a_release(images=()).canonical())
    place = f"{remote.server}/lsst/scipipe"
    push = ("push", layout, f"{place}:al9-w_2026_42", "--document", document)
    assert answered(capsys, *push)["document"] == {"path": str(document), "changed": True}
    assert parse_release(document.read_bytes(), source="x").images == ()
    failed = answered(capsys, *push, "--moving", "w_latest", "--after", "false {image}", "--yes", code=1)[
        "error"
    ]
    assert "the smoke test has failed: `false " in failed["message"]
    assert "names that move are where they were" in failed["hint"]
    assert parse_release(document.read_bytes(), source="x").images == ()
    assert run(*push, "--moving", "w_latest", "--after", "true {image}", "--yes") == 0
    found = parse_release(document.read_bytes(), source="x").images
    assert [(one.name, one.subdir, one.tags) for one in found] == [
        (place, "linux-64", ()),
        (place, "linux-aarch64", ()),
        (place, "noarch", ("al9-w_2026_42",)),
    ]
    assert answered(capsys, *push, "--yes")["document"]["changed"] is False
    assert run("tag", f"{place}:al9-w_2026_42", "stable", "--document", document, "--yes") == 0
    found = parse_release(document.read_bytes(), source="x").images
    assert found[2].tags == ("al9-w_2026_42", "stable")
    single = f"{place}@{found[0].digest}"
    assert run("tag", single, "only_x86", "--document", document, "--yes") == 0
    assert parse_release(document.read_bytes(), source="x").images[0].tags == ("only_x86",)


def test_a_document_with_another_image_refuses_before_anything_is_pushed(
    tmp_path: Path, layout: Path, remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "w_2026_42.json"
    document.write_bytes(a_release(images=()).canonical())
    place = f"{remote.server}/lsst/scipipe"
    assert run("push", layout, f"{place}:a", "--document", document, "--yes") == 0
    assert run("build", "--tree", tmp_path / "amd64", "--output", tmp_path / "new", "--tag", "t") == 0
    before = len(remote.documents)
    again = ("push", tmp_path / "new", f"{place}:b", "--document", document, "--yes")
    error = answered(capsys, *again, code=6)["error"]
    assert "has another image" in error["message"]
    assert len(remote.documents) == before
    assert run(*again, "--replace") == 0
    assert run("push", layout, f"{place}:c", "--document", tmp_path / "none.json", "--yes") == 3
    document.write_text("{}")
    assert run("push", layout, f"{place}:c", "--document", document, "--yes") == 5


def test_an_attachment_that_was_killed_is_finished_by_the_same_command(
    layout: Path, remote: RegistryServer
) -> None:
    image = f"{remote.server}/lsst/scipipe:t"
    assert run("push", layout, image, "--yes", "--no-provenance") == 0
    arguments = ["image", "attach", image, "--sbom", "--packages", "--yes", "-q"]
    code = "from rubin_releng.commands.main import main; main()"
    remote.faults.append(Fault("PUT", "manifests", status=503, headers={"Retry-After": "20"}, times=99))
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    while not any(one.startswith("PUT") and "manifests/sha" in one for one in remote.asked[-3:]):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    remote.faults.clear()
    assert run("check", image) == 0
    assert run(*arguments[1:-1]) == 0
    assert run("check", image) == 0


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonServer]:
    """A service that starts whatever it is asked for."""
    with serve_json(JsonServer(lambda _: Answer(b"", 204))) as service:
        monkeypatch.setenv("GITHUB_API_URL", service.url)
        monkeypatch.setenv("GITHUB_TOKEN", "opened")
        yield service


def test_those_who_build_on_an_image_are_started(
    tmp_path: Path,
    layout: Path,
    remote: RegistryServer,
    github: JsonServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = tmp_path / "image.toml"
    recipe.write_text(RECIPE)
    image = f"{remote.server}/lsst/scipipe:t"
    pushed = answered(capsys, "push", layout, image, "--yes")
    command = ("dispatch", recipe, image, "--release-tag", "w_2026_42")
    planned = answered(capsys, *command)
    assert answered(capsys, *command, "--yes", "--dry-run") == planned
    assert (planned["done"], github.asked) == (False, [])
    assert answered(capsys, *command, "--yes")["done"]
    assert [(one.path, one.headers["authorization"]) for one in github.asked] == [
        ("/repos/lsst/one/actions/workflows/build.yaml/dispatches", "Bearer opened"),
        ("/repos/lsst/two/dispatches", "Bearer opened"),
    ]
    assert github.asked[0].body == {"ref": "main", "inputs": {"image": pushed["image"], "tag": "w_2026_42"}}
    assert run("dispatch", recipe, image, "--yes") == 2
    assert run(*command, "--only", "lsst/three") == 2
    assert run("dispatch", recipe, f"{remote.server}/lsst/scipipe:none", "--only", "lsst/two", "--yes") == 3


def test_a_workflow_that_is_not_started_is_named_and_started_later(
    tmp_path: Path,
    layout: Path,
    remote: RegistryServer,
    github: JsonServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = tmp_path / "image.toml"
    recipe.write_text(RECIPE)
    image = f"{remote.server}/lsst/scipipe:t"
    assert run("push", layout, image, "--yes") == 0
    command = ("dispatch", recipe, image, "--release-tag", "w_2026_42", "--yes")
    github.first.append(Answer({"message": "Resource not accessible"}, 403))
    error = answered(capsys, *command, code=4)["error"]
    assert "1 of 2 workflows were not started" in error["message"]
    assert error["hint"] == "run the same command again: it starts these, and no other"
    assert len(github.asked) == 2
    planned = answered(capsys, *command, "--dry-run")["dispatches"]
    assert [one["outcome"] for one in planned] == ["planned", "started before"]
    done = answered(capsys, *command)["dispatches"]
    assert [one["outcome"] for one in done] == ["started", "started before"]
    assert [one.path for one in github.asked[2:]] == [done[0]["path"]]
    assert run(*command) == 0
    assert len(github.asked) == 3
    assert run(*command, "--again", "--only", "lsst/two") == 0
    assert run(*command, "--journal", tmp_path / "other.jsonl", "--only", "lsst/two") == 0
    assert len(github.asked) == 5
    assert not list(tmp_path.glob(".*.lock"))
    monkeypatch.delenv("GITHUB_TOKEN")
    assert run(*command) == 6


def test_files_that_are_gone_do_not_keep_back_the_others(
    tmp_path: Path, layout: Path, remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    image = f"{remote.server}/lsst/scipipe:t"
    assert run("push", layout, image, "--yes") == 0
    assert run("attach", image, "--sbom", "--packages", "--yes") == 0
    lists = [name for name, (_, content) in remote.documents.items() if b"conda-packages" in content]
    layers = [json.loads(remote.documents[name][1])["layers"][0]["digest"] for name in lists]
    del remote.blobs[layers[0]]
    error = answered(capsys, "attached", image, "--output", tmp_path / "beside", code=3)["error"]
    assert error["message"] == "not all attachments could be fetched, 4 files were (1 problem)"
    assert len(list((tmp_path / "beside").iterdir())) == 4
