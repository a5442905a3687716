"""Images go to a real registry and come back; names, files beside them, interruptions."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from rubin_releng.images.sboms import make_sbom
from tests.support.realregistries import program, serve_real_registry
from tests.support.registryservers import Fault, serve_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with serve_real_registry(tmp_path / "registry") as server:
        yield server


def built(tmp_path: Path, name: str, *contents: str, architecture: str = "amd64") -> Path:
    """Build an image of one layer for each content."""
    arguments: list[object] = []
    for content in contents:
        tree = tmp_path / "trees" / content
        tree.mkdir(parents=True, exist_ok=True)
        (tree / content).write_text(content * 5000)
        arguments += ["--tree", f"{tree}:/opt/{content}"]
    layout = tmp_path / name
    how = ("--output", layout, "--tag", "t", "--architecture", architecture, "--no-provenance")
    assert run("build", *arguments, *how) == 0
    return layout


def answered(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_an_image_goes_comes_back_and_is_in_order(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    image = f"{registry}/lsst/scipipe:al9-w_1"
    layout = built(tmp_path, "layout", "a", "b")
    planned = answered(capsys, "push", layout, image)
    assert not planned["done"]
    assert run("check", image) == 3
    pushed = answered(capsys, "push", layout, image, "--yes")
    assert (pushed["done"], len(pushed["uploaded"])) == (True, 3)
    assert pushed["sent_bytes"] == planned["missing_bytes"]
    assert run("check", image) == 0
    assert run("pull", image, tmp_path / "pulled") == 0
    assert run("check", tmp_path / "pulled") == 0
    names = [
        sorted(path.name for path in (one / "blobs/sha256").iterdir())
        for one in (layout, tmp_path / "pulled")
    ]
    assert names[0] == names[1]


def test_of_a_second_week_one_layer_and_the_configuration_are_sent(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"product{number}" for number in range(22)]
    image = f"{registry}/lsst/scipipe"
    assert run("push", built(tmp_path, "one", *names), f"{image}:w_1", "--yes") == 0
    second = built(tmp_path, "two", *names[:-1], "changed")
    pushed = answered(capsys, "push", second, f"{image}:w_2", "--yes")
    assert (len(pushed["uploaded"]), pushed["present"]) == (2, 21)
    found = answered(capsys, "diff", f"{image}:w_1", f"{image}:w_2", "--architecture", "amd64")
    assert (found["bytes"], len(found["layers"])) == (pushed["sent_bytes"], 1)
    assert answered(capsys, "diff", f"{image}:w_2", second)["bytes"] == 0
    again = answered(capsys, "push", second, f"{image}:w_2", "--yes")
    assert again["sent_bytes"] == 0
    other = answered(capsys, "push", second, f"{registry}/lsst/other:w_2", "--mount", "lsst/scipipe", "--yes")
    assert (len(other["mounted"]), other["uploaded"]) == (23, [])


def test_names_move_only_behind_a_smoke_test_that_passed(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layout, image = built(tmp_path, "layout", "a"), f"{registry}/lsst/scipipe"
    move = ("push", layout, f"{image}:w_1", "--moving", "w_latest", "--yes")
    assert run(*move) == 2
    assert run(*move, "--after", "false") == 2
    assert run(*move, "--after", "sh -c 'exit 1' {image}") == 1
    assert run("check", f"{image}:w_1") == 0
    assert run("check", f"{image}:w_latest") == 3
    skopeo = program("skopeo")
    assert run(*move, "--after", f"{skopeo} inspect --tls-verify=false docker://{{image}}") == 0
    assert run("check", f"{image}:w_latest") == 0
    second = built(tmp_path, "second", "b")
    assert run("push", second, f"{image}:w_1", "--yes") == 6
    assert run("push", second, f"{image}:w_2", "--yes") == 0
    assert run("tag", f"{image}:w_2", "--moving", "w_latest", "--tested", "--yes") == 0
    tagged = answered(capsys, "tag", f"{image}:w_2", "w_latest")
    assert tagged["tags"][0]["before"] == tagged["tags"][0]["digest"]
    # This registry removes images with all their names only.
    assert run("untag", f"{image}:w_latest", "--yes") == 6
    assert run("untag", f"{image}:none", "--yes") == 3


def test_two_architectures_have_one_name_that_others_understand(tmp_path: Path, registry: str) -> None:
    layouts = [built(tmp_path, one, "a", architecture=one) for one in ("amd64", "arm64")]
    assert run("index", *layouts, "--output", tmp_path / "both", "--tag", "w_1") == 0
    image = f"{registry}/lsst/scipipe"
    assert run("push", tmp_path / "both", f"{image}:w_1", "--single", "--yes") == 0
    found = subprocess.run(
        [program("skopeo"), "inspect", "--tls-verify=false", "--raw", f"docker://{image}:w_1"],
        check=True,
        capture_output=True,
    )
    platforms = [one["platform"]["architecture"] for one in json.loads(found.stdout)["manifests"]]
    assert platforms == ["amd64", "arm64"]
    for name in ("w_1_x86", "w_1_aarch64"):
        assert run("check", f"{image}:{name}") == 0


def test_files_lie_beside_an_image(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    image = f"{registry}/lsst/scipipe:w_1"
    assert run("push", built(tmp_path, "layout", "a"), image, "--yes") == 0
    (tmp_path / "stack.spdx.json").write_bytes(
        make_sbom(name="x", created="2026-10-15T00:00:00Z", creator="t", packages=[], release=None)
    )
    (tmp_path / "env.txt").write_text("@EXPLICIT\n")
    files = (f"sbom={tmp_path / 'stack.spdx.json'}", f"packages={tmp_path / 'env.txt'}")
    assert run("attach", image, *files) == 0
    assert answered(capsys, "attached", image)["attachments"] == []
    assert run("attach", image, *files, "--yes") == 0
    assert run("attach", image, *files, "--yes") == 0
    found = answered(capsys, "attached", image, "--output", tmp_path / "beside")
    assert [one["title"] for one in found["attachments"]] == ["stack.spdx.json", "env.txt"]
    assert (tmp_path / "beside/env.txt").read_text() == "@EXPLICIT\n"
    (tmp_path / "again").mkdir()
    (tmp_path / "again/env.txt").write_text("@EXPLICIT\n# other\n")
    assert run("attach", image, f"packages={tmp_path / 'again/env.txt'}", "--yes") == 0
    files_now = answered(capsys, "attached", image, "--output", tmp_path / "beside")["files"]
    assert len(set(files_now)) == 3
    assert run("attach", image, "unknown=x") == 2
    assert run("attached", f"{registry}/lsst/scipipe:none") == 3


def test_a_registry_with_passwords_opens_for_who_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passwords = tmp_path / "passwords"
    made = subprocess.run(
        [program("htpasswd", "apache2-utils"), "-Bbn", "me", "secret"], check=True, capture_output=True
    )
    passwords.write_bytes(made.stdout)
    layout = built(tmp_path, "layout", "a")
    with serve_real_registry(tmp_path / "registry", passwords=passwords) as server:
        image = f"{server}/lsst/scipipe:w_1"
        assert run("push", layout, image, "--yes") == 4
        assert "wants a login" in capsys.readouterr().err
        packed = base64.b64encode(b"me:secret").decode()
        config = tmp_path / "auth.json"
        config.write_text(json.dumps({"auths": {server: {"auth": packed}}}))
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(config))
        assert run("push", layout, image, "--yes") == 0
        assert run("check", image) == 0


def test_a_push_that_was_killed_is_finished_by_the_same_command(tmp_path: Path) -> None:
    layout = built(tmp_path, "layout", "a", "b", "c")
    with serve_registry() as registry:
        image = f"{registry.server}/lsst/scipipe:w_1"
        registry.faults.append(Fault("PUT", "uploads", status=503, headers={"Retry-After": "60"}, times=1))
        command = [sys.executable, "-c", "from rubin_releng.commands.main import main; main()"]
        arguments = ["image", "push", str(layout), image, "--yes", "--jobs", "2"]
        with subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL) as first:
            while len(registry.blobs) < 3:
                assert first.poll() is None
                time.sleep(0.02)
            first.send_signal(signal.SIGKILL)
        assert registry.documents == {}
        there = len(registry.blobs)
        registry.asked.clear()
        assert run("push", layout, image, "--yes") == 0
        assert sum(one.startswith("PUT") and "uploads" in one for one in registry.asked) == 4 - there
        assert run("check", image) == 0


def test_a_registry_that_lies_is_told_and_nothing_gets_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = built(tmp_path, "layout", "a")
    with serve_registry() as registry:
        image = f"{registry.server}/lsst/scipipe:w_1"
        lie = {"Docker-Content-Digest": f"sha256:{'0' * 64}"}
        registry.faults.append(Fault("PUT", "uploads", headers=lie))
        assert run("push", layout, image, "--yes") == 5
        assert "the registry says" in capsys.readouterr().err
        assert registry.documents == {}
        assert run("push", layout, image, "--yes") == 0
        assert run("pull", image, tmp_path / "pulled") == 0
        name = max(registry.blobs, key=lambda one: len(registry.blobs[one]))
        registry.blobs[name] = registry.blobs[name][:-1] + b"x"
        assert run("check", image) == 5
        assert run("pull", image, tmp_path / "other") == 5
        assert not (tmp_path / "other" / "index.json").exists()


def test_an_image_without_a_name_is_found_by_its_digest(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layout, image = built(tmp_path, "layout", "a"), f"{registry}/lsst/scipipe"
    pushed = answered(capsys, "push", layout, image, "--by-digest", "--yes")
    assert (pushed["tags"], pushed["done"]) == ([], True)
    assert run("check", pushed["image"]) == 0
    assert run("push", layout, f"{image}:w_1", "--by-digest") == 2
    assert run("push", layout, image) == 2
    assert run("tag", pushed["image"], "w_1", "--yes") == 0
    assert run("check", f"{image}:w_1") == 0


def test_images_are_joined_where_they_are(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    image = f"{registry}/lsst/scipipe"
    pushed = [
        answered(capsys, "push", built(tmp_path, one, "a", architecture=one), image, "--by-digest", "--yes")
        for one in ("amd64", "arm64")
    ]
    names = [one["image"] for one in pushed]
    planned = answered(capsys, "join", *names)
    assert run("check", planned["image"]) == 3
    joined = answered(capsys, "join", *reversed(names), "--yes")
    assert {**planned, "done": True} == joined
    assert [one["architecture"] for one in joined["manifests"]] == ["amd64", "arm64"]
    assert run("check", joined["image"]) == 0
    assert run("join", names[0], f"{registry}/other@{joined['digest']}", "--yes") == 2
    assert run("join", names[0], image, "--yes") == 2
