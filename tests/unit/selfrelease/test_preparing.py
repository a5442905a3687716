"""A release of this project: one commit on a branch, and the checks of its tag."""

from __future__ import annotations

import subprocess
from datetime import date
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError, RefusedError
from selfrelease.__main__ import cli
from selfrelease.preparing import check_tag, make_release, plan_release
from selfrelease.versions import parse_version

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

DAY = date(2026, 3, 12)
VERSION = parse_version("0.2.0")
LOG = "# Change log\n\n## 0.1.0, 2026-01-02\n\n- First.\n"
CALLED = "on:\n  workflow_call:\n    inputs:\n      paths: {type: string}\njobs: {}\n"


def git(folder: Path, *arguments: str) -> str:
    command = ("git", "-C", str(folder), *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    files = {
        ".github/changes/README.md": "How to.\n",
        ".github/changes/DM-1.perf.md": "Tags are faster.\n",
        "lsstinstall/__init__.py": '__version__ = "0.1.0"\n',
        "CHANGELOG.md": LOG,
        "workflows/pins.toml": '[self]\nseries = "v1"\n',
    }
    commit(folder, files)
    git(folder, "tag", "0.1.0")
    return folder


def released(folder: Path) -> str:
    sha = make_release(folder, plan_release(folder, VERSION, DAY))
    git(folder, "merge", "--quiet", "--ff-only", "release-0.2.0")
    git(folder, "tag", "0.2.0")
    return sha


def test_a_release_is_one_commit_that_holds_all_of_it(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    sha = make_release(checkout, plan_release(checkout, VERSION, DAY))
    assert git(checkout, "rev-parse", "HEAD") == head
    assert not git(checkout, "status", "--porcelain")
    assert git(checkout, "rev-list", "--parents", "-1", "release-0.2.0").split() == [sha, head]
    assert git(checkout, "show", "-s", "--format=%s", sha) == "Release 0.2.0"
    assert git(checkout, "show", "--name-status", "--format=", sha).splitlines() == [
        "D\t.github/changes/DM-1.perf.md",
        "M\tCHANGELOG.md",
        "M\tlsstinstall/__init__.py",
    ]
    section = "## 0.2.0, 2026-03-12\n\n### Faster\n\n- Tags are faster. (DM-1)\n\n"
    assert (
        git(checkout, "show", f"{sha}:CHANGELOG.md") == LOG.replace("## 0.1.0", f"{section}## 0.1.0").strip()
    )


def test_a_tag_of_a_release_is_right_and_has_its_notes(checkout: Path) -> None:
    released(checkout)
    assert check_tag(checkout, "0.2.0", main="main") == "### Faster\n\n- Tags are faster. (DM-1)\n"


def test_a_release_of_what_is_not_committed_is_refused(checkout: Path) -> None:
    (checkout / ".github/changes/DM-2.misc.md").write_text("More.", encoding="utf-8")
    (checkout / "CHANGELOG.md").write_text("x", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"`CHANGELOG.md`, `.github/changes/DM-2.misc.md`"):
        plan_release(checkout, VERSION, DAY)


def test_a_release_of_nothing_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(RefusedError, match="no commit to release"):
        plan_release(tmp_path, VERSION, DAY)


@pytest.mark.parametrize(
    ("version", "message"), [("0.1.0", "was released"), ("0.0.9", "does not follow `0.1.0`")]
)
def test_versions_only_grow(checkout: Path, version: str, message: str) -> None:
    git(checkout, "tag", "2026.01.0")
    with pytest.raises((RefusedError, ConfigurationError), match=message):
        plan_release(checkout, parse_version(version), DAY)


def test_a_clone_without_tags_knows_versions_by_the_change_log(checkout: Path) -> None:
    git(checkout, "tag", "--delete", "0.1.0")
    with pytest.raises(ConfigurationError, match=r"`0.1.0` does not follow `0.1.0`"):
        plan_release(checkout, parse_version("0.1.0"), DAY)


def test_wrong_fragments_are_refused(checkout: Path) -> None:
    commit(checkout, {".github/changes/DM-2.odd.md": "x"})
    with pytest.raises(ProblemsError, match="fragments of the change log are wrong"):
        plan_release(checkout, VERSION, DAY)


def test_a_release_is_prepared_once(checkout: Path) -> None:
    make_release(checkout, plan_release(checkout, VERSION, DAY))
    with pytest.raises(RefusedError, match=r"there is a branch `release-0.2.0`"):
        plan_release(checkout, VERSION, DAY)


def test_a_tag_that_is_not_the_version_is_refused(checkout: Path) -> None:
    git(checkout, "tag", "0.2.0")
    with pytest.raises(ConfigurationError, match=r"the tag is `0.2.0`, but the version .* is `0.1.0`"):
        check_tag(checkout, "0.2.0", main="main")


def test_a_tag_with_fragments_that_came_later_is_refused(checkout: Path) -> None:
    make_release(checkout, plan_release(checkout, VERSION, DAY))
    git(checkout, "merge", "--quiet", "release-0.2.0")
    commit(checkout, {".github/changes/DM-2.misc.md": "x"})
    git(checkout, "tag", "0.2.0")
    with pytest.raises(ConfigurationError, match=r"fragments .* are left: `DM-2.misc.md`"):
        check_tag(checkout, "0.2.0", main="main")


def test_a_tag_that_is_not_there_or_elsewhere_is_refused(checkout: Path) -> None:
    released(checkout)
    git(checkout, "tag", "--delete", "0.2.0")
    with pytest.raises(NotFoundError, match=r"there is no tag `0.2.0`"):
        check_tag(checkout, "0.2.0", main="main")
    git(checkout, "tag", "0.2.0", "HEAD^")
    with pytest.raises(RefusedError, match=r"names .*, but .* is checked out"):
        check_tag(checkout, "0.2.0", main="main")


def test_a_tag_that_was_not_merged_is_refused(checkout: Path) -> None:
    make_release(checkout, plan_release(checkout, VERSION, DAY))
    git(checkout, "switch", "--quiet", "release-0.2.0")
    git(checkout, "tag", "0.2.0")
    with pytest.raises(RefusedError, match="is not on `main`"):
        check_tag(checkout, "0.2.0", main="main")


def test_the_program_tells_what_it_did_and_what_comes_next(checkout: Path) -> None:
    run = CliRunner()
    root = ("--root", str(checkout))
    dry = run.invoke(
        cli, ["prepare", "0.2.0", "--date", "2026-03-12", "--dry-run", *root], standalone_mode=False
    )
    assert dry.output == (
        "no branch was made; the change log would say:\n\n### Faster\n\n- Tags are faster. (DM-1)\n"
    )
    made = run.invoke(cli, ["prepare", "0.2.0", *root], standalone_mode=False)
    assert made.output.startswith("branch release-0.2.0, commit ")
    assert made.output.endswith("then tag the merged commit: git tag -s 0.2.0\n")
    git(checkout, "merge", "--quiet", "release-0.2.0")
    git(checkout, "tag", "0.2.0")
    notes, outputs = checkout.parent / "notes.md", checkout.parent / "outputs"
    files = ("--notes", str(notes), "--outputs", str(outputs))
    told = run.invoke(cli, ["check", "0.2.0", "--main", "main", *files, *root], standalone_mode=False)
    assert told.output == "0.2.0 is a release\n"
    assert notes.read_text(encoding="utf-8") == "### Faster\n\n- Tags are faster. (DM-1)\n"
    commit = git(checkout, "rev-parse", "HEAD")
    assert outputs.read_text(encoding="utf-8") == f"candidate=false\ncommit={commit}\nseries=v1\n"


def test_a_series_may_grow_and_not_shrink(checkout: Path) -> None:
    run = CliRunner()
    arguments = ["series", "v1", "--root", str(checkout)]
    assert "there is no `v1` yet" in run.invoke(cli, arguments, standalone_mode=False).output
    commit(checkout, {".github/workflows/a.yaml": CALLED, ".github/workflows/own.yaml": "on: push\n"})
    git(checkout, "tag", "v1")
    commit(checkout, {".github/workflows/a.yaml": CALLED.replace("jobs", "      more: {type: string}\njobs")})
    assert run.invoke(cli, arguments, standalone_mode=False).output == "whoever calls `v1` can go on\n"
    commit(checkout, {".github/workflows/a.yaml": CALLED.replace("paths", "path")})
    failed = run.invoke(cli, arguments, standalone_mode=False)
    assert isinstance(failed.exception, ProblemsError)
    assert [str(one) for one in failed.exception.problems] == [
        "`.github/workflows/a.yaml`: the input `paths` is gone"
    ]
    (checkout / ".github/workflows/a.yaml").unlink()
    gone = run.invoke(cli, arguments, standalone_mode=False)
    assert "1 problem" in str(gone.exception)
