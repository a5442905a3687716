"""Registries that fail, as commands meet them: a clear error, no half image, and the next run completes."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.registryservers import Fault, RegistryServer, serve_registry
from tests.support.smalldisks import small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """An image of three layers, one of which is large and cannot be compressed."""
    words: list[object] = []
    for name, size in (("a", 400_000), ("b", 100), ("c", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(os.urandom(size))
        words += ["--tree", f"{tmp_path / name}:/opt/{name}"]
    assert run("build", *words, "--output", tmp_path / "layout", "--tag", "t") == 0
    return tmp_path / "layout"


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with serve_registry() as server:
        yield server


def blobs(layout: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (layout / "blobs/sha256").iterdir()}


PASSING = {
    "500 to an upload": Fault("PUT", "uploads", status=500),
    "503 to its beginning": Fault("POST", "uploads", status=503),
    "429 to a question": Fault("HEAD", "blobs", status=429, headers={"Retry-After": "0"}),
    "429 to a manifest": Fault("PUT", "manifests", status=429, headers={"Retry-After": "0"}),
    "a reset in the middle of a blob": Fault("PUT", "uploads", cut_bytes=200_000),
}


@pytest.mark.parametrize("name", PASSING)
def test_failures_that_pass_are_not_seen_by_who_pushes(
    name: str, layout: Path, registry: RegistryServer, tmp_path: Path
) -> None:
    image = f"{registry.server}/lsst/scipipe:w_1"
    fault = PASSING[name]
    registry.faults.append(Fault(fault.method, fault.path, fault.status, fault.headers, fault.cut_bytes))
    assert run("push", layout, image, "--yes") == 0
    assert registry.faults[0].times == 0
    assert run("pull", image, tmp_path / "pulled") == 0
    assert blobs(tmp_path / "pulled") == blobs(layout)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "blobs", status=500),
        Fault("GET", "blobs", status=429, headers={"Retry-After": "0"}),
        Fault("GET", "blobs", cut_bytes=100_000),
        Fault("GET", "manifests", status=502),
    ],
    ids=lambda fault: f"{fault.path} {fault.status or 'reset'}",
)
def test_failures_that_pass_are_not_seen_by_who_pulls(
    fault: Fault, layout: Path, registry: RegistryServer, tmp_path: Path
) -> None:
    image = f"{registry.server}/lsst/scipipe:w_1"
    assert run("push", layout, image, "--yes") == 0
    registry.faults.append(Fault(fault.method, fault.path, fault.status, fault.headers, fault.cut_bytes))
    assert run("pull", image, tmp_path / "pulled") == 0
    assert registry.faults[0].times == 0
    assert blobs(tmp_path / "pulled") == blobs(layout)


@pytest.mark.parametrize("status", [400, 403, 507])
def test_a_push_that_is_refused_gives_no_name_and_the_next_one_completes(
    status: int, layout: Path, registry: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    image = f"{registry.server}/lsst/scipipe:w_1"
    registry.faults.append(Fault("PUT", "manifests", status=status, times=100))
    assert run("push", layout, image, "--yes", "--no-provenance") == 4
    assert registry.server in capsys.readouterr().err
    assert registry.documents == {}
    registry.faults.clear()
    registry.asked.clear()
    assert run("push", layout, image, "--yes", "--no-provenance") == 0
    assert not any("uploads" in one for one in registry.asked)
    assert run("check", image) == 0


@pytest.mark.parametrize("access", ["basic", "bearer"])
def test_a_registry_opens_to_a_login_however_it_asks_for_one(
    access: str,
    layout: Path,
    registry: RegistryServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.access = access
    image = f"{registry.server}/lsst/scipipe:w_1"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))

    def login(text: str) -> None:
        auth = base64.b64encode(text.encode()).decode()
        (tmp_path / "auth.json").write_text(json.dumps({"auths": {registry.server: {"auth": auth}}}))

    login("me:wrong")
    assert run("push", layout, image, "--yes") == 4
    said = capsys.readouterr().err
    assert registry.server in said
    assert "wrong" not in said
    login(registry.login)
    assert run("push", layout, image, "--yes") == 0
    assert run("check", image) == 0


def test_a_pull_onto_a_full_disk_leaves_no_image_and_the_next_one_completes(
    layout: Path, registry: RegistryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = f"{registry.server}/lsst/scipipe:w_1"
    assert run("push", layout, image, "--yes") == 0
    with small_disk(tmp_path / "disk", "size=600k") as disk:
        (disk / "ballast").write_bytes(bytes(400_000))
        assert run("pull", image, disk / "layout") == 4
        assert "no space left on device" in capsys.readouterr().err
        assert not (disk / "layout/index.json").exists()
        assert not [path for path in disk.rglob(".*") if path.is_file()]
        (disk / "ballast").unlink()
        assert run("pull", image, disk / "layout") == 0
        assert blobs(disk / "layout") == blobs(layout)


def spoil(name: str, blob: Path, index: Path) -> None:
    content = blob.read_bytes()
    match name:
        case "a blob of another content":
            blob.write_bytes(bytes(len(content)))
        case "a blob that is too short":
            blob.write_bytes(content[:-1])
        case "a blob that is gone":
            blob.unlink()
        case "a blob that is a folder":
            blob.unlink()
            blob.mkdir()
        case _:
            index.write_text(INDEXES[name])


INDEXES = {
    "an index that ends too early": '{"schemaVersion":2,"manifests":[',
    "an index of something else": "[]",
    "an empty index": "",
}
BLOBS = (
    "a blob of another content",
    "a blob that is too short",
    "a blob that is gone",
    "a blob that is a folder",
)


@pytest.mark.parametrize("name", [*BLOBS, *INDEXES])
def test_a_layout_that_was_tampered_with_is_told_and_not_pushed(
    name: str, layout: Path, registry: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    largest = max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    spoil(name, largest, layout / "index.json")
    assert run("check", layout) in {1, 3, 5}
    assert run("push", layout, f"{registry.server}/lsst/scipipe:w_1", "--yes") in {1, 3, 5}
    assert "Traceback" not in capsys.readouterr().err
    assert registry.documents == {}
