"""Products of which nothing was written down, compared with what their release says."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.weeklies import OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

WEEKLIES = Weeklies(products=4, files=60, compressed_bytes=400_000)


@pytest.fixture
def places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    publish_weeklies(WEEKLIES, tmp_path / "root")
    server = str(binary_folder(tmp_path / "root"))
    where = ["--stack", str(tmp_path / "stack"), "--pkgroot", server, "--flavor", "Linux64"]
    assert run_main(cli, name="lsstinstall", arguments=["add", "-t", OLD, TOP, *where, "--quiet"]) == 0
    # As if EUPS had installed them.
    shutil.rmtree(tmp_path / "stack/.lsstinstall/files")
    capsys.readouterr()
    return where


def _verify(places: list[str], *arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=["verify", *arguments, *places, "--json", "--quiet"])


def test_what_the_release_tells_can_be_compared(
    places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(places) == 0
    count = len(json.loads(capsys.readouterr().out)["unverifiable"])
    assert count >= WEEKLIES.products
    assert _verify(places, "--published") == 0
    data = json.loads(capsys.readouterr().out)
    assert (len(data["ok"]), data["unverifiable"]) == (count, [])
    victim = next(path for path in sorted((tmp_path / "stack/Linux64").rglob("*.py")))
    victim.write_text("changed\n")
    assert _verify(places, "--published") == 5
    (changed,) = json.loads(capsys.readouterr().out)["changed"]
    assert changed["path"] == str(victim.relative_to(tmp_path / "stack"))
    assert not list((tmp_path / "stack").glob("EupsBuildDir/*/*"))
