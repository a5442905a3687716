"""Mirrors of small real repositories: what can go wrong, and what is left when it did."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.mirrors import MirrorResult, Mirrors
from rubin_releng.adapters.mirrortags import MirrorTags
from tests.support.gitstacks import make_stack
from tests.support.repositories import Remote, git

if TYPE_CHECKING:
    from rubin_releng.adapters.loggedhistories import LoggedHistory
    from tests.support.gitstacks import GitStack

pytestmark = pytest.mark.process

MAIN = "refs/heads/main"


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    made = Remote.create(tmp_path / "remotes", "afw")
    made.tag("w.2026.01")
    return made


@pytest.fixture
def mirrors(tmp_path: Path) -> Mirrors:
    return Mirrors(tmp_path / "mirror")


def _update(mirrors: Mirrors, *urls: str, **branches: str) -> MirrorResult:
    wanted: dict[str, str | None] = dict.fromkeys(urls)
    return mirrors.update({**wanted, **branches}, reporter=SilentReporter(), jobs=2)


def _history(mirrors: Mirrors, url: str) -> LoggedHistory:
    return mirrors.store.histories([url])[url]


def test_a_mirror_has_commits_and_tags_and_no_files(remote: Remote, mirrors: Mirrors) -> None:
    assert _update(mirrors, remote.url) == MirrorResult(changed=1, unchanged=0, kept={}, missing={})
    history = _history(mirrors, remote.url)
    names = (MAIN, "refs/tags/w.2026.01", "refs/tags/w.2026.02", remote.head()[:10])
    assert history.resolve(names) == (remote.head(), remote.head(), None, remote.head())
    kinds = git(
        mirrors.directory(remote.url), "cat-file", "--batch-check=%(objecttype)", "--batch-all-objects"
    )
    assert set(kinds.split()) == {"commit", "tag"}
    assert _update(mirrors, remote.url).unchanged == 1


def test_a_repository_on_this_machine_may_lack_its_files(remote: Remote, mirrors: Mirrors) -> None:
    file = git(remote.path, "rev-parse", "HEAD:ups/afw.table")
    (remote.path / ".git" / "objects" / file[:2] / file[2:]).unlink()
    assert not _update(mirrors, remote.url).missing
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (remote.head(),)


def test_what_could_not_be_mirrored_leaves_nothing_behind(remote: Remote, mirrors: Mirrors) -> None:
    (remote.path / ".git" / "objects" / remote.head()[:2] / remote.head()[2:]).unlink()
    assert list(_update(mirrors, remote.url).missing) == [remote.url]
    assert not list((mirrors.folder / "repositories").iterdir())


def test_new_commits_moved_tags_and_removed_refs_are_followed(remote: Remote, mirrors: Mirrors) -> None:
    remote.tag("w.2026.02")
    remote.commit({"a": "b"}, branch="v30.0.x")
    _update(mirrors, remote.url)
    new = remote.commit({"c": "d"})
    remote.tag("w.2026.01")
    git(remote.path, "tag", "-d", "w.2026.02")
    git(remote.path, "branch", "-D", "v30.0.x")
    assert _update(mirrors, remote.url).changed == 1
    names = (MAIN, "refs/tags/w.2026.01", "refs/tags/w.2026.02", "refs/heads/v30.0.x")
    assert _history(mirrors, remote.url).resolve(names) == (new, new, None, None)


def test_a_branch_that_was_rewritten_is_followed(remote: Remote, mirrors: Mirrors) -> None:
    remote.commit({"c": "d"})
    _update(mirrors, remote.url)
    git(remote.path, "reset", "-q", "--hard", "HEAD~1")
    new = remote.commit({"e": "f"})
    _update(mirrors, remote.url)
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (new,)


def test_branches_of_people_are_left_out(remote: Remote, mirrors: Mirrors) -> None:
    own = remote.commit({"a": "b"}, branch="u/ada/play")
    release = remote.commit({"a": "c"}, branch="v30.0.x")
    _update(mirrors, remote.url)
    names = ("refs/heads/u/ada/play", own, "refs/heads/v30.0.x")
    assert _history(mirrors, remote.url).resolve(names) == (None, None, release)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_main_line_may_have_another_name(remote: Remote, mirrors: Mirrors, *, is_told: bool) -> None:
    git(remote.path, "branch", "-m", "main", "lsst-dev")
    for _ in range(2):
        result = mirrors.update({remote.url: "lsst-dev" if is_told else None}, reporter=SilentReporter())
        assert not result.missing
        assert _history(mirrors, remote.url).resolve(("HEAD",)) == (remote.head(),)
        assert _history(mirrors, remote.url).off_main(remote.head(), remote.head()) == frozenset()


def test_a_repository_without_commits_is_mirrored_all_the_same(tmp_path: Path, mirrors: Mirrors) -> None:
    git(tmp_path, "init", "-q", "empty")
    assert _update(mirrors, (tmp_path / "empty").as_uri()).changed == 1
    assert _history(mirrors, (tmp_path / "empty").as_uri()).resolve((MAIN, "abcdef1")) == (None, None)


def test_a_remote_that_is_gone_keeps_what_was_there(remote: Remote, mirrors: Mirrors) -> None:
    _update(mirrors, remote.url)
    head = remote.head()
    shutil.rmtree(remote.path)
    result = _update(mirrors, remote.url, "file:///nowhere/afw")
    assert list(result.kept) == [remote.url]
    assert list(result.missing) == ["file:///nowhere/afw"]
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (head,)


def test_nothing_is_asked_for_once_it_is_mirrored(remote: Remote, mirrors: Mirrors, tmp_path: Path) -> None:
    _update(mirrors, remote.url)
    head = remote.head()
    shutil.rmtree(tmp_path / "remotes")
    shutil.rmtree(mirrors.folder / "repositories")
    # Refs and log are in one file; git is not even there.
    history = _history(Mirrors(mirrors.folder), remote.url)
    assert history.between(head, head).right == ()
    assert history.commit(head).subject == "Begin afw"


def test_a_half_made_mirror_is_made_again(remote: Remote, mirrors: Mirrors) -> None:
    directory = mirrors.directory(remote.url)
    (directory.with_suffix(".new") / "objects").mkdir(parents=True)
    directory.mkdir()
    (mirrors.folder / "mirrors.unfinished").touch()
    assert _update(mirrors, remote.url).changed == 1
    assert not directory.with_suffix(".new").exists()


def test_locks_that_a_killed_update_left_are_removed(remote: Remote, mirrors: Mirrors) -> None:
    _update(mirrors, remote.url)
    new = remote.commit({"c": "d"})
    directory = mirrors.directory(remote.url)
    for name in ("refs/heads/main.lock", "packed-refs.lock", "objects/pack/tmp_pack_abc"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    (mirrors.folder / "mirrors.unfinished").touch()
    assert _update(mirrors, remote.url).changed == 1
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (new,)
    assert not list(directory.glob("**/*.lock"))


def test_a_damaged_mirror_is_made_again(remote: Remote, mirrors: Mirrors) -> None:
    _update(mirrors, remote.url)
    directory = mirrors.directory(remote.url)
    shutil.rmtree(directory / "objects")
    (directory / "objects").mkdir()
    new = remote.commit({"c": "d"})
    assert _update(mirrors, remote.url).changed == 1
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (new,)


def test_a_damaged_mirror_of_a_remote_that_is_gone_keeps_what_is_known(
    remote: Remote, mirrors: Mirrors
) -> None:
    _update(mirrors, remote.url)
    shutil.rmtree(mirrors.directory(remote.url) / "objects")
    head = remote.head()
    shutil.rmtree(remote.path)
    assert list(_update(mirrors, remote.url).kept) == [remote.url]
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (head,)


@pytest.mark.parametrize("content", [b"this is no database at all " * 100, b""])
def test_a_damaged_store_is_made_again(remote: Remote, mirrors: Mirrors, content: bytes) -> None:
    _update(mirrors, remote.url)
    mirrors.store.close()
    mirrors.store.path.write_bytes(content)
    again = Mirrors(mirrors.folder)
    assert _update(again, remote.url).changed == 1
    assert _history(again, remote.url).resolve((MAIN,)) == (remote.head(),)


def test_two_updates_at_once_wait_for_each_other(remote: Remote, mirrors: Mirrors) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from rubin_releng.adapters.mirrors import Mirrors\n"
        "from lsstinstall.core.reporting import SilentReporter\n"
        "result = Mirrors(Path(sys.argv[1])).update({sys.argv[2]: None}, reporter=SilentReporter())\n"
        "sys.exit(bool(result.missing or result.kept))\n"
    )
    command = [sys.executable, "-c", program, str(mirrors.folder), remote.url]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    assert _history(mirrors, remote.url).resolve((MAIN,)) == (remote.head(),)


def test_two_owners_may_have_repositories_of_one_name(tmp_path: Path, mirrors: Mirrors) -> None:
    remotes = [Remote.create(tmp_path / owner, "afw") for owner in ("one", "two")]
    remotes[1].commit({"a": "b"})
    _update(mirrors, *(remote.url for remote in remotes))
    for remote in remotes:
        assert _history(mirrors, remote.url).resolve((MAIN,)) == (remote.head(),)


def test_tags_of_tags_and_of_files_and_their_messages_are_read(remote: Remote, mirrors: Mirrors) -> None:
    git(
        remote.path,
        "tag",
        "-a",
        "-m",
        "Version w.2026.02 release from w_2026_02/b12",
        "w.2026.02",
        "w.2026.01",
    )
    git(remote.path, "tag", "light", "HEAD")
    git(remote.path, "tag", "file", "HEAD:ups/afw.table")
    _update(mirrors, remote.url)
    facts = mirrors.store.tag_facts()
    assert set(facts) == {"light", "w.2026.01", "w.2026.02"}
    assert facts["w.2026.02"][:2] == (1, "Version w.2026.02 release from w_2026_02/b12")
    assert facts["light"] == (1, "", None)
    assert mirrors.store.tag_names(remote.url) == ("light", "w.2026.01", "w.2026.02")
    refs = ("refs/tags/none", "refs/tags/w.2026.02", "refs/tags/light")
    tags = MirrorTags(mirrors.store, {"afw": remote.url, "other": "file:///x"}).tagged(refs)  # type: ignore[dict-item]
    assert [(one.ref, one.commit, one.date is None) for one in tags["afw"]] == [  # type: ignore[index]
        ("refs/tags/w.2026.02", remote.head(), False),
        ("refs/tags/light", remote.head(), True),
    ]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> GitStack:
    folder = tmp_path_factory.mktemp("stack")
    return make_stack(folder, products=10, commits=150, tags=100, payload_bytes=10)


def _kill_after(seconds: float, command: list[str]) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    process.wait()
    timer.cancel()


def test_an_update_that_was_killed_is_taken_up_again(stack: GitStack, tmp_path: Path) -> None:
    tries = int(os.environ.get("LSSTINSTALL_KILLS", "3"))
    program = str(Path(sys.executable).with_name("rubin-releng"))
    for number in range(tries):
        cache = tmp_path / str(number)
        command = [
            program,
            "changelog",
            "mirror",
            "--repos",
            str(stack.repos_yaml),
            "--cache",
            str(cache),
            "-q",
        ]
        begin = time.monotonic()
        _kill_after(0.3 + 0.25 * number, command)
        assert time.monotonic() > begin
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "0 kept as they were, 0 missing" in result.stdout
        store = Mirrors(cache / "mirror").store
        for product in stack.products:
            url = stack.url(product)
            sha = git(stack.repository(product), "rev-parse", stack.branch(product))
            found = store.histories([url])[url].resolve((f"refs/heads/{stack.branch(product)}",))
            assert found == (sha,)
