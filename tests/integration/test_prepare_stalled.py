"""Preparing a build from remotes that fall silent, or go away in the middle of what they send."""

from __future__ import annotations

import random
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import git
from tests.support.stackbuilding import TinyStack
from tests.support.stallingservers import StallingServer, stalling_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

_SOON = ("--stall-seconds", "1")


@pytest.fixture
def silent() -> Iterator[StallingServer]:
    with stalling_server(None) as server:
        yield server


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    """A product of some hundred kilobytes, and one that it needs."""
    tiny = TinyStack(tmp_path)
    tiny.add("alpha")
    tiny.add("top", "alpha", files={"data": random.Random(0).randbytes(300_000).hex()})  # noqa: S311
    return tiny


@pytest.fixture
def server(tiny: TinyStack) -> Iterator[StallingServer]:
    with stalling_server(tiny.folder / "remotes") as server:
        point(tiny, "top", f"git://{server.place}/top")
        yield server


def point(tiny: TinyStack, product: str, url: str) -> None:
    repos = tiny.folder / "repos.yaml"
    lines = repos.read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if not line.startswith(f"{product}: ")]
    repos.write_text("\n".join([*others, f"{product}: {url}", ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("scheme", "plan"),
    [("git", ()), ("http", ()), ("ssh", ()), ("git", ("--plan", "--cache", "cache"))],
)
def test_a_remote_that_never_answers_is_given_up(
    tiny: TinyStack, silent: StallingServer, scheme: str, plan: tuple[str, ...]
) -> None:
    if scheme == "ssh" and shutil.which("ssh") is None:
        pytest.skip("there is no ssh here")
    url = f"{scheme}://{silent.place}/top"
    point(tiny, "top", url)
    answer = tiny.prepare("top", *_SOON, "--tries", "1", "--json", *plan, GIT_SSH_COMMAND="ssh -F none")
    assert answer.code == 4
    assert answer.problems[0].startswith(f"`top`: <{url}> cannot be reached after one try: cannot ")
    assert silent.connections >= 1


def test_a_remote_that_falls_silent_is_asked_again(tiny: TinyStack, server: StallingServer) -> None:
    server.allowed = [100_000]
    answer = tiny.prepare("top", *_SOON, "--json")
    assert answer.code == 0
    assert server.connections == 2
    assert [path.name for path in sorted(tiny.build_dir.iterdir()) if path.is_dir()] == ["alpha", "top"]


@pytest.mark.parametrize("closes", [False, True])
def test_a_clone_that_breaks_off_each_time_leaves_nothing_in_the_way(
    *, tiny: TinyStack, server: StallingServer, closes: bool
) -> None:
    server.closes = closes
    server.allowed = [100_000, 200_000]
    answer = tiny.prepare("top", *_SOON, "--tries", "2", "--json")
    assert answer.code == 4
    assert "cannot be reached after 2 tries: cannot clone" in answer.problems[0]
    assert not (tiny.build_dir / "top").exists()
    assert not (tiny.build_dir / "manifest.txt").exists()
    assert tiny.prepare("top").code == 0
    git(tiny.build_dir / "top", "fsck")


@pytest.mark.parametrize("closes", [False, True])
def test_a_fetch_that_breaks_off_leaves_the_clone_as_it_was(
    *, tiny: TinyStack, server: StallingServer, closes: bool
) -> None:
    assert tiny.prepare("top").code == 0
    clone, before = tiny.build_dir / "top", git(tiny.build_dir / "top", "for-each-ref")
    git(clone, "branch", "mine")
    new = tiny.remotes["top"].commit({"more": random.Random(1).randbytes(300_000).hex()})  # noqa: S311
    server.closes = closes
    server.allowed = [100_000, 100_000]
    answer = tiny.prepare("top", *_SOON, "--tries", "1", "--json")
    assert answer.code == 4
    assert "cannot fetch `top`" in answer.problems[0]
    git(clone, "branch", "-m", "mine", "still-mine")
    assert git(clone, "for-each-ref", "refs/remotes", "refs/tags") in before
    assert git(clone, "status", "--porcelain") == ""
    assert tiny.prepare("top").code == 0
    assert git(clone, "rev-parse", "HEAD") == new
    assert git(clone, "rev-parse", "still-mine")
    assert not list((clone / ".git").rglob("*.lock"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_a_remote(
    tiny: TinyStack, silent: StallingServer, number: signal.Signals
) -> None:
    point(tiny, "top", f"git://{silent.place}/top")
    places = ("--repos", "repos.yaml", "--build-dir", "build", "--versiondb", "versiondb")
    with tiny.start("stack", "prepare", *places, "top") as process:
        while not silent.connections:
            time.sleep(0.05)
        process.send_signal(number)
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr.endswith("error: stopped\n  hint: run the same command again to go on\n")
    assert not (tiny.build_dir / "top").exists()
