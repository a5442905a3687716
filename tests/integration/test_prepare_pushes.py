"""Builds that several machines record in one versiondb: each id is given once, by both commit and tag."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import git
from tests.support.stackbuilding import TinyStack
from tests.support.stallingservers import stalling_server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("alpha")
    tiny.add("top", "alpha")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "central")
    git(tmp_path, "clone", "-q", "central", "versiondb")
    git(tmp_path, "clone", "-q", "central", "other")
    return tiny


def central(tiny: TinyStack) -> tuple[list[str], list[str]]:
    """Read subjects of commits, oldest first, and tags."""
    folder = tiny.folder / "central"
    subjects = git(folder, "log", "--reverse", "--format=%s", "main").splitlines()
    return subjects, git(folder, "tag", "--list").splitlines()


def record_elsewhere(tiny: TinyStack, name: str = "alpha") -> None:
    """Record a build from another machine."""
    places = (
        "--repos",
        "repos.yaml",
        "--build-dir",
        "build2",
        "--versiondb",
        "other",
        "--push",
        "--new-build",
    )
    answer = tiny.run("stack", "prepare", *places, name)
    assert answer.code == 0, answer.stderr


def test_a_build_is_pushed_with_its_tag(tiny: TinyStack) -> None:
    assert tiny.prepare("top", "--push").code == 0
    assert central(tiny) == (["Updates for build b1."], ["b1"])
    assert git(tiny.versiondb, "status", "--porcelain") == ""


def test_builds_of_others_are_fetched_first(tiny: TinyStack) -> None:
    record_elsewhere(tiny)
    assert tiny.prepare("top", "--push", "--json").data["build"] == "b2"
    record_elsewhere(tiny)
    assert central(tiny)[1] == ["b1", "b2", "b3"]


def test_who_is_overtaken_between_fetch_and_push_takes_the_next_id(tiny: TinyStack) -> None:
    # Somebody else pushes when we do, before we do.
    hook = tiny.folder / "versiondb" / ".git" / "hooks" / "pre-push"
    others = "stack prepare --repos repos.yaml --build-dir build2"
    program = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
    hook.write_text(
        f"#!/bin/sh\nrm {hook}\ncd {tiny.folder}\nunset GIT_DIR\n"
        f"exec $PYTHON_OF_TEST -c '{program}' {others} --versiondb other --push alpha >&2\n",
        encoding="utf-8",
    )
    hook.chmod(0o755)
    answer = tiny.prepare("top", "--push", "--json", PYTHON_OF_TEST=sys.executable)
    assert (answer.code, answer.data["build"]) == (0, "b2")
    assert central(tiny) == (["Updates for build b1.", "Updates for build b2."], ["b1", "b2"])
    assert git(tiny.versiondb, "tag") == "b1\nb2"
    text = git(tiny.folder / "central", "show", "b2:manifests/b2.txt")
    assert text.strip() == (tiny.build_dir / "manifest.txt").read_text(encoding="utf-8").strip()


def test_a_push_that_fails_records_nothing(tiny: TinyStack) -> None:
    hook = tiny.folder / "central" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho no builds today >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    answer = tiny.prepare("top", "--push", "--json")
    assert (answer.code, answer.problems) == (
        6,
        [
            "the remote of versiondb does not take build `b1`: no builds today; pre-receive hook declined",
        ],
    )
    assert git(tiny.versiondb, "tag") == ""
    assert not (tiny.build_dir / "manifest.txt").exists()
    hook.unlink()
    assert tiny.prepare("top", "--push", "--json").data["build"] == "b1"
    assert central(tiny)[1] == ["b1"]


def test_builds_that_were_not_pushed_before_go_along(tiny: TinyStack) -> None:
    tiny.prepare("top")
    assert tiny.prepare("top", "--push", "--new-build", "--json").data["build"] == "b2"
    assert central(tiny)[1] == ["b1", "b2"]


def test_builds_of_two_machines_that_clash_are_refused(tiny: TinyStack) -> None:
    tiny.prepare("top")
    record_elsewhere(tiny)
    answer = tiny.prepare("top", "--push", "--new-build", "--json")
    assert answer.code == 6
    assert "has builds that were never pushed" in answer.problems[0]
    assert central(tiny)[1] == ["b1"]


def test_pushing_nowhere_is_refused(tiny: TinyStack) -> None:
    git(tiny.versiondb, "remote", "remove", "origin")
    answer = tiny.prepare("top", "--push", "--json")
    assert (answer.code, "has no remote `origin`" in answer.problems[0]) == (6, True)
    assert not (tiny.build_dir / "manifest.txt").exists()


def test_a_remote_that_falls_silent_is_given_up(tiny: TinyStack) -> None:
    with stalling_server(None) as server:
        url = f"git://{server.place}/central"
        git(tiny.versiondb, "remote", "set-url", "origin", url)
        answer = tiny.prepare("top", "--push", "--json", "--tries", "2", "--stall-seconds", "1")
    assert server.connections == 2
    assert (answer.code, answer.problems) == (
        4,
        [f"<{url}> cannot be reached after 2 tries: cannot fetch versiondb: nothing happened for 1 s"],
    )


def test_a_remote_that_is_gone_between_fetch_and_push_is_said_to_be(tiny: TinyStack) -> None:
    git(tiny.versiondb, "remote", "set-url", "--push", "origin", "git://127.0.0.1:1/central")
    answer = tiny.prepare("top", "--push", "--json", "--tries", "1")
    assert answer.code == 4
    assert "cannot push build `b1`" in answer.problems[0]
    assert git(tiny.versiondb, "tag") == ""
