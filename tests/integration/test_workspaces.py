"""Build directories: clones that are kept up to date and never lose anybody's work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import FormatError, NotFoundError, RefusedError, UnavailableError
from lsstinstall.core.names import ProductName
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gittidying import tidy
from rubin_releng.adapters.looks import LookOnly
from rubin_releng.adapters.retries import Retries
from rubin_releng.adapters.workspaces import BuildDirectory
from tests.support.repositories import Remote, git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

AFW = ProductName("afw")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote.create(tmp_path / "remotes", "afw", "utils")


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    return tmp_path / "build"


def workspace(build_dir: Path, *, fetch: bool = True, force: bool = False, tries: int = 1) -> BuildDirectory:
    return BuildDirectory(
        build_dir, fetch=fetch, force=force, retries=Retries(tries=tries, sleep=lambda _: None)
    )


def settled(build_dir: Path, remote: Remote, *, fetch: bool = True, force: bool = False) -> bool:
    """Bring the clone to the newest commit of ``main``."""
    source = workspace(build_dir, fetch=fetch, force=force).obtain(AFW, remote.url, large_files=False)
    return source.settle(source.refs.branches["main"])


def test_a_new_product_is_cloned_and_checked_out(remote: Remote, build_dir: Path) -> None:
    assert settled(build_dir, remote)
    assert (build_dir / "afw" / "ups" / "afw.table").is_file()
    assert sorted(path.name for path in build_dir.iterdir()) == ["afw"]


def test_a_second_time_nothing_moves(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    assert not settled(build_dir, remote)


def test_new_commits_are_fetched_and_checked_out(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    new = remote.commit({"x": "1"})
    assert settled(build_dir, remote)
    assert GitRepository(build_dir / "afw").work_tree().commit == new


def test_without_fetching_new_commits_are_not_seen(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    remote.commit({"x": "1"})
    assert not settled(build_dir, remote, fetch=False)


def test_without_fetching_a_missing_product_is_cloned_all_the_same(remote: Remote, build_dir: Path) -> None:
    assert settled(build_dir, remote, fetch=False)


def test_a_removed_branch_is_no_longer_a_candidate(remote: Remote, build_dir: Path) -> None:
    remote.commit({}, branch="tickets/DM-1")
    settled(build_dir, remote)
    git(remote.path, "branch", "-D", "tickets/DM-1")
    source = workspace(build_dir).obtain(AFW, remote.url, large_files=False)
    assert set(source.refs.branches) == {"main"}


def test_what_a_killed_clone_left_is_not_taken_for_one(remote: Remote, build_dir: Path) -> None:
    (build_dir / ".afw.new" / ".git").mkdir(parents=True)
    assert settled(build_dir, remote)
    assert sorted(path.name for path in build_dir.iterdir()) == ["afw"]


def test_a_clone_that_was_never_checked_out_is(remote: Remote, build_dir: Path) -> None:
    GitRepository.clone(remote.url, build_dir / "afw")
    assert settled(build_dir, remote)
    assert GitRepository(build_dir / "afw").work_tree().changed == ()


def test_changed_files_are_refused_and_kept(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    table = build_dir / "afw" / "ups" / "afw.table"
    table.write_text("# mine\n", encoding="utf-8")
    remote.commit({"x": "1"})
    with pytest.raises(RefusedError, match=r"has local changes: `ups/afw\.table`") as caught:
        settled(build_dir, remote)
    assert caught.value.hint is not None
    assert table.read_text(encoding="utf-8") == "# mine\n"


def test_many_changed_files_are_not_all_named(remote: Remote, build_dir: Path) -> None:
    remote.commit(dict.fromkeys("abcde", "1"))
    settled(build_dir, remote)
    for name in "abcde":
        (build_dir / "afw" / name).write_text("2", encoding="utf-8")
    with pytest.raises(RefusedError, match="`a`, `b`, `c` and 2 more"):
        settled(build_dir, remote)


def test_changed_files_are_overwritten_when_forced(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    table = build_dir / "afw" / "ups" / "afw.table"
    table.write_text("# mine\n", encoding="utf-8")
    assert settled(build_dir, remote, force=True)
    assert table.read_text(encoding="utf-8") == "setupRequired(utils)\n"


def test_files_git_does_not_know_are_left_alone(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    notes = build_dir / "afw" / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    remote.commit({"x": "1"})
    assert settled(build_dir, remote)
    assert notes.read_text(encoding="utf-8") == "mine"


def test_local_commits_on_a_branch_stay_on_it(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    clone = build_dir / "afw"
    git(clone, "checkout", "-q", "-b", "mine")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
    mine = git(clone, "rev-parse", "mine")
    remote.commit({"x": "1"})
    assert settled(build_dir, remote)
    assert git(clone, "rev-parse", "mine") == mine


def test_local_commits_on_no_branch_are_refused(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    clone = build_dir / "afw"
    for _ in range(2):
        git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
        with pytest.raises(RefusedError, match="that no branch holds"):
            settled(build_dir, remote)
    assert settled(build_dir, remote, force=True)


def test_a_clone_of_another_remote_is_pointed_to_the_right_one_and_kept(
    remote: Remote, build_dir: Path, tmp_path: Path
) -> None:
    settled(build_dir, remote)
    notes = build_dir / "afw" / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    moved = Remote.create(tmp_path / "moved", "afw")
    new = moved.commit({"moved": "x"})
    assert settled(build_dir, moved)
    assert GitRepository(build_dir / "afw").work_tree().commit == new
    assert notes.is_file()


def test_without_fetching_a_clone_of_another_remote_is_refused(
    remote: Remote, build_dir: Path, tmp_path: Path
) -> None:
    settled(build_dir, remote)
    moved = Remote.create(tmp_path / "moved", "afw")
    with pytest.raises(RefusedError, match=r"was cloned from <file://.*remotes/afw>"):
        settled(build_dir, moved, fetch=False)


def test_without_fetching_a_repository_without_origin_is_an_error(remote: Remote, build_dir: Path) -> None:
    GitRepository.create(build_dir / "afw")
    with pytest.raises(NotFoundError, match="has no remote `origin`"):
        settled(build_dir, remote, fetch=False)


@pytest.mark.parametrize("directory", [True, False])
def test_what_is_no_clone_is_not_touched(remote: Remote, build_dir: Path, *, directory: bool) -> None:
    build_dir.mkdir()
    if directory:
        (build_dir / "afw").mkdir()
        (build_dir / "afw" / "thesis.tex").touch()
    else:
        (build_dir / "afw").touch()
    with pytest.raises(RefusedError, match="is in the way and no git clone"):
        settled(build_dir, remote)


def test_an_empty_folder_is_not_in_the_way(remote: Remote, build_dir: Path) -> None:
    (build_dir / "afw").mkdir(parents=True)
    assert settled(build_dir, remote)


def test_a_repository_that_is_gone_keeps_its_clone(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    remote.path.rename(remote.path.with_name("gone"))
    with pytest.raises(NotFoundError):
        settled(build_dir, remote)
    assert (build_dir / "afw" / "ups" / "afw.table").is_file()


def test_an_unreachable_remote_is_tried_again_with_longer_pauses(build_dir: Path) -> None:
    pauses: list[float] = []
    retries = Retries(tries=3, pause_seconds=1.0, sleep=pauses.append)
    work = BuildDirectory(build_dir, fetch=True, force=False, retries=retries)
    # Nothing listens there; git's own protocol needs no proxy to say so.
    with pytest.raises(UnavailableError, match="cannot be reached after 3 tries") as caught:
        work.obtain(AFW, "ext::sh -c false", large_files=False)
    assert pauses == [1.0, 2.0]
    assert caught.value.hint is not None


def test_a_single_try_is_called_one(build_dir: Path) -> None:
    with pytest.raises(UnavailableError, match="after one try"):
        workspace(build_dir).obtain(AFW, "ext::sh -c false", large_files=False)


def test_a_table_that_is_not_utf8_names_its_place(remote: Remote, build_dir: Path) -> None:
    (remote.path / "ups" / "afw.table").write_bytes(b"# \xff\n")
    commit = remote.commit({})
    source = workspace(build_dir).obtain(AFW, remote.url, large_files=False)
    with pytest.raises(FormatError, match=r"build/afw/ups/afw\.table:1:3"):
        source.read_text(commit, "ups/afw.table")


def test_a_repository_of_large_files_is_asked_for_them(
    remote: Remote, build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git-lfs"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@" >> lfs-was-here\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    source = workspace(build_dir).obtain(AFW, remote.url, large_files=True)
    source.settle(remote.head())
    assert (build_dir / "afw" / "lfs-was-here").read_text(
        encoding="utf-8"
    ) == "install --local --skip-repo\npull\n"


def test_a_look_checks_nothing_out_and_reads_tables(remote: Remote, build_dir: Path, tmp_path: Path) -> None:
    look = LookOnly(tmp_path / "cache", existing=None, retries=Retries(tries=1))
    view = look.obtain(AFW, remote.url, large_files=True)
    assert view.read_text(remote.head(), "ups/afw.table") == "setupRequired(utils)\n"
    assert view.read_text(remote.head(), "ups/other.table") is None
    assert not view.settle(remote.head())
    assert [path.name for path in view.repository.directory.iterdir()] == [".git"]
    assert not build_dir.exists()


def test_a_second_look_sees_new_commits(remote: Remote, tmp_path: Path) -> None:
    look = LookOnly(tmp_path / "cache", existing=None, retries=Retries(tries=1))
    look.obtain(AFW, remote.url, large_files=False)
    new = remote.commit({"x": "1"})
    assert look.obtain(AFW, remote.url, large_files=False).refs.branches["main"] == new


def test_a_look_without_fetching_reads_the_clones_that_are_there(
    remote: Remote, build_dir: Path, tmp_path: Path
) -> None:
    settled(build_dir, remote)
    old = remote.head()
    remote.commit({"x": "1"})
    look = LookOnly(tmp_path / "cache", existing=build_dir, retries=Retries(tries=1))
    assert look.obtain(AFW, remote.url, large_files=False).refs.branches["main"] == old
    assert not (tmp_path / "cache").exists()


def test_a_restless_repository_is_fetched_without_asking_first(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    moves = build_dir / "afw" / ".git" / "lsstinstall-moves"
    for number in range(4):
        new = remote.commit({"x": str(number)})
        assert settled(build_dir, remote)
        assert GitRepository(build_dir / "afw").work_tree().commit == new
    assert moves.read_text(encoding="utf-8") == "4\n"
    assert not settled(build_dir, remote)
    assert not moves.exists()


def test_many_packs_and_refs_become_few_and_nothing_is_pruned(remote: Remote, build_dir: Path) -> None:
    settled(build_dir, remote)
    clone = GitRepository(build_dir / "afw")
    git(clone.directory, "commit", "-q", "--allow-empty", "-m", "Mine")
    mine = git(clone.directory, "rev-parse", "HEAD")
    git(clone.directory, "checkout", "-q", "--detach", "HEAD~1")
    for number in range(6):
        remote.commit({"x": str(number)}, branch=f"topic{number}")
        settled(build_dir, remote)
        git(clone.directory, "repack", "-q")
    packs = clone.git_dir / "objects" / "pack"
    before, refs = len(list(packs.glob("*.pack"))), clone.refs()
    assert tidy(clone, most_packs=2, most_refs=2)
    assert len(list(packs.glob("*.pack"))) < before
    assert clone.refs() == refs
    assert clone.is_commit(mine)
    assert not tidy(clone)
