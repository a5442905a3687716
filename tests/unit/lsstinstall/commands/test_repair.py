from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import product_version, source_root, tarball_root

if TYPE_CHECKING:
    from pathlib import Path

# Packages are unpacked in processes of their own.
pytestmark = pytest.mark.process

AFW = f"Linux64/afw/{product_version('afw')}"
NEEDS: dict[str, tuple[str, ...]] = {"utils": (), "afw": ("utils",)}


@pytest.fixture
def stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for path, data in tarball_root(NEEDS).items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    assert (
        _run("add", tmp_path / "stack", "-t", "w_2026_10", "afw", "--pkgroot", str(tmp_path / "server")) == 0
    )
    (tmp_path / "stack/pkgroot").write_text(f"{tmp_path / 'server'}\n")
    capsys.readouterr()
    return tmp_path / "stack"


def _run(command: str, stack: Path, *arguments: str) -> int:
    where = ["--stack", str(stack), "--flavor", "Linux64"]
    return run_main(cli, name="lsstinstall", arguments=[command, *arguments, *where])


def test_a_whole_stack_needs_no_repair(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("repair", stack) == 0
    assert capsys.readouterr().out.startswith("nothing to do: ")


def test_changed_and_missing_files_are_as_they_were_again(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / AFW / "lib/libafw.so.1").write_text("mine\n")
    (stack / AFW / "lib/libafw.so").unlink()
    (stack / AFW / "added").touch()
    assert _run("repair", stack) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"1 product repaired, 2 files restored; stack {stack}"
    assert lines[1] == f"what was in their places is in {stack / '.lsstinstall/replaced'}"
    assert _run("verify", stack) == 0
    assert (stack / AFW / "added").is_file()
    assert (stack / ".lsstinstall/replaced" / AFW / "lib/libafw.so.1").read_text() == "mine\n"
    assert list((stack / "EupsBuildDir/Linux64").iterdir()) == []


def test_a_product_whose_folder_is_gone_comes_back(stack: Path) -> None:
    (stack / AFW).rename(stack / "lost")
    assert _run("repair", stack, "afw") == 0
    assert _run("verify", stack) == 0


def test_a_dry_run_tells_what_would_be_restored(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / AFW / "bin/afw").unlink()
    assert _run("repair", stack, "--dry-run") == 0
    assert capsys.readouterr().out == f"restore {AFW}/bin/afw\n1 product to repair\n"
    assert not (stack / AFW / "bin/afw").exists()


def test_what_nobody_wrote_down_is_compared_with_its_package(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / ".lsstinstall/files/Linux64" / f"afw-{product_version('afw')}.json").unlink()
    (stack / AFW / "bin/afw").write_text("mine\n")
    assert _run("repair", stack, "afw", "--dry-run") == 0
    assert capsys.readouterr().out.startswith(f"compare {AFW} with its package\n")
    assert _run("repair", stack, "afw", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["products"]
    assert one["restored"] == [f"{AFW}/bin/afw"]


def test_a_product_that_nobody_may_write_to_is_left_alone(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [path for path in (stack / AFW).rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.stat().st_ino for path in files}
    assert _run("repair", stack, "afw") == 0
    capsys.readouterr()
    (stack / ".lsstinstall/files/Linux64" / f"afw-{product_version('afw')}.json").unlink()
    assert _run("repair", stack, "afw", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["products"]
    assert one["restored"] == []
    assert {path: path.stat().st_ino for path in files} == before


def test_a_product_without_a_binary_package_is_told(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, data in source_root(NEEDS).items():
        (tmp_path / "sources" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sources" / path).write_bytes(data)
    (stack / AFW / "bin/afw").unlink()
    assert _run("repair", stack, "--pkgroot", str(tmp_path / "sources"), "--json") != 0
    data = json.loads(capsys.readouterr().out)
    assert data["products"][0]["restored"] == []
    assert data["error"]["message"] == data["products"][0]["reason"]


def test_a_package_that_is_damaged_repairs_nothing(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive,) = (tmp_path / "server").glob("afw-*.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-20])
    (stack / AFW / "bin/afw").unlink()
    assert _run("repair", stack) == 5
    assert "0 products repaired, 0 files restored" in capsys.readouterr().out
    assert not (stack / AFW / "bin/afw").exists()


def test_a_product_that_is_not_installed_is_not_found(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("repair", stack, "obs") == 3
    assert "no `obs` is installed" in capsys.readouterr().err
