from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import Flavor
from tests.support.packages import product_version, tarball_root

if TYPE_CHECKING:
    from pathlib import Path

# Packages are unpacked in processes of their own.
pytestmark = pytest.mark.process

FOLDER = f"Linux64/afw/{product_version('afw')}"


@pytest.fixture
def stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for path, data in tarball_root({"utils": (), "afw": ("utils",)}).items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    where = ["--stack", str(tmp_path / "stack"), "--pkgroot", str(tmp_path / "server"), "--flavor", "Linux64"]
    assert run_main(cli, name="lsstinstall", arguments=["add", "-t", "w_2026_10", "afw", *where]) == 0
    capsys.readouterr()
    return tmp_path / "stack"


def _verify(stack: Path, *arguments: str) -> int:
    where = ["--stack", str(stack), "--flavor", "Linux64"]
    return run_main(cli, name="lsstinstall", arguments=["verify", *arguments, *where])


def test_a_fresh_stack_is_as_it_was_installed(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _verify(stack) == 0
    assert capsys.readouterr().out == "2 of 2 products are as they were installed\n"


def test_differences_are_told_in_json(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stack / FOLDER
    (folder / "lib/libafw.so.1").write_bytes(b"other code!!")
    (folder / "lib/libafw.so").unlink()
    (folder / "etc").mkdir()
    (folder / "etc" / "mine").write_text("")
    assert _verify(stack, "--json") == 5
    data = json.loads(capsys.readouterr().out)
    afw = {"product": "afw", "version": product_version("afw")}
    assert data["changed"] == [{**afw, "path": f"{FOLDER}/lib/libafw.so.1"}]
    assert data["missing"] == [{**afw, "path": f"{FOLDER}/lib/libafw.so"}]
    assert data["extra"] == [{**afw, "path": f"{FOLDER}/etc/mine"}]
    assert data["ok"] == [{"product": "utils", "version": product_version("utils")}]
    assert data["unverifiable"] == []
    assert data["error"]["code"] == 5


def test_a_changed_mode_is_a_change(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / FOLDER / "bin/afw").chmod(0o777)
    assert _verify(stack) == 5
    output = capsys.readouterr()
    assert f"changed  {FOLDER}/bin/afw\n1 of 2 products are as they were installed\n" in output.out
    assert "error: changed since the installation: `afw`" in output.err


def test_a_stack_that_nobody_may_write_to_is_as_it_was(stack: Path) -> None:
    (stack / FOLDER / "bin/afw").chmod(0o444)
    assert _verify(stack) == 0


def test_of_many_paths_some_are_shown(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        (stack / FOLDER / f"mine{number:02}").touch()
    assert _verify(stack) == 0
    assert capsys.readouterr().out.endswith(
        f"extra    {FOLDER}/mine09\nextra    2 more in {FOLDER}\n`--json` lists all of them\n"
        "2 of 2 products are as they were installed\n"
    )


def test_an_empty_stack_has_nothing_to_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Stack.create(tmp_path / "stack", flavor=Flavor("Linux64"))
    assert _verify(tmp_path / "stack") == 0
    assert capsys.readouterr().out == "nothing is installed\n"


def test_what_eups_installed_cannot_be_compared(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / ".lsstinstall/files/Linux64" / f"utils-{product_version('utils')}.json").unlink()
    assert _verify(stack) == 0
    assert "1 cannot be compared: nothing was written down" in capsys.readouterr().out


def test_only_some_products_can_be_compared(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / FOLDER / "bin/afw").unlink()
    assert _verify(stack, "utils") == 0
    assert "1 of 1 products" in capsys.readouterr().out


def test_a_product_that_is_not_installed_is_not_found(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(stack, "obs") == 3
    assert "no `obs` is installed" in capsys.readouterr().err
