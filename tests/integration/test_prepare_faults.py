"""Preparing a build when something is wrong: it is said, nothing is lost, the next run completes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import git
from tests.support.smalldisks import small_disk
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("alpha")
    tiny.add("beta", "alpha")
    tiny.add("top", "beta", "alpha")
    return tiny


def commits(tiny: TinyStack, *arguments: str) -> dict[str, str]:
    answer = tiny.prepare("top", *arguments, "--json", "--quiet")
    assert answer.code == 0, answer.stdout
    return {one["name"]: one["commit"] for one in answer.data["products"]}


def test_a_removed_branch_falls_back_to_the_next(tiny: TinyStack) -> None:
    beta, alpha = tiny.remotes["beta"], tiny.remotes["alpha"]
    ticket = beta.commit({"x": "1"}, branch="tickets/DM-1")
    alpha.commit({"x": "1"}, branch="tickets/DM-1")
    assert commits(tiny, "--ref", "tickets/DM-1")["beta"] == ticket
    git(beta.path, "branch", "-D", "tickets/DM-1")
    assert commits(tiny, "--ref", "tickets/DM-1")["beta"] == beta.head("main")


def test_a_moved_tag_is_followed(tiny: TinyStack) -> None:
    beta = tiny.remotes["beta"]
    beta.tag("w.2026.10")
    assert commits(tiny, "--ref", "w.2026.10")["beta"] == beta.head()
    new = beta.commit({"x": "1"})
    beta.tag("w.2026.10")
    assert commits(tiny, "--ref", "w.2026.10")["beta"] == new


def test_a_local_branch_is_no_ref_of_the_product(tiny: TinyStack) -> None:
    commits(tiny)
    git(tiny.build_dir / "beta", "branch", "mine")
    answer = tiny.prepare("top", "--ref", "mine", "--json")
    assert answer.problems == ["`mine` is no branch, tag or commit of any product"]


def test_a_half_written_clone_is_moved_aside_and_kept(tiny: TinyStack) -> None:
    half = tiny.build_dir / "beta"
    (half / ".git" / "objects").mkdir(parents=True)
    (half / ".git" / "objects" / "precious").write_text("x", encoding="utf-8")
    commits(tiny)
    aside = tiny.build_dir / "beta.broken-1" / ".git" / "objects" / "precious"
    assert aside.read_text(encoding="utf-8") == "x"


def test_a_clone_that_git_had_only_begun_is_completed(tiny: TinyStack) -> None:
    begun = tiny.build_dir / "beta"
    begun.mkdir(parents=True)
    git(begun, "init", "-q")
    git(begun, "remote", "add", "origin", tiny.remotes["beta"].url)
    assert commits(tiny)["beta"] == tiny.remotes["beta"].head()
    assert (begun / "ups" / "beta.table").is_file()
    assert sorted(path.name for path in tiny.build_dir.glob("beta*")) == ["beta"]


def test_an_empty_index_is_what_a_lost_machine_leaves(tiny: TinyStack) -> None:
    before = commits(tiny)
    (tiny.build_dir / "beta" / ".git" / "index").write_bytes(b"")
    assert commits(tiny) == before
    assert git(tiny.build_dir / "beta", "status", "--porcelain") == ""


def test_without_an_index_changed_files_are_kept_all_the_same(tiny: TinyStack) -> None:
    commits(tiny)
    clone = tiny.build_dir / "beta"
    (clone / "ups" / "beta.table").write_text("# mine\n", encoding="utf-8")
    (clone / ".git" / "index").unlink()
    tiny.remotes["beta"].commit({"x": "1"})
    assert tiny.prepare("top").code == 6
    assert (clone / "ups" / "beta.table").read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("lock", ["packed-refs.lock", "refs/remotes/origin/main.lock"])
def test_a_lock_that_a_killed_git_left_is_no_obstacle(tiny: TinyStack, lock: str) -> None:
    commits(tiny)
    new = tiny.remotes["beta"].commit({"x": "1"})
    git(tiny.remotes["beta"].path, "branch", "gone")
    commits(tiny)
    git(tiny.remotes["beta"].path, "branch", "-D", "gone")
    newer = tiny.remotes["beta"].commit({"x": "2"})
    (tiny.build_dir / "beta" / ".git" / lock).touch()
    assert new != commits(tiny)["beta"] == newer


def test_a_lock_on_the_list_of_files_may_be_a_persons_and_is_respected(tiny: TinyStack) -> None:
    commits(tiny)
    new = tiny.remotes["beta"].commit({"x": "1"})
    lock = tiny.build_dir / "beta" / ".git" / "index.lock"
    lock.touch()
    answer = tiny.prepare("top")
    assert answer.code == 1
    assert "hint: another git is at work there; if there is none" in answer.stderr
    lock.unlink()
    assert commits(tiny)["beta"] == new


def test_a_remote_that_is_gone_leaves_everything_as_it_was(tiny: TinyStack) -> None:
    commits(tiny)
    manifest = (tiny.build_dir / "manifest.txt").read_text(encoding="utf-8")
    tiny.remotes["beta"].commit({"x": "1"})
    tiny.remotes["alpha"].path.rename(tiny.folder / "gone")
    head = git(tiny.build_dir / "beta", "rev-parse", "HEAD")
    answer = tiny.prepare("top", "--json", "--tries", "1")
    assert answer.code == 3
    assert answer.problems[0].startswith("`alpha`, needed by ")
    assert git(tiny.build_dir / "beta", "rev-parse", "HEAD") == head
    assert (tiny.build_dir / "manifest.txt").read_text(encoding="utf-8") == manifest
    (tiny.folder / "gone").rename(tiny.remotes["alpha"].path)
    assert commits(tiny)["beta"] == tiny.remotes["beta"].head()


def test_a_full_disk_is_said_and_the_next_run_completes(tiny: TinyStack) -> None:
    tiny.remotes["beta"].commit(
        {"large": "".join(f"{number * 7919 % 1000003}\n" for number in range(400_000))}
    )
    with small_disk(tiny.build_dir, "size=2m") as disk:
        answer = tiny.prepare("top", "--json", "--tries", "1")
        assert answer.code == 4
        assert "no space left on" in answer.problems[0]
        assert not (disk / "manifest.txt").exists()
        assert git(tiny.versiondb, "tag") == ""
    assert set(commits(tiny)) == {"alpha", "beta", "top"}


def test_untracked_files_and_local_branches_survive_everything(tiny: TinyStack) -> None:
    commits(tiny)
    clone = tiny.build_dir / "beta"
    (clone / "notes.txt").write_text("mine", encoding="utf-8")
    git(clone, "checkout", "-q", "-b", "mine")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
    mine = git(clone, "rev-parse", "mine")
    tiny.remotes["beta"].commit({"x": "1"})
    commits(tiny)
    assert git(clone, "rev-parse", "mine") == mine
    assert (clone / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_file_changed_within_a_moment_of_the_checkout_is_noticed(tiny: TinyStack) -> None:
    commits(tiny)
    table = tiny.build_dir / "beta" / "ups" / "beta.table"
    table.write_text(table.read_text(encoding="utf-8").replace("alpha", "aleph"), encoding="utf-8")
    answer = tiny.prepare("top", "--json", "--no-fetch")
    assert answer.code == 6
    assert "has local changes: `ups/beta.table`" in answer.problems[0]


def test_other_places_are_tried_where_the_first_has_nothing(tiny: TinyStack) -> None:
    text = (tiny.folder / "repos.yaml").read_text(encoding="utf-8")
    wrong = text.replace(tiny.remotes["beta"].url, f"file://{tiny.folder}/nowhere/beta")
    (tiny.folder / "repos.yaml").write_text(wrong, encoding="utf-8")
    pattern = f"file://{tiny.folder}/neither/%(product)s|file://{tiny.folder}/remotes/%(product)s"
    assert tiny.prepare("top").code == 3
    for _ in range(2):
        assert commits(tiny, "--repository-pattern", pattern)["beta"] == tiny.remotes["beta"].head()


def test_ids_that_are_tags_of_a_stack_are_skipped(tiny: TinyStack) -> None:
    tags = tiny.folder / "eups" / "ups_db" / "global.tags"
    tags.parent.mkdir(parents=True)
    tags.write_text("current b1 b2\n", encoding="utf-8")
    answer = tiny.prepare("top", "--json", EUPS_PATH=str(tags.parents[1]))
    assert answer.data["build"] == "b3"
