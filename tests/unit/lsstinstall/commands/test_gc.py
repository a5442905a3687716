from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack, TablePlace
from lsstinstall.adapters.rememberedpkgroots import memory_folder
from lsstinstall.adapters.stackfolders import record_path
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from tests.support.stacks import LINUX, StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = (
    StackProduct(name="utils", version="1", table="", tags=("current", "w_2026_09")),
    StackProduct(name="utils", version="2", table="", tags=("w_2026_10",)),
    StackProduct(name="afw", version="1", table="setupRequired(utils 1)\n", tags=("current", "w_2026_09")),
    StackProduct(name="afw", version="2", table="setupRequired(utils 2)\n", tags=("w_2026_10",)),
    StackProduct(name="base", version="1", table="", tags=("current",)),
)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EUPS_USERDATA", str(tmp_path / "userdata"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-cache"))
    path = tmp_path / "conda/envs/lsst/share/eups"
    write_stack(PRODUCTS, path)
    for one in PRODUCTS:
        _record(path, one.name, one.version)
    return path


def _record(stack: Path, name: str, version: str) -> Path:
    record = record_path(stack, LINUX, ProductName(name), EupsVersion(version))
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text("{}")
    return record


def _gc(stack: Path, *arguments: str) -> int:
    where = ["--stack", str(stack), "--flavor", "Linux64"]
    return run_main(cli, name="lsstinstall", arguments=["gc", *arguments, *where])


def _found(stack: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, str]]:
    assert _gc(stack, "--json", *arguments) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return [(one["kind"], one["name"]) for one in data["garbage"]]


def _left(stack: Path) -> list[str]:
    opened = Stack.open(stack, flavor=LINUX)
    return [f"{product} {version}" for product in opened.products() for version in opened.versions(product)]


def test_where_all_tags_are_kept_nothing_goes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gc(stack) == 0
    assert capsys.readouterr().out == "nothing to remove\n"


