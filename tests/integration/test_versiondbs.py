"""Recording builds in a real versiondb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import RefusedError, ToolkitError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.versiondbs import VersionDbRepository
from tests.support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "versiondb"


def record(path: Path, build: str, **files: str) -> VersionDbRepository:
    store = VersionDbRepository(path)
    store.check()
    with store.locked():
        store.record(
            {f"manifests/{name}.txt": content for name, content in files.items()},
            message=f"Updates for build {build}.",
            tag=build,
            tag_message=f"Build ID {build}",
        )
    return store


def test_a_versiondb_that_is_not_there_is_empty(path: Path) -> None:
    store = VersionDbRepository(path)
    assert (store.tags(), store.read("manifests/b1.txt")) == ((), None)
    assert not path.exists()


def test_checking_makes_a_missing_versiondb(path: Path) -> None:
    VersionDbRepository(path).check()
    assert git(path, "branch", "--show-current") == "main"


def test_a_build_is_one_commit_with_one_annotated_tag(path: Path) -> None:
    store = record(path, "b1", b1="one\n")
    assert store.tags() == ("b1",)
    assert git(path, "log", "--format=%s|%D") == "Updates for build b1.|HEAD -> main, tag: b1"
    assert git(path, "cat-file", "-t", "b1") == "tag"
    assert git(path, "tag", "-l", "--format=%(contents)", "b1") == "Build ID b1"
    assert git(path, "status", "--porcelain") == ""
    assert (path / "manifests" / "b1.txt").read_text(encoding="utf-8") == "one\n"


def test_files_of_earlier_builds_stay(path: Path) -> None:
    record(path, "b1", b1="one\n", common="1\n")
    store = record(path, "b2", b2="two\n", common="1\n2\n")
    assert git(path, "ls-files").split() == ["manifests/b1.txt", "manifests/b2.txt", "manifests/common.txt"]
    assert store.read("manifests/common.txt") == "1\n2\n"
    assert store.read("manifests/b3.txt") is None


def test_the_users_name_is_used_where_git_knows_it(path: Path) -> None:
    VersionDbRepository(path).check()
    git(path, "config", "user.name", "Rubin")
    git(path, "config", "user.email", "rubin@example.org")
    record(path, "b1", b1="one\n")
    assert git(path, "log", "--format=%an <%ae>") == "Rubin <rubin@example.org>"


def test_a_machine_without_a_name_can_record(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    record(path, "b1", b1="one\n")
    assert git(path, "log", "--format=%cn") == "lsstinstall"


def test_local_changes_are_refused(path: Path) -> None:
    record(path, "b1", b1="one\n")
    (path / "manifests" / "b1.txt").write_text("edited\n", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"has local changes, in `manifests/b1\.txt`"):
        VersionDbRepository(path).check()


def test_a_folder_of_something_else_is_refused(path: Path) -> None:
    path.mkdir()
    (path / "thesis.tex").touch()
    with pytest.raises(RefusedError, match="is no git repository"):
        VersionDbRepository(path).check()


def test_a_file_in_the_place_is_refused(path: Path) -> None:
    path.touch()
    with pytest.raises(RefusedError, match="is no git repository"):
        VersionDbRepository(path).check()


def test_an_id_that_is_taken_records_nothing(path: Path) -> None:
    record(path, "b1", b1="one\n")
    head = git(path, "rev-parse", "HEAD")
    with pytest.raises(ToolkitError, match="cannot record build `b1`"):
        record(path, "b1", b1="other\n")
    assert git(path, "rev-parse", "HEAD") == head


def test_a_record_that_was_killed_before_the_commit_left_nothing(path: Path) -> None:
    record(path, "b1", b1="one\n")
    GitRepository(path).mark_checkout("whatever")
    store = VersionDbRepository(path)
    store.check()
    assert (store.tags(), git(path, "status", "--porcelain")) == (("b1",), "")


def test_a_record_that_was_killed_after_the_commit_is_completed(path: Path) -> None:
    record(path, "b1", b1="one\n")
    record(path, "b2", b2="two\n")
    # The files as they were before the second record; the commit and the tag are there.
    git(path, "read-tree", "--reset", "-u", "b1")
    GitRepository(path).mark_checkout(git(path, "rev-parse", "b2"))
    (path / ".git" / "index.lock").touch()
    VersionDbRepository(path).check()
    assert (path / "manifests" / "b2.txt").is_file()
    assert git(path, "status", "--porcelain") == ""


def test_a_second_recorder_waits_for_the_first(path: Path) -> None:
    store = VersionDbRepository(path)
    store.check()
    with store.locked():
        assert (path / ".git" / "lsstinstall.lock").is_file()
