"""Images by buildah: the same content as ours, labels and names, and they run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.realregistries import program, serve_real_registry

pytestmark = pytest.mark.process


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


def output(*command: str) -> str:
    completed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.fixture
def buildah() -> str:
    if os.geteuid() != 0:
        pytest.skip("buildah needs root, or a range of user ids, to build here")
    return program("buildah")


@pytest.fixture
def trees(tmp_path: Path) -> tuple[str, ...]:
    """A system that is one program, and a stack."""
    system, stack = tmp_path / "system", tmp_path / "stack"
    (system / "bin").mkdir(parents=True)
    busybox = program("busybox", "busybox-static")
    shutil.copy(busybox, system / "bin/busybox")
    (system / "bin/busybox").chmod(0o755)
    (system / "bin/sh").symlink_to("busybox")
    (stack / "lib").mkdir(parents=True)
    (stack / "lib/a").write_text("a")
    (stack / "lib/a").chmod(0o640)
    (stack / "lib/same").hardlink_to(stack / "lib/a")
    (stack / "empty").mkdir(mode=0o750)
    return ("--tree", f"{system}:/", "--tree", f"{stack}:/opt/lsst")


OPTIONS = (
    *("--owner", "1000:1000", "--home", "/opt/lsst", "--epoch", "1000000000", "--tag", "w_1"),
    *("--label", "a=b c", "--user", "1000:1000", "--workdir", "/opt/lsst", "--env", "PATH=/bin"),
    *("--command", "sh"),
)


def documents(layout: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    def read(digest: str) -> Any:
        return json.loads((layout / "blobs/sha256" / digest.partition(":")[2]).read_bytes())

    entry = json.loads((layout / "index.json").read_bytes())["manifests"][0]
    manifest = read(entry["digest"])
    return manifest, read(manifest["config"]["digest"])


def content(layout: Path) -> dict[str, tuple[int, int, int, str]]:
    """Mode, owners and content of all files, above each other as in a container."""
    found = {}
    for layer in documents(layout)[0]["layers"]:
        with tarfile.open(layout / "blobs/sha256" / layer["digest"].partition(":")[2]) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() or member.islnk() else None
                inside = member.linkname if file is None else hashlib.sha256(file.read()).hexdigest()
                found[member.name.strip("/")] = (member.mode & 0o7777, member.uid, member.gid, inside)
    return found


@pytest.mark.parametrize("engine", ["buildah", "podman"])
def test_both_builders_make_the_same_image(
    engine: str, tmp_path: Path, trees: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip(f"{engine} needs root, or a range of user ids, to build here")
    program(engine)
    ours, theirs, again = tmp_path / "ours", tmp_path / "theirs", tmp_path / "again"
    assert run("build", *trees, *OPTIONS, "--compression", "gzip", "--output", ours) == 0
    for layout in (theirs, again):
        assert run("build", *trees, *OPTIONS, "--engine", engine, "--output", layout) == 0
        assert run("check", layout) == 0
    first, second = content(ours), content(theirs)
    assert {name: first[name] for name in first if name} == {name: second[name] for name in second if name}
    (ours_manifest, ours_config), (manifest, config) = documents(ours), documents(theirs)
    assert len(manifest["layers"]) == len(ours_manifest["layers"])
    assert manifest["annotations"].keys() == ours_manifest["annotations"].keys()
    assert manifest["annotations"]["a"] == "b c"
    for name in ("User", "WorkingDir", "Cmd", "Env"):
        assert config["config"][name] == ours_config["config"][name]
    assert config["config"]["Labels"]["a"] == "b c"
    assert config["created"].rstrip("Z").partition(".")[0] == ours_config["created"].rstrip("Z")
    assert documents(again) == (manifest, config)
    capsys.readouterr()
    assert run("build", *trees, *OPTIONS, "--engine", engine, "--output", ours, "--dry-run") == 0
    assert "ADD layer-1.tar /" in capsys.readouterr().out


@pytest.mark.network
def test_a_containerfile_is_built_and_its_program_runs(
    tmp_path: Path, trees: tuple[str, ...], buildah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    below, layout = tmp_path / "below", tmp_path / "layout"
    assert run("build", *trees, *OPTIONS, "--output", below, "--compression", "gzip") == 0
    folder = tmp_path / "derive"
    folder.mkdir()
    recipe = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY word /opt/word\nRUN cat /opt/word > made\n"
    (folder / "Containerfile").write_text(recipe)
    (folder / "word").write_text("yes")
    made = ("--engine", "buildah", "--containerfile", folder / "Containerfile", "--output", layout)
    with serve_real_registry(tmp_path / "registry") as server:
        assert run("push", below, f"{server}/lsst/base:w_1", "--yes") == 0
        (tmp_path / "registries").write_text(f'[[registry]]\nlocation = "{server}"\ninsecure = true\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries"))
        base = f"BASE_IMAGE={server}/lsst/base:w_1"
        assert run("build", *made, "--build-arg", base, "--tag", "d", "--epoch", "1000000000") == 0
        assert run("check", layout) == 0
        assert content(layout)["opt/lsst/made"][1:3] == (1000, 1000)
        assert run("push", layout, f"{server}/lsst/derived:w_1", "--yes") == 0
        state = (buildah, f"--root={tmp_path}/s", f"--runroot={tmp_path}/r", "--storage-driver=vfs")
        name = output(*state, "from", "--tls-verify=false", f"{server}/lsst/derived:w_1").strip()
        assert output(*state, "run", "--isolation", "chroot", name, "sh", "-c", "cat made") == "yes"


def test_folders_for_temporary_files_may_have_long_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("podman")
    long = tmp_path / ("a-rather-long-name-" * 3)
    (long / "tree").mkdir(parents=True)
    (long / "tree" / "x").write_text("x")
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert run("build", "--engine", "podman", "--tree", long / "tree", "--output", tmp_path / "layout") == 0
    assert run("check", tmp_path / "layout") == 0
    assert [path.name for path in long.iterdir()] == ["tree"]


def test_a_step_that_fails_leaves_the_layout_as_it_was(
    tmp_path: Path, trees: tuple[str, ...], buildah: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert buildah
    layout = tmp_path / "layout"
    assert run("build", *trees, *OPTIONS, "--output", layout) == 0
    before = (layout / "index.json").read_bytes()
    (tmp_path / "Containerfile").write_text("FROM scratch\nCOPY missing /\n")
    arguments = ("--engine", "buildah", "--containerfile", tmp_path / "Containerfile")
    assert run("build", *arguments, "--output", layout, "--tag", "w_1") == 1
    assert "missing" in capsys.readouterr().err
    assert (layout / "index.json").read_bytes() == before
    assert run("check", layout) == 0


def test_options_of_engines_belong_together(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text("FROM scratch\n")
    recipe = ("--containerfile", tmp_path / "Containerfile", "--output", tmp_path / "layout")
    assert run("build", *recipe) == 2
    assert run("build", *recipe, "--engine", "buildah", "--tree", tmp_path) == 2
    assert run("build", "--tree", tmp_path, "--context", tmp_path, "--output", tmp_path / "layout") == 2


def test_docker_is_asked_for_a_layout_with_all_that_was_given(
    tmp_path: Path, trees: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, layout, told = tmp_path / "made", tmp_path / "layout", tmp_path / "told"
    assert run("build", *trees, *OPTIONS, "--compression", "gzip", "--output", made) == 0
    # Stands in for a daemon, which tests cannot have: it writes down what it is asked, and gives that image.
    script = (
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Docker version 27" && exit\nprintf "%s\\n" "$@" > {told}\n'
        f'for one; do case $one in --output=*) cp -r {made} "${{one##*dest=}}";; esac; done\n'
    )
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/docker").write_text(script)
    (tmp_path / "programs/docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:{os.environ['PATH']}")
    assert run("build", *trees, *OPTIONS, "--engine", "docker", "--output", layout) == 0
    words = told.read_text().splitlines()
    given = {"--label=a=b c", "--platform=linux/amd64", "--build-arg=SOURCE_DATE_EPOCH=1000000000"}
    assert words[:2] == ["buildx", "build"]
    assert given < set(words)
    assert run("check", layout) == 0
    assert documents(layout)[0]["annotations"]["org.lsst.image.compressor"] == "Docker version 27"


def test_a_killed_engine_leaves_nothing_that_the_next_run_does_not_remove(
    tmp_path: Path, trees: tuple[str, ...], buildah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert buildah
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    layout, trace = tmp_path / "layout", tmp_path / ".layout.engine"
    words = ["image", "build", *trees, *OPTIONS, "--engine", "buildah", "--output", str(layout), "--quiet"]
    main = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
    with subprocess.Popen([sys.executable, "-c", main, *words], stderr=subprocess.DEVNULL) as builder:
        while not (trace.exists() and (Path(trace.read_text().strip()) / "storage").exists()):
            assert builder.poll() is None
            time.sleep(0.001)
        children = Path(f"/proc/{builder.pid}/task/{builder.pid}/children").read_text().split()
        builder.kill()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    left = Path(trace.read_text().strip())
    assert left.parent == tmp_path / "tmp"
    assert left.is_dir()
    assert not (layout / "index.json").exists()
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert run(*words[1:-1]) == 0
    assert run("check", layout) == 0
    assert not trace.exists()
    assert not left.exists()
