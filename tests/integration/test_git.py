"""Our use of the real git, on repositories made for the purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import GitSha
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitcommands import GitError, git_environment, run_git
from tests.support.repositories import Remote, git

pytestmark = pytest.mark.process


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote.create(tmp_path / "remotes", "afw", "utils")


@pytest.fixture
def clone(remote: Remote, tmp_path: Path) -> GitRepository:
    return GitRepository.clone(remote.url, tmp_path / "afw")


def test_a_clone_knows_branches_and_tags_and_checks_nothing_out(remote: Remote, tmp_path: Path) -> None:
    ticket = remote.commit({"x": "1"}, branch="tickets/DM-1")
    remote.tag("w.2026.10")
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    refs = clone.refs()
    assert refs.branches == {"main": remote.head("main"), "tickets/DM-1": ticket}
    assert refs.tags == {"w.2026.10": remote.head("main")}
    assert [path.name for path in clone.directory.iterdir()] == [".git"]


def test_annotated_light_and_nested_tags_are_peeled_to_commits(remote: Remote, tmp_path: Path) -> None:
    remote.tag("annotated")
    remote.tag("light", annotated=False)
    remote.tag("nested", "annotated")
    remote.tag("twice_nested", "nested")
    refs = GitRepository.clone(remote.url, tmp_path / "afw").refs()
    assert refs.tags == dict.fromkeys(("annotated", "light", "nested", "twice_nested"), remote.head())


def test_a_tag_of_a_tree_is_no_commit(remote: Remote, tmp_path: Path) -> None:
    remote.tag("tree", "HEAD^{tree}", annotated=False)
    remote.tag("annotated_tree", "HEAD^{tree}")
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    assert [clone.is_commit(sha) for sha in clone.refs().tags.values()] == [False, False]
    assert clone.is_commit(remote.head())


def test_a_repository_without_a_commit_has_no_refs(tmp_path: Path) -> None:
    empty = GitRepository.create(tmp_path / "empty")
    clone = GitRepository.clone(f"file://{empty.directory}", tmp_path / "clone")
    assert (clone.refs().branches, clone.refs().tags) == ({}, {})
    assert clone.resolve("HEAD") is None
    assert clone.work_tree().commit is None


@pytest.mark.parametrize("url", ["{}/nowhere", "file://{}/nowhere"])
def test_cloning_nothing_says_that_there_is_nothing(url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        GitRepository.clone(url.format(tmp_path), tmp_path / "clone")
    assert not (tmp_path / "clone").exists()


def test_a_fetch_follows_branches_and_moved_tags_and_forgets_removed_ones(
    remote: Remote, tmp_path: Path
) -> None:
    remote.commit({}, branch="tickets/DM-1")
    remote.tag("moving")
    remote.tag("going")
    old = remote.head()
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    new = remote.commit({"y": "2"})
    remote.tag("moving")
    git(remote.path, "tag", "-d", "going")
    git(remote.path, "branch", "-D", "tickets/DM-1")
    refs = clone.fetch()
    assert refs == clone.refs()
    assert refs.branches == {"main": new}
    assert refs.tags == {"moving": new}
    assert clone.resolve("refs/removed-tags/going") == old
    assert clone.resolve("refs/removed-tags/moving") == old


def test_a_fetch_leaves_local_branches_alone(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    git(clone.directory, "checkout", "-q", "-b", "mine")
    git(clone.directory, "commit", "-q", "--allow-empty", "-m", "Mine")
    mine = clone.resolve("mine")
    remote.commit({}, branch="mine")
    clone.fetch()
    assert clone.resolve("refs/heads/mine") == mine


def test_a_branch_may_become_a_folder_of_branches(remote: Remote, tmp_path: Path) -> None:
    remote.commit({}, branch="topic")
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    git(remote.path, "branch", "-D", "topic")
    remote.commit({}, branch="topic/part")
    assert set(clone.fetch().branches) == {"main", "topic/part"}


def test_a_short_commit_is_resolved_and_nonsense_is_not(remote: Remote, clone: GitRepository) -> None:
    head = remote.head()
    assert clone.resolve(head[:8]) == head
    assert clone.resolve("0" * 40) is None
    assert clone.resolve("no/such/thing") is None


def test_the_origin_can_be_changed(remote: Remote, clone: GitRepository) -> None:
    assert clone.origin() == remote.url
    clone.set_origin("https://example.org/afw")
    assert clone.origin() == "https://example.org/afw"


def test_an_origin_can_be_added(tmp_path: Path) -> None:
    repository = GitRepository.create(tmp_path / "new")
    assert repository.origin() is None
    repository.set_origin("https://example.org/afw")
    assert repository.origin() == "https://example.org/afw"


def test_files_are_read_from_a_commit_bytes_and_all(remote: Remote, tmp_path: Path) -> None:
    (remote.path / "raw").write_bytes(b"\xff\0\n")
    commit = remote.commit({})
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    assert clone.read_file(commit, "raw") == b"\xff\0\n"
    assert clone.read_file(commit, "no/such/file") is None


def test_a_file_that_is_there_now_but_not_in_the_commit_is_absent(
    remote: Remote, clone: GitRepository
) -> None:
    commit = remote.head()
    clone.check_out(commit)
    (clone.directory / "new").write_text("x", encoding="utf-8")
    assert clone.read_file(commit, "new") is None


def test_reading_from_a_commit_that_is_not_there_is_an_error(clone: GitRepository) -> None:
    with pytest.raises(GitError, match="cannot read `x` of aaaaaaaaaa"):
        clone.read_file(GitSha("a" * 40), "x")


def test_files_are_listed_with_odd_names(remote: Remote, tmp_path: Path) -> None:
    commit = remote.commit({"a b": "", 'quo"te': "", "ü/ö": ""})
    clone = GitRepository.clone(remote.url, tmp_path / "afw")
    assert set(clone.list_files(commit)) == {"a b", 'quo"te', "ü/ö", "ups/afw.table"}


def test_a_commit_has_a_time(remote: Remote, clone: GitRepository) -> None:
    assert clone.commit_time(remote.head()) == 1_700_000_000


def test_a_checkout_is_detached_and_clean(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    tree = clone.work_tree()
    assert (tree.commit, tree.branch, tree.changed) == (remote.head(), None, ())
    assert (clone.directory / "ups" / "afw.table").read_text(encoding="utf-8") == "setupRequired(utils)\n"


def test_changed_added_renamed_and_conflicting_files_are_told(remote: Remote, clone: GitRepository) -> None:
    remote.commit({"edited file": "1", "moved": "2" * 50, "both": "3"})
    clone.fetch()
    clone.check_out(remote.head())
    git(clone.directory, "mv", "moved", "new name")
    (clone.directory / "edited file").write_text("0", encoding="utf-8")
    (clone.directory / "untracked").write_text("0", encoding="utf-8")
    assert clone.work_tree().changed == ("edited file", "new name")


def test_a_merge_conflict_is_a_change(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    other = remote.commit({"f": "theirs\n"})
    clone.fetch()
    git(clone.directory, "checkout", "-q", "-b", "mine")
    (clone.directory / "f").write_text("mine\n", encoding="utf-8")
    git(clone.directory, "add", "f")
    git(clone.directory, "commit", "-q", "-m", "Mine")
    with pytest.raises(subprocess.CalledProcessError):
        git(clone.directory, "merge", other)
    tree = clone.work_tree()
    assert (tree.branch, tree.changed) == ("mine", ("f",))


def test_only_commits_that_nothing_names_are_unpushed(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    assert clone.unpushed(remote.head()) == 0
    git(clone.directory, "commit", "-q", "--allow-empty", "-m", "Loose")
    loose = clone.resolve("HEAD")
    assert loose is not None
    assert clone.unpushed(loose) == 1
    git(clone.directory, "branch", "held")
    assert clone.unpushed(loose) == 0


def test_a_checkout_over_local_changes_fails_and_changes_nothing(
    remote: Remote, clone: GitRepository
) -> None:
    clone.check_out(remote.head())
    new = remote.commit({"ups/afw.table": "# new\n"})
    clone.fetch()
    (clone.directory / "ups" / "afw.table").write_text("# mine\n", encoding="utf-8")
    with pytest.raises(GitError, match="would be overwritten"):
        clone.check_out(new)
    assert (clone.directory / "ups" / "afw.table").read_text(encoding="utf-8") == "# mine\n"
    assert not clone.is_half_checked_out()


def test_a_forced_checkout_overwrites(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    (clone.directory / "ups" / "afw.table").write_text("# mine\n", encoding="utf-8")
    clone.check_out(remote.head(), force=True)
    assert clone.work_tree().changed == ()


def test_an_interrupted_checkout_is_completed(remote: Remote, clone: GitRepository) -> None:
    clone.check_out(remote.head())
    new = remote.commit({"ups/afw.table": "# new\n", "more": "x"})
    clone.fetch()
    # What `kill -9` leaves in the middle: the mark, the lock, a part of the files.
    clone.mark_checkout(new)
    (clone.directory / ".git" / "index.lock").touch()
    (clone.directory / "ups" / "afw.table").write_text("# n", encoding="utf-8")
    (clone.directory / "more").write_text("x", encoding="utf-8")
    assert clone.is_half_checked_out()
    clone.check_out(new)
    assert not clone.is_half_checked_out()
    assert (clone.work_tree().commit, clone.work_tree().changed) == (new, ())


def test_a_half_done_checkout_that_cannot_be_completed_stays_marked(
    remote: Remote, clone: GitRepository
) -> None:
    clone.check_out(remote.head())
    clone.mark_checkout(remote.head())
    with pytest.raises(GitError):
        clone.check_out(GitSha("0" * 40))
    assert clone.is_half_checked_out()


def test_a_copy_for_a_build_has_the_commit_and_the_tags(
    remote: Remote, clone: GitRepository, tmp_path: Path
) -> None:
    old = remote.head()
    remote.tag("w.2026.10")
    remote.commit({"new": "x"})
    clone.fetch()
    copy = clone.clone_commit(old, tmp_path / "copy")
    assert git(copy.directory, "describe") == "w.2026.10"
    assert not (copy.directory / "new").exists()
    assert copy.work_tree().commit == old


def test_a_partial_clone_reads_files_it_did_not_get(remote: Remote, tmp_path: Path) -> None:
    git(remote.path, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", remote.url, "partial")
    clone = GitRepository(tmp_path / "partial")
    assert clone.read_file(remote.head(), "ups/afw.table") == b"setupRequired(utils)\n"


def test_large_files_without_git_lfs_are_an_error_with_a_way_out(
    clone: GitRepository, remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone.check_out(remote.head())
    _only_git_on_path(tmp_path, monkeypatch)
    with pytest.raises(NotFoundError, match="git-lfs is not installed") as caught:
        clone.pull_large_files()
    assert caught.value.hint is not None


def test_large_files_are_pulled_by_git_lfs(
    clone: GitRepository, remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone.check_out(remote.head())
    folder = _only_git_on_path(tmp_path, monkeypatch)
    _program(folder / "git-lfs", 'echo "$@" > lfs-was-here')
    clone.pull_large_files()
    assert (clone.directory / "lfs-was-here").read_text(encoding="utf-8") == "pull\n"


def test_a_failing_git_lfs_is_no_missing_one(
    clone: GitRepository, remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone.check_out(remote.head())
    _program(_only_git_on_path(tmp_path, monkeypatch) / "git-lfs", 'echo "batch response: nope" >&2; exit 2')
    with pytest.raises(GitError, match="batch response: nope"):
        clone.pull_large_files()


def test_a_missing_git_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFoundError, match="there is no `git` to run"):
        run_git(("--version",), doing="ask git")


def test_git_looks_at_no_repository_but_the_one_it_is_given(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Remote.create(tmp_path, "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert GitRepository(remote.path).resolve("HEAD") == GitSha(git_head(remote))


def git_head(remote: Remote) -> str:
    return (remote.path / ".git" / "refs" / "heads" / "main").read_text(encoding="utf-8").strip()


def test_git_asks_nothing_and_speaks_english() -> None:
    environ = git_environment({"LC_ALL": "de_DE.UTF-8", "GIT_SSH_COMMAND": "mine", "HOME": "/h"})
    assert environ["LC_ALL"] == "C"
    assert environ["GIT_TERMINAL_PROMPT"] == "0"
    assert environ["GIT_SSH_COMMAND"] == "mine"
    assert "GIT_SSH_COMMAND" not in git_environment({})
    assert environ["HOME"] == "/h"


def _only_git_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "sh"):
        found = next(
            Path(part) / name
            for part in ("/usr/bin", "/usr/local/bin", "/bin")
            if (Path(part) / name).exists()
        )
        (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