def test_what_would_go_is_listed_and_stays(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gc(stack, "--keep-last", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(tuple(line.split()[:3]) for line in lines[1:-1]) == [
        ("product", "afw", "1"),
        ("product", "base", "1"),
        ("product", "utils", "1"),
    ]
    assert lines[-1].startswith("3 things, ")
    assert lines[-1].endswith("nothing was removed: add `--yes` to do it")
    assert len(_left(stack)) == 5


def test_what_no_kept_tag_needs_goes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gc(stack, "--keep-last", "1", "--yes") == 0
    assert _left(stack) == ["afw 2", "utils 2"]
    assert not (stack / "Linux64/afw/1").exists()
    assert capsys.readouterr().out.startswith("3 things removed, ")
    assert _found(stack, capsys, "--keep-last", "1") == []


def test_a_tag_can_be_kept_by_name_or_pattern(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _found(stack, capsys, "-k", "current", "-k", "w_2026_1*") == []
    assert ("product", "base 1") in _found(stack, capsys, "-k", "w_*")


def test_a_dry_run_is_one_even_with_yes(stack: Path) -> None:
    assert _gc(stack, "--keep-last", "0", "--yes", "--dry-run") == 0
    assert len(_left(stack)) == 5


def test_what_we_did_not_install_goes_on_request_only(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_path(stack, LINUX, ProductName("afw"), EupsVersion("1")).unlink()
    assert _found(stack, capsys, "--keep-last", "1") == [("product", "base 1")]
    assert ("product", "afw 1") in _found(stack, capsys, "--keep-last", "1", "--all")


def test_what_is_set_up_stays(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SETUP_AFW", f"afw 1 -f Linux64 -Z {stack}")
    assert _found(stack, capsys, "--keep-last", "1") == [("product", "base 1")]


def test_a_user_s_own_tag_keeps_its_product(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "userdata/_caches_" / str(stack)[1:] / "base"
    folder.mkdir(parents=True)
    text = (stack / "ups_db/base/current.chain").read_text()
    (folder / "alice.chain").write_text(text.replace("CHAIN = current", "CHAIN = alice"))
    (folder / "broken.chain").write_text("no chain")
    assert ("product", "base 1") not in _found(stack, capsys, "--keep-last", "1")


def test_another_stack_keeps_what_it_needs(stack: Path, tmp_path: Path) -> None:
    personal = tmp_path / "personal"
    write_stack([StackProduct(name="mine", version="1", table="setupRequired(afw 1)\n")], personal)
    where = ["--stack", f"{stack}:{personal}", "--flavor", "Linux64", "--keep-last", "1", "--yes"]
    assert run_main(cli, name="lsstinstall", arguments=["gc", *where]) == 0
    assert _left(stack) == ["afw 1", "afw 2", "utils 1", "utils 2"]


def test_what_interrupted_runs_left_goes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scratch = stack / "EupsBuildDir/Linux64"
    (scratch / "afw-3.lsstinstall").mkdir(parents=True)
    (scratch / "live-1").mkdir()
    (scratch / "failed-1").mkdir()
    os.utime(scratch / "failed-1", (0, 0))
    _record(stack, "gone", "1")
    (stack / "Linux64/gone/1").mkdir(parents=True)
    _record(stack, "wrong name", "1")
    expected = [
        ("leftover", "EupsBuildDir/Linux64/afw-3.lsstinstall"),
        ("leftover", "EupsBuildDir/Linux64/failed-1"),
        ("leftover", ".lsstinstall/files/Linux64/gone-1.json"),
        ("leftover", "Linux64/gone/1"),
    ]
    assert _found(stack, capsys) == expected
    assert _found(stack, capsys, "--yes") == expected
    assert [path.name for path in scratch.iterdir()] == ["live-1"]
    assert not (stack / "Linux64/gone/1").exists()


def test_a_folder_that_is_not_declared_stays_where_another_product_lies(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = _record(stack, "gone", "1")
    inner = stack / "Linux64/gone/1/inner"
    inner.mkdir(parents=True)
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(ProductName("inner"), EupsVersion("1"), directory=inner, table=TablePlace.NOWHERE)
    assert _found(stack, capsys) == [("leftover", str(record.relative_to(stack)))]


def test_a_folder_that_is_not_declared_stays_where_a_link_leads_out(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _record(stack, "gone", "1")
    (tmp_path / "work/1").mkdir(parents=True)
    (stack / "Linux64/gone").symlink_to(tmp_path / "work")
    assert _gc(stack, "--yes") == 0
    assert (tmp_path / "work/1").is_dir()
    capsys.readouterr()
    assert _found(stack, capsys) == []


def test_what_was_moved_out_of_the_way_goes_on_request_only(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / ".lsstinstall/replaced/Linux64").mkdir(parents=True)
    assert _found(stack, capsys) == []
    assert _found(stack, capsys, "--all") == [("leftover", ".lsstinstall/replaced")]


def test_environments_that_were_never_finished_go(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envs = tmp_path / "conda/envs"
    for name, state in (("half", "unfinished"), ("whole", "complete"), ("broken", "")):
        (envs / name).mkdir()
        (envs / name / ".lsstinstall-environment.json").write_text(f'{{"state": "{state}"}}' if state else "")
    (envs / ".removed-old").mkdir()
    expected = [("environment", "old"), ("environment", "half")]
    assert _found(stack, capsys) == expected
    assert _found(stack, capsys, "--yes") == expected
    assert sorted(path.name for path in envs.iterdir()) == ["broken", "lsst", "whole"]


def test_environments_that_nobody_uses_go_on_request(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    envs = tmp_path / "conda/envs"
    for name in ("lsst", "unused", "named", "active", "full", "foreign"):
        (envs / name).mkdir(exist_ok=True)
        if name != "foreign":
            (envs / name / ".lsstinstall-environment.json").write_text('{"state": "complete"}')
    (tmp_path / "loadLSST.sh").write_text("conda activate named\n")
    (tmp_path / "loadLSST.csh").mkdir()
    write_stack(PRODUCTS[:1], envs / "full/share/eups")
    monkeypatch.setenv("CONDA_PREFIX", str(envs / "active"))
    assert _found(stack, capsys) == []
    assert _found(stack, capsys, "--environments") == [("environment", "unused")]
    (tmp_path / "short").symlink_to(envs)
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "short/active"))
    assert _found(stack, capsys, "--environments", "--yes") == [("environment", "unused")]
    assert not (envs / "unused").exists()


def test_packages_that_no_environment_shares_go(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "conda/pkgs-rattler/pkgs"
    for name in ("linked-1-0", "copied-1-0", "unused-1-0"):
        (cache / name / "info").mkdir(parents=True)
        (cache / name / "info/index.json").write_text("{}")
        (cache / name / "lib.so").write_text(name)
        (cache / f"{name}.lock").touch()
    os.link(cache / "linked-1-0/lib.so", tmp_path / "conda/envs/lsst/lib.so")
    noted = tmp_path / "conda/envs/lsst/conda-meta"
    noted.mkdir()
    (noted / "copied-1-0.json").write_text("{}")
    (noted / "history").touch()
    (cache / "linked-1-0.conda").touch()
    (cache.parent / "repodata").mkdir()
    assert _found(stack, capsys) == [("package", "linked-1-0.conda"), ("package", "unused-1-0")]
    assert _gc(stack, "--yes") == 0
    assert sorted(path.name for path in cache.parent.iterdir()) == ["pkgs", "repodata"]
    assert sorted(path.name for path in cache.iterdir()) == [
        "copied-1-0",
        "copied-1-0.lock",
        "linked-1-0",
        "linked-1-0.lock",
    ]


def test_a_cache_that_the_environment_names_is_not_only_ours(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "shared/pkgs/unused-1-0/info"
    package.mkdir(parents=True)
    (package / "index.json").write_text("{}")
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "shared"))
    assert _found(stack, capsys) == []


def test_what_package_roots_said_long_ago_goes(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    memory = tmp_path / "cache/lsstinstall/pkgroots"
    for name in ("old", "new"):
        (memory / name).mkdir(parents=True)
        (memory / name / "answer").write_text("{}")
    long_ago = time.time() - 40 * 86400
    os.utime(memory / "old/answer", (long_ago, long_ago))
    assert _found(stack, capsys) == [("memory", "old")]
    assert _found(stack, capsys, "--all") == [("memory", "new"), ("memory", "old")]
    assert _gc(stack, "--yes") == 0
    assert [path.name for path in memory.iterdir()] == ["new"]


def test_the_folder_of_the_environments_can_be_named(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other/envs/.removed-old").mkdir(parents=True)
    assert _found(stack, capsys, "-p", str(tmp_path / "other")) == [("environment", "old")]
    assert _found(stack, capsys, "-p", str(tmp_path / "nothing")) == []


def test_a_stack_outside_of_environments_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stack(PRODUCTS, tmp_path / "stack")
    assert _found(tmp_path / "stack", capsys, "--keep-last", "0", "--yes") == []


def test_a_table_that_cannot_be_read_stops_all(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "Linux64/afw/1/ups/afw.table").unlink()
    assert _gc(stack, "--yes") == 6
    assert "nobody knows what some products need" in capsys.readouterr().err


def test_failures_are_told_and_the_rest_goes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "EupsBuildDir").write_text("in the way")
    _record(stack, "gone", "1")
    assert _gc(stack, "--keep-last", "1", "--yes", "--json") == 3
    data = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in data["garbage"]] == [".lsstinstall/files/Linux64/gone-1.json"]
    assert len(data["error"]["problems"]) == 3


def test_what_is_remembered_of_servers_is_one_line(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("0a", "1b"):
        folder = memory_folder(os.environ) / name
        folder.mkdir(parents=True)
        (folder / "answer").write_text("{}")
    assert _gc(stack, "--all") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:5] for line in lines if "memory" in line] == [
        ["memory", "of", "2", "package", "roots"]
    ]
    assert lines[-1].startswith("2 things")


def test_where_there_is_nothing_nothing_is_removed(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gc(stack, "--yes") == 0
    assert capsys.readouterr().out == "nothing to remove\n"


@pytest.mark.process
@pytest.mark.parametrize("columns", [40, 60, 71])
def test_a_narrow_terminal_cuts_no_word(stack: Path, columns: int) -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "lsstinstall", "gc", "--keep-last", "1", "--flavor", "Linux64"]
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    subprocess.run([*command, "--stack", str(stack)], stdout=theirs, check=True, timeout=60, env=environ)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        text = terminal.read(10_000).decode()
    assert "utils 1" in text
    assert " ".join(text.split()).count("no kept tag needs it") == 3
    assert max(len(line) for line in text.splitlines()) <= columns
