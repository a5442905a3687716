"""Helper `release_gate` of the workflow `pypi`, on real git repositories."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.tags import GitTag
from workflows.scripts.release_gate import KINDS, GateError, Tag, decide, delay_seconds, main, read_tag

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

ALL = frozenset(KINDS)


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    _commit(folder)
    return folder


def _commit(folder: Path, *tags: str) -> str:
    _git(folder, "commit", "-q", "--allow-empty", "-m", "Change")
    for tag in tags:
        _git(folder, "tag", "-m", tag, tag)
    return _git(folder, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("name", "kind", "version"),
    [
        ("w.2026.20", "weekly", "*.2026.2000"),
        ("w.2026.04", "weekly", "*.2026.400"),
        ("w.2020.5", "weekly", "*.2020.500"),
        ("v31.0.0.rc1", "candidate", "31.0.0rc1"),
        ("15.0.rc3", "candidate", "15.0rc3"),
        ("1.2.3rc1", "candidate", "1.2.3rc1"),
        ("31.0.0", "release", "31.0.0"),
        ("v31.0.0", "release", "31.0.0"),
        ("15.0", "release", "15.0"),
    ],
)
def test_a_tag_asks_for_a_version(name: str, kind: str, version: str) -> None:
    tag = read_tag(name)
    assert tag is not None
    assert (tag.kind, tag.version) == (kind, version)


@pytest.mark.parametrize(
    "name",
    [
        "server/1.2.3",
        "s2026.1",
        "w.2026",
        "w.2026.00",
        "w.2026.54",
        "d.2026.01.01",
        "main",
        "2015_10.0",
        "v31.0.x",
        "v31",
    ],
)
def test_other_tags_are_none_to_publish(name: str) -> None:
    assert read_tag(name) is None


@pytest.mark.parametrize("name", ["w.2026.20", "v31.0.0.rc1", "31.0.0", "15.0", "d.2026.01.01", "w.2026.99"])
def test_the_gate_and_the_release_tools_read_tags_alike(name: str) -> None:
    try:
        kind = GitTag.parse(name).kind.value
    except InvalidNameError:
        kind = None
    tag = read_tag(name)
    assert (tag.kind if tag else None) == (kind if kind in KINDS else None)


def test_a_weekly_with_a_new_commit_is_published(repository: Path) -> None:
    _commit(repository, "w.2026.19")
    commit = _commit(repository, "w.2026.20")
    decision = decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=ALL)
    assert (decision.publish, decision.build) == (True, True)
    assert decision.tag == Tag(name="w.2026.20", kind="weekly", version="*.2026.2000", week=(2026, 20))


@pytest.mark.parametrize("earlier", ["w.2026.19", "w.2025.52", "w.2026.5"])
def test_a_weekly_of_a_commit_that_an_earlier_weekly_names_is_left_out(
    repository: Path, earlier: str
) -> None:
    commit = _commit(repository, earlier, "w.2026.20")
    decision = decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=ALL)
    assert (decision.publish, decision.build) == (False, False)
    assert decision.reason.startswith(f"nothing changed: `{earlier}` names the same commit")


def test_of_several_earlier_weeklies_the_first_is_told(repository: Path) -> None:
    commit = _commit(repository, "w.2026.19", "w.2026.20", "w.2026.9", "w.2026.18")
    decision = decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=ALL)
    assert "`w.2026.9`" in decision.reason


def test_a_later_weekly_of_the_same_commit_does_not_keep_the_first_back(repository: Path) -> None:
    commit = _commit(repository, "w.2026.20", "w.2026.21", "w.latest")
    assert decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=ALL).publish


def test_a_release_of_a_commit_that_a_weekly_names_is_published(repository: Path) -> None:
    commit = _commit(repository, "w.2026.20", "v31.0.0.rc1")
    assert decide(repository, ref="refs/tags/v31.0.0.rc1", commit=commit, kinds=ALL).publish


def test_a_weekly_that_was_released_meanwhile_is_left_out(repository: Path) -> None:
    commit = _commit(repository, "w.2026.14", "v30.0.7.rc1", "30.0.7", "server/1.0")
    decision = decide(repository, ref="refs/tags/w.2026.14", commit=commit, kinds=ALL)
    assert (decision.publish, decision.build) == (False, False)
    assert decision.reason.startswith("released: `v30.0.7.rc1` names the same commit")


def test_a_lightweight_tag_counts_as_well(repository: Path) -> None:
    commit = _commit(repository, "w.2026.20")
    _git(repository, "tag", "w.2026.19")
    assert not decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=ALL).publish


def test_a_kind_that_is_not_wanted_is_left_out(repository: Path) -> None:
    commit = _commit(repository, "w.2026.20")
    decision = decide(repository, ref="refs/tags/w.2026.20", commit=commit, kinds=frozenset({"release"}))
    assert (decision.publish, decision.build) == (False, False)
    assert decision.reason == "`w.2026.20` is a weekly; published are: release"


def test_a_branch_is_built_and_not_published(repository: Path) -> None:
    decision = decide(repository, ref="refs/heads/main", commit="", kinds=ALL)
    assert (decision.publish, decision.build, decision.tag) == (False, True, None)


def test_a_tag_of_another_form_is_nothing_to_do(repository: Path) -> None:
    decision = decide(repository, ref="refs/tags/server/1.2.3", commit="", kinds=ALL)
    assert (decision.publish, decision.build) == (False, False)


def test_a_moved_tag_is_refused(repository: Path) -> None:
    old = _commit(repository, "31.0.0")
    new = _commit(repository)
    _git(repository, "tag", "-f", "31.0.0")
    with pytest.raises(GateError, match=f"`31.0.0` names {new}, but this run is for {old}"):
        decide(repository, ref="refs/tags/31.0.0", commit=old, kinds=ALL)


def test_a_tag_that_is_not_there_is_an_error(repository: Path) -> None:
    with pytest.raises(GateError, match=r"rev-parse --verify refs/tags/31\.0\.0"):
        decide(repository, ref="refs/tags/31.0.0", commit="", kinds=ALL)


def test_a_shallow_clone_cannot_tell(repository: Path, tmp_path: Path) -> None:
    _commit(repository, "31.0.0")
    shallow = tmp_path / "shallow"
    _git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), str(shallow))
    with pytest.raises(GateError, match="fetch-depth: 0"):
        decide(shallow, ref="refs/tags/31.0.0", commit="", kinds=ALL)


def test_weeklies_of_many_repositories_are_spread_and_each_keeps_its_place() -> None:
    tag = read_tag("w.2026.20")
    delays = [delay_seconds(f"lsst/product_{number}", tag, spread=900) for number in range(150)]
    assert delays == [delay_seconds(f"lsst/product_{number}", tag, spread=900) for number in range(150)]
    assert all(0 <= delay <= 900 for delay in delays)
    # One in six seconds on average; in no minute more than a few.
    assert max(sum(start <= delay < start + 60 for delay in delays) for start in range(900)) <= 25


@pytest.mark.parametrize("name", ["31.0.0", "v31.0.0.rc1"])
def test_a_release_does_not_wait(name: str) -> None:
    assert delay_seconds("lsst/afw", read_tag(name), spread=900) == 0
    assert delay_seconds("lsst/afw", None, spread=900) == 0


def _environment(repository: Path, tmp_path: Path, **changes: str) -> dict[str, str]:
    return {
        "GITHUB_WORKSPACE": str(repository),
        "GITHUB_REPOSITORY": "lsst/afw",
        "GITHUB_REF": "refs/tags/w.2026.20",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "KINDS": "weekly, candidate release",
        "SPREAD_SECONDS": "0",
        **changes,
    }


def test_outputs_and_summary_tell_the_decision(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = _commit(repository, "w.2026.20")
    assert main(_environment(repository, tmp_path, GITHUB_SHA=commit)) == 0
    assert (tmp_path / "output").read_text().splitlines() == [
        "publish=true",
        "build=true",
        "kind=weekly",
        "tag=w.2026.20",
        "version=*.2026.2000",
        "delay=0",
        "reason=`w.2026.20` is a weekly to be published",
    ]
    assert "| version | `*.2026.2000` |" in (tmp_path / "summary").read_text()
    assert capsys.readouterr().out.startswith("::notice title=Release gate::`w.2026.20` is a weekly")


def test_what_is_no_tag_has_no_version(repository: Path, tmp_path: Path) -> None:
    assert main(_environment(repository, tmp_path, GITHUB_REF="refs/pull/7/merge")) == 0
    assert "tag=\nversion=\n" in (tmp_path / "output").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"KINDS": "weekly daily"}, "`kinds` has `daily`; expected some of: weekly, candidate, release"),
        ({"KINDS": " "}, "`kinds` is empty; expected some of: weekly, candidate, release"),
        ({"SPREAD_SECONDS": "-1"}, "`spread-seconds` is `-1`; expected a whole number from 0 to 3600"),
        ({"SPREAD_SECONDS": "3601"}, "`spread-seconds` is `3601`; expected a whole number from 0 to 3600"),
    ],
)
def test_a_wrong_input_is_told(
    repository: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    message: str,
) -> None:
    assert main(_environment(repository, tmp_path, **changes)) == 1
    assert capsys.readouterr().out == f"::error title=Release gate::{message}\n"


def test_a_machine_without_git_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(_environment(repository, tmp_path)) == 1
    assert "there is no `git` on this machine" in capsys.readouterr().out
