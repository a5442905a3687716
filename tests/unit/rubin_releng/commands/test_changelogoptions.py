from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.changelogoptions import read_settings
from rubin_releng.commands.main import cli
from tests.support.histories import Story

if TYPE_CHECKING:
    from pathlib import Path

CORRECTION = "- {{merge: {}, tickets: [DM-{}], reason: Because.}}\n"


def test_corrections_of_both_files_count_and_those_by_hand_first(tmp_path: Path) -> None:
    config, overrides = tmp_path / "config.yaml", tmp_path / "overrides.yml"
    config.write_text("projects: [DM, PIPE]\noverrides:\n" + CORRECTION.format("abcdef1", 1))
    overrides.write_text("overrides:\n" + CORRECTION.format("abcdef2", 2))
    settings = read_settings(config, overrides)
    assert settings.projects == ("DM", "PIPE")
    assert [one.merge for one in settings.overrides.merges] == ["abcdef2", "abcdef1"]


def test_without_files_there_are_defaults() -> None:
    assert read_settings(None, None).overrides.merges == ()


@pytest.fixture
def repos(tmp_path: Path) -> Path:
    """Two products whose repositories lie elsewhere, one of which is gone."""
    story = Story()
    story.commit("Begin")
    story.tag("w.2026.42")
    story.pull(12, "tickets/DM-2", "DM-2: Title")
    story.tag("w.2026.43")
    story.write(tmp_path / "remote" / "afw")
    path = tmp_path / "repos.yaml"
    path.write_text(f"afw: {tmp_path}/remote/afw\nlost: {tmp_path}/remote/lost\n")
    return path


def asked(repos: Path, capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> Any:
    arguments = ("w_2026_42", "w_2026_43", "--repos", str(repos), "--cache", str(repos.parent / "cache"))
    got = run_main(cli, name="x", arguments=["changelog", *arguments, *options, "--json", "--quiet"])
    assert got == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.process
def test_repositories_are_mirrored_and_then_read_offline(
    repos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = asked(repos, capsys)
    assert first["products"]["afw"]["tickets"] == ["DM-2"]
    assert any("lost" in warning for warning in first["warnings"])
    (repos.parent / "remote" / "afw").rename(repos.parent / "gone")
    assert asked(repos, capsys, "--offline")["products"]["afw"] == first["products"]["afw"]
    kept = asked(repos, capsys, "--product", "afw")
    assert any("is as it was" in warning for warning in kept["warnings"])
    assert kept["products"]["afw"]["tickets"] == ["DM-2"]


@pytest.mark.process
def test_offline_without_a_mirror_nothing_is_known(repos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "error" in asked(repos, capsys, "--offline", code=2)


@pytest.mark.process
def test_a_product_that_repos_yaml_lacks_is_looked_up_and_told(
    repos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    versiondb = tmp_path / "versiondb" / "manifests"
    versiondb.mkdir(parents=True)
    for build, sha in (("b1", "a" * 40), ("b2", "b" * 40)):
        text = f"# {{repo_dir}}\nBUILD={build}\nold_one  {sha}  1.0+{sha[:7]}\n"
        (versiondb / f"{build}.txt").write_text(text.replace("{repo_dir}", "versiondb"))
    arguments = ["changelog", "b1", "b2", "--repos", str(repos), "--versiondb", str(versiondb.parent)]
    code = run_main(
        cli, name="x", arguments=[*arguments, "--cache", str(tmp_path / "cache"), "--json", "--quiet"]
    )
    assert code == 3
    assert "no repository is at hand" in capsys.readouterr().out
