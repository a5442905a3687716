"""Pinned images are looked for in their registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.registryservers import RegistryServer, serve_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with serve_registry() as server:
        yield server


def pushed(registry: RegistryServer, tmp_path: Path, content: str) -> str:
    """Push an image as `9`; returns its digest."""
    (tmp_path / content).mkdir()
    (tmp_path / content / "file").write_text(content)
    layout = tmp_path / f"layout-{content}"
    assert run("build", "--tree", tmp_path / content, "--output", layout) == 0
    assert run("push", layout, f"{registry.server}/alma/linux:9", "--yes", "--replace") == 0
    found: Any = json.loads((layout / "index.json").read_text())
    return str(found["manifests"][0]["digest"])


def pin(registry: RegistryServer, tmp_path: Path, digest: str) -> Path:
    path = tmp_path / "pins.toml"
    path.write_text(f'[alma]\nname = "{registry.server}/alma/linux"\ntag = "9"\ndigest = "{digest}"\n')
    return path


def test_a_pin_is_current_or_behind(
    registry: RegistryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = pushed(registry, tmp_path, "one")
    path = pin(registry, tmp_path, digest)
    capsys.readouterr()
    assert run("pins", path) == 0
    assert capsys.readouterr().out == f"alma: {registry.server}/alma/linux@{digest} is `9` today\n"
    newest = pushed(registry, tmp_path, "two")
    capsys.readouterr()
    assert run("pins", path, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["pins"]
    assert (found["state"], found["newest"]) == ("behind", newest)
    assert run("pins", path) == 0
    assert f"is there; `9` is {newest} today" in capsys.readouterr().out


def test_a_pin_that_no_registry_has_is_an_error(
    registry: RegistryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pin(registry, tmp_path, f"sha256:{'0' * 64}")
    assert run("pins", path) == 1
    said = capsys.readouterr().err
    assert "is not in the registry" in said
    assert "has no tag `9` either" in said
    digest = pushed(registry, tmp_path, "one")
    assert run("pins", path) == 1
    assert f"`9` is {digest} today; look at it before" in capsys.readouterr().err
    assert run("pins", tmp_path / "none.toml") == 3
