"""A stack that we removed from, repaired and cleaned, in the hands of the real EUPS, and the other way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.process import Completed, run
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX, product_version, tarball_root
from tests.support.realeups import find_eups
from tests.support.stacks import StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.eups, pytest.mark.process]

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils")}
WEEKLIES = (
    StackProduct(name="utils", version="1", table="", tags=("current", "w_2026_09")),
    StackProduct(name="utils", version="2", table="", tags=("w_2026_10",)),
    StackProduct(name="afw", version="1", table="setupRequired(utils 1)\n", tags=("current", "w_2026_09")),
    StackProduct(name="afw", version="2", table="setupRequired(utils 2)\n", tags=("w_2026_10",)),
)


class _Eups:
    """The real program, working on one stack and one package root."""

    def __init__(self, folder: Path, tmp_path: Path) -> None:
        self.stack = tmp_path / "stack"
        self.server = tmp_path / "server"
        self.environ = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "EUPS_DIR": str(folder),
            "EUPS_PATH": str(self.stack),
            "EUPS_PKGROOT": str(self.server),
            "EUPS_FLAVOR": "Linux64",
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(tmp_path / "userdata"),
            "PYTHONPATH": f"{folder}/python",
        }

    def run(self, *arguments: str, check: bool = True) -> Completed:
        return run(["eups", *arguments], cwd=None, env=self.environ, timeout=60, check=check)

    def setup(self, *arguments: str) -> str:
        return run(["eups_setup", *arguments], cwd=None, env=self.environ, timeout=60, check=True).stdout

    def listed(self) -> list[str]:
        lines = (line.split() for line in self.run("list").stdout.splitlines())
        return [f"{words[0]} {words[1]}" for words in lines if words]


def _ours(eups: _Eups, command: str, *arguments: str) -> int:
    where = ["--stack", str(eups.stack), "--flavor", "Linux64", "--quiet"]
    return run_main(cli, name="lsstinstall", arguments=[command, *arguments, *where])


@pytest.fixture
def eups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Eups:
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    found = _Eups(folder, tmp_path)
    for name in ("PATH", "EUPS_DIR", "EUPS_USERDATA", "PYTHONPATH"):
        monkeypatch.setenv(name, found.environ[name])
    for path, data in tarball_root(NEEDS).items():
        (found.server / path).parent.mkdir(parents=True, exist_ok=True)
        (found.server / path).write_bytes(data)
    return found


def test_eups_forgets_what_we_removed_though_it_keeps_a_cache(eups: _Eups) -> None:
    assert _ours(eups, "add", "-t", "w_2026_10", "afw", "--pkgroot", str(eups.server)) == 0
    assert len(eups.listed()) == 3
    assert _ours(eups, "remove", "utils") == 0
    assert eups.listed() == [f"{name} {product_version(name)}" for name in ("afw", "sphgeom")]
    assert "w_2026_10" in eups.run("list", "afw").stdout


def test_eups_installs_again_what_we_removed(eups: _Eups) -> None:
    assert _ours(eups, "add", "-t", "w_2026_10", "afw", "--pkgroot", str(eups.server)) == 0
    assert _ours(eups, "remove", "utils") == 0
    eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    assert len(eups.listed()) == 3
    assert _ours(eups, "verify") == 0


def test_we_remove_what_eups_installed(eups: _Eups) -> None:
    Stack.create(eups.stack, flavor=LINUX)
    eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    assert _ours(eups, "remove", "afw", "sphgeom", "utils") == 0
    assert eups.listed() == []
    assert list((eups.stack / "Linux64").iterdir()) == []


def test_eups_sets_up_what_is_left_after_a_collection(eups: _Eups) -> None:
    write_stack(WEEKLIES, eups.stack)
    assert "afw 1" in eups.listed()
    assert _ours(eups, "gc", "--keep-last", "1", "--all", "--yes") == 0
    assert eups.listed() == ["afw 2", "utils 2"]
    output = eups.setup("afw", "-t", "w_2026_10")
    assert "SETUP_UTILS='utils 2" in output or 'SETUP_UTILS="utils 2' in output


def test_a_file_that_eups_installed_is_restored(eups: _Eups) -> None:
    Stack.create(eups.stack, flavor=LINUX)
    eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    table = eups.stack / "Linux64/afw" / product_version("afw") / "ups/afw.table"
    table.unlink()
    assert _ours(eups, "doctor") == 1
    assert _ours(eups, "repair", "afw", "--pkgroot", str(eups.server)) == 0
    assert table.is_file()
    assert _ours(eups, "doctor") == 0
    assert "SETUP_AFW" in eups.setup("afw", "-t", "w_2026_10")


def test_the_doctor_finds_nothing_wrong_with_what_eups_made(
    eups: _Eups, capsys: pytest.CaptureFixture[str]
) -> None:
    Stack.create(eups.stack, flavor=LINUX)
    eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    capsys.readouterr()
    assert _ours(eups, "doctor") == 0
    assert "3 declarations, all as they should be" in capsys.readouterr().out
