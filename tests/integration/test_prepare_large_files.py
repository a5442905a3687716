"""Products whose large files lie beside git: the real git-lfs, with a folder as its server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.names import GitSha
from tests.support.repositories import Remote, git
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

POINTER = "version https://git-lfs.github.com/spec/v1"


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    if shutil.which("git-lfs") is None:
        pytest.skip("needs git-lfs")
    tiny = TinyStack(tmp_path)
    tiny.add("top", "data")
    central = tmp_path / "remotes" / "data"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(central))
    work = tmp_path / "work"
    git(tmp_path, "clone", "-q", central.as_uri(), str(work))
    git(work, "checkout", "-q", "-b", "main")
    git(work, "lfs", "install", "--local")
    git(work, "lfs", "track", "*.fits")
    (work / "ups").mkdir()
    (work / "ups" / "data.table").write_text("# only data\n", encoding="utf-8")
    store(tiny, "first sky")
    tiny.remotes["data"] = Remote(central)
    text = "".join(f"{name}: {remote.url}\n" for name, remote in tiny.remotes.items() if name != "data")
    text += f"data:\n  url: {central.as_uri()}\n  lfs: true\n"
    (tmp_path / "repos.yaml").write_text(text, encoding="utf-8")
    return tiny


def store(tiny: TinyStack, content: str) -> GitSha:
    """Push a new large file."""
    work = tiny.folder / "work"
    (work / "sky.fits").write_text(content, encoding="utf-8")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "Look up")
    git(work, "push", "-q", "origin", "main")
    return GitSha(git(work, "rev-parse", "HEAD"))


def sky(tiny: TinyStack) -> str:
    return (tiny.build_dir / "data" / "sky.fits").read_text(encoding="utf-8")


def test_large_files_come_after_the_checkout_and_are_no_changes(tiny: TinyStack) -> None:
    assert tiny.prepare("top").code == 0
    assert sky(tiny) == "first sky"
    assert git(tiny.build_dir / "data", "status", "--porcelain") == ""


def test_new_large_files_follow_and_old_ones_are_not_asked_for_again(tiny: TinyStack) -> None:
    tiny.prepare("top")
    new = store(tiny, "second sky")
    assert tiny.prepare("top").code == 0
    assert (sky(tiny), git(tiny.build_dir / "data", "rev-parse", "HEAD")) == ("second sky", new)
    shutil.rmtree(tiny.remotes["data"].path / "lfs")
    assert tiny.prepare("top").code == 0


def test_without_fetching_large_files_are_left_where_they_are(tiny: TinyStack) -> None:
    assert tiny.prepare("top", "--no-fetch").code == 0
    assert sky(tiny).startswith(POINTER)
    assert tiny.prepare("top").code == 0
    assert sky(tiny) == "first sky"


def test_large_files_that_cannot_be_had_are_told_and_the_next_run_gets_them(tiny: TinyStack) -> None:
    lfs = tiny.remotes["data"].path / "lfs"
    lfs.rename(tiny.folder / "aside")
    answer = tiny.prepare("top", "--tries", "1", "--json", "--quiet")
    assert answer.code == 4
    assert answer.problems[0].startswith("`data`: ")
    shutil.copytree(tiny.folder / "aside", lfs, dirs_exist_ok=True)
    assert tiny.prepare("top").code == 0
    assert sky(tiny) == "first sky"
