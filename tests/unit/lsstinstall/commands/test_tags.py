from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import tarball_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def roots(tmp_path: Path) -> str:
    tags = {
        "a": ("w_2026_10", "w_2026_9", "w_2025_52", "v30_0_0"),
        "b": ("w_2026_10", "d_2026_03_01", "w_latest"),
    }
    for name, known in tags.items():
        (tmp_path / name).mkdir()
        for tag in known:
            (tmp_path / name / f"{tag}.list").write_text("")
    (tmp_path / "a" / "nothing_known.list").write_text("")
    return f"{tmp_path / 'a'}|{tmp_path / 'b'}"


def _tags(*arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=["tags", *arguments, "--flavor", "Linux64"])


def test_tags_of_all_roots_are_listed_newest_first(roots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags("--pkgroot", roots, "--kind", "weekly", "--json") == 0
    a, b = roots.split("|")
    assert json.loads(capsys.readouterr().out)["tags"] == [
        {"tag": "w_2026_10", "kind": "weekly", "pkgroots": [a, b]},
        {"tag": "w_2025_52", "kind": "weekly", "pkgroots": [a]},
    ]


def test_all_kinds_of_tags_are_listed_for_people(roots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags("--pkgroot", roots) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["tag", "kind"]
    assert {tuple(line) for line in lines[1:]} == {
        ("w_2025_52", "weekly"), ("w_2026_10", "weekly"), ("d_2026_03_01", "daily"), ("v30_0_0", "release"),
        ("w_latest", "floating"),
    }  # fmt: skip


def test_only_the_newest_can_be_listed(roots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags("--pkgroot", roots, "--kind", "weekly", "--limit", "1") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["w_2026_10  weekly"]


def test_the_newest_of_each_kind_can_be_listed(roots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags("--pkgroot", roots, "--limit", "1", "--json") == 0
    kinds = [one["kind"] for one in json.loads(capsys.readouterr().out)["tags"]]
    assert len(kinds) == len(set(kinds)) > 3


def test_a_root_without_tags_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags("--pkgroot", str(tmp_path)) == 0
    assert capsys.readouterr().out.startswith(f"there are no such tags at <{tmp_path}>; ")


def test_the_roots_of_a_stack_are_the_default(
    roots: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pkgroot").write_text(f"{roots}\n")
    assert _tags("--stack", str(tmp_path), "--kind", "release") == 0
    assert "v30_0_0" in capsys.readouterr().out


def test_the_roots_of_the_environment_are_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, data in tarball_root({"afw": ()}).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    monkeypatch.setenv("EUPS_PKGROOT", str(tmp_path))
    assert _tags() == 0
    assert "w_2026_10" in capsys.readouterr().out


def test_no_root_at_all_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert _tags() == 2
    assert "no package root was named" in capsys.readouterr().err


def test_a_root_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert _tags("--pkgroot", str(tmp_path / "nothing")) == 3


def test_one_of_several_roots_may_be_missing(
    roots: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _tags("--pkgroot", f"{tmp_path / 'nothing'}|{roots}", "--kind", "release") == 0
    output = capsys.readouterr()
    assert "v30_0_0" in output.out
    assert "warning: there is no package root at" in output.err
