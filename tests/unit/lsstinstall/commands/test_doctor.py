from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX, source_root, tarball_root
from tests.support.stacks import StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = (
    StackProduct(name="utils", version="1", table="", tags=("current", "w_2026_10")),
    StackProduct(name="afw", version="1", table="setupRequired(utils 1)\n"),
)
NEEDS: dict[str, tuple[str, ...]] = {"utils": (), "afw": ("utils",)}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHELL", "/bin/bash")
    path = tmp_path / "conda/envs/lsst/share/eups"
    write_stack(PRODUCTS, path)
    return path


def _doctor(*arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=["doctor", *arguments, "--flavor", "Linux64"])


def _found(
    stack: Path, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0
) -> list[tuple[str, str, str]]:
    assert _doctor("--stack", str(stack), "--json", *arguments) == code
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    usual = {"platform", "glibc", "shell", "system", "space", "permission"}
    return [
        (one["area"], one["severity"], one["message"])
        for one in data["findings"]
        if one["area"] not in usual and one["severity"] != "ok"
    ]


def _serve(files: dict[str, bytes], folder: Path) -> str:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return str(folder)


def test_a_whole_stack_is_well(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _doctor("--stack", str(stack)) == 0
    out = capsys.readouterr().out
    assert "ok       shell: for `bash`, source `loadLSST.bash`\n" in out
    assert "ok       locks: nobody works on the stack\n" in out
    assert out.endswith("ok       database: 2 declarations, all as they should be\n")


def test_without_a_stack_only_the_machine_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert _doctor() == 0
    assert "note     stack: no stack was looked at\n           hint: " in capsys.readouterr().out


def test_what_is_no_stack_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _doctor("--stack", str(tmp_path)) == 1
    output = capsys.readouterr()
    assert "PROBLEM  stack: " in output.out
    assert "error: 1 problem found" in output.err


def test_folders_and_tables_that_are_gone_are_problems(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / "Linux64/utils/1").rename(stack / "lost")
    (stack / "Linux64/afw/1/ups/afw.table").unlink()
    found = _found(stack, capsys, code=1)
    assert [(area, severity) for area, severity, _ in found] == [("database", "problem")] * 2
    assert found[0][2].startswith("`afw` 1 is declared with a table file that is not there: ")
    assert found[1][2].endswith("Linux64/utils/1`, which is not there")


def test_broken_database_files_are_problems(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "ups_db/afw/1.version").write_text("FILE = version\n")
    (stack / "ups_db/utils/w_2026_10.chain").write_text("no chain\n")
    found = _found(stack, capsys, code=1)
    assert [(area, severity) for area, severity, _ in found] == [("database", "problem")] * 2


def test_tags_of_nothing_and_unknown_tags_are_told(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chain = stack / "ups_db/utils/w_2026_10.chain"
    chain.write_text(chain.read_text().replace("VERSION = 1", "VERSION = 7"))
    (stack / "ups_db/global.tags").write_text("")
    (stack / "ups_db/no-product").mkdir()
    assert _found(stack, capsys) == [
        ("tags", "warning", "`w_2026_10` is given to `utils` 7, which is not declared"),
        ("tags", "warning", "products carry tags that are not registered: `w_2026_10`"),
    ]


def test_locks_are_told(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stack / ".lockDir"
    folder.mkdir()
    host = os.uname().nodename
    (folder / f"exclusive-alice@{host}.{2**22 + 1}").touch()
    (folder / f"shared-bob@{host}.{os.getpid()}").touch()
    found = _found(stack, capsys)
    assert [severity for _, severity, _ in found] == ["warning", "note"]
    assert found[0][2].endswith(", which is gone")
    assert found[1][2].endswith(f"is of process {os.getpid()} of bob on {host}")


def test_what_interrupted_work_left_is_told(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / "EupsBuildDir/Linux64/afw-2.lsstinstall").mkdir(parents=True)
    (tmp_path / "conda/envs/.removed-old").mkdir()
    assert _found(stack, capsys) == [
        ("leftovers", "note", "`EupsBuildDir/Linux64/afw-2.lsstinstall`: of an interrupted run"),
        ("leftovers", "note", "`old`: half removed"),
    ]


@pytest.mark.process
@pytest.mark.parametrize("lock", ["conda/envs/lsst/share/eups/.lsstinstall/lock", "conda/.lsstinstall.lock"])
def test_work_under_way_is_no_leftover(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lock: str
) -> None:
    (stack / "EupsBuildDir/Linux64/afw-2.lsstinstall").mkdir(parents=True)
    (tmp_path / "conda/envs/half").mkdir()
    (tmp_path / "conda/envs/half/.lsstinstall-environment.json").write_text('{"state": "unfinished"}')
    assert [name for name, *_ in _found(stack, capsys)] == ["leftovers", "leftovers"]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - it is killed
        with hold_lock(tmp_path / lock):
            os.write(writing, b".")
            signal.pause()
    os.read(reading, 1)
    try:
        assert [name for name, *_ in _found(stack, capsys)].count("leftovers") == 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


def test_products_with_binaries_are_well(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = _serve(tarball_root(NEEDS), tmp_path / "server")
    assert _doctor("-t", "w_2026_10", "afw", "--stack", str(stack), "--pkgroot", server) == 0
    out = capsys.readouterr().out
    assert f"ok       servers: <{server}> has binary packages\n" in out
    assert out.endswith("ok       products: 2 products installed, or to be had as binary packages\n")


def test_products_without_binaries_are_told(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sources = _serve(source_root(NEEDS), tmp_path / "sources")
    found = _found(stack, capsys, "-t", "w_2026_10", "afw", "--pkgroot", sources, code=1)
    assert {area for area, _, _ in found} == {"products"}


def test_a_server_or_tag_that_is_not_there_is_a_problem(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _found(stack, capsys, "-t", "w_2026_10", "afw", "--pkgroot", str(tmp_path / "no"), code=1)
    assert {severity for _, severity, _ in found} == {"problem"}
    server = _serve(tarball_root(NEEDS), tmp_path / "server")
    ((area, severity, _),) = _found(stack, capsys, "-t", "w_2026_99", "afw", "--pkgroot", server, code=1)
    assert (area, severity) == ("products", "problem")


def test_a_tag_and_products_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert _doctor("afw") == 2
    assert _doctor("-t", "w_2026_10") == 2
    assert "a tag and products belong together" in capsys.readouterr().err


def test_nothing_is_changed(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(stack.rglob("*"))
    _found(stack, capsys)
    assert sorted(stack.rglob("*")) == before
    assert Stack.open(stack, flavor=LINUX).products() == ("afw", "utils")
