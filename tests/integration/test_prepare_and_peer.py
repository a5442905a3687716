"""The same stack prepared by lsst_build: the same refs, order, versions, manifest and record of builds.

It runs where ``LSST_BUILD_DIR`` names a checkout of lsst_build and ``EUPS_DIR`` an installed EUPS, with
``LSST_BUILD_PYTHON`` as the peer's interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.gitstacks import make_stack
from tests.support.repositories import Remote, git
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.eups]


class Both:
    """A stack, and the folders of each program."""

    def __init__(self, folder: Path) -> None:
        self.tiny = TinyStack(folder)
        self.tiny.folder.mkdir(exist_ok=True)
        self.peer = folder / "peer"
        for name in ("versiondb", "peer-versiondb"):
            git(folder, "init", "-q", "-b", "main", name)
            git(folder / name, "commit", "-q", "--allow-empty", "-m", "Begin")
        (folder / "peer-versiondb" / "manifests").mkdir()
        (folder / "eups" / "ups_db").mkdir(parents=True)

    def run_peer(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run lsst_build; the caller has seen to it that it is there."""
        program, eups = os.environ["LSST_BUILD_DIR"], os.environ["EUPS_DIR"]
        self.peer.mkdir(exist_ok=True)
        variables = {
            "EUPS_PATH": str(self.tiny.folder / "eups"),
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(self.tiny.folder / "user"),
            "PYTHONPATH": f"{eups}/python:{program}/python",
        }
        places = ["--repos", "repos.yaml", "--version-git-repo", "peer-versiondb"]
        python = os.environ.get("LSST_BUILD_PYTHON", sys.executable)
        return subprocess.run(
            [python, f"{program}/bin/lsst-build", "prepare", *places, "peer", *arguments],
            cwd=self.tiny.folder,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def compare(self, *arguments: str) -> None:
        """Prepare with both, and hold what they wrote side by side."""
        peer = self.run_peer(*arguments)
        assert peer.returncode == 0, peer.stderr
        own = self.tiny.prepare(*arguments, "--new-build", "--json")
        assert own.code == 0, own.stderr
        manifest = (self.peer / "manifest.txt").read_bytes()
        assert (self.tiny.build_dir / "manifest.txt").read_bytes() == manifest
        theirs = self.tiny.folder / "peer-versiondb"
        # The same author at the same time: the commit is the same to the last byte.
        for form in ("rev-parse", "HEAD"), ("tag", "--list"):
            assert git(self.tiny.versiondb, *form) == git(theirs, *form)
        for product in own.data["products"]:
            assert git(self.peer / product["name"], "rev-parse", "HEAD") == product["commit"]


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    if "LSST_BUILD_DIR" not in os.environ or "EUPS_DIR" not in os.environ:
        pytest.skip("needs lsst_build and EUPS: LSST_BUILD_DIR and EUPS_DIR name them")
    for role in ("AUTHOR", "COMMITTER"):
        for part, value in (
            ("NAME", "A Tester"),
            ("EMAIL", "tester@example.org"),
            ("DATE", "1700000000 +0000"),
        ):
            monkeypatch.setenv(f"GIT_{role}_{part}", value)
    return Both(tmp_path)


def test_refs_order_and_records_are_those_of_the_peer(both: Both) -> None:
    tiny = both.tiny
    alpha = tiny.add("alpha")
    beta = tiny.add("beta", "alpha")
    tiny.add("Capital", "alpha")
    tiny.add("data")
    tiny.add("gamma", "beta", "alpha", "beta", table="setupOptional(data)\n")
    fork = tiny.add("fork")
    fork.commit({"x": "1"}, branch="lsst-dev")
    tiny.add("top", "gamma", "fork", "Capital", table="# the end\n")
    text = (tiny.folder / "repos.yaml").read_text(encoding="utf-8")
    mapping = f"fork:\n  url: {fork.url}\n  ref: lsst-dev\n"
    (tiny.folder / "repos.yaml").write_text(text.replace(f"fork: {fork.url}\n", mapping), encoding="utf-8")
    both.compare("top")
    # A branch beats a tag of the same name; nested and light tags; a short commit.
    beta.tag("both")
    beta.commit({"x": "1"}, branch="both")
    alpha.tag("light", annotated=False)
    alpha.tag("nested", "light")
    both.compare("top", "--ref", "both", "--ref", "nested")
    both.compare("top", "--ref", alpha.head()[:9], "--ref", "both")
    # A moved tag, a removed branch, several refs of a ticket.
    alpha.commit({"y": "1"})
    alpha.tag("nested")
    git(beta.path, "branch", "-D", "both")
    both.compare("top", "--ref", "nested", "--ref", "both")
    fork.commit({"z": "1"}, branch="tickets/DM-1")
    alpha.commit({"z": "1"}, branch="tickets/DM-1")
    both.compare("top", "--ref", "tickets/DM-1")
    both.compare("top", "--no-fetch", "--ref", "tickets/DM-1")
    both.compare("gamma", "fork", "--sha-abbrev-len", "7")


def test_a_large_stack_is_prepared_as_by_the_peer(both: Both) -> None:
    stack = make_stack(both.tiny.folder / "stack", products=30, commits=900, tags=600, payload_bytes=100)
    both.tiny.remotes.update({name: Remote(stack.repository(name)) for name in stack.products})
    text = stack.repos_yaml.read_text(encoding="utf-8")
    (both.tiny.folder / "repos.yaml").write_text(text, encoding="utf-8")
    top = stack.products[-1]
    both.compare(top)
    weekly = stack.weeklies[-1].replace("_", ".")
    both.compare(top, "--ref", weekly)
    both.compare(top)


def test_a_misspelt_ref_stops_both(both: Both) -> None:
    both.tiny.add("top").commit({}, branch="tickets/DM-12345")
    assert both.run_peer("top", "--ref", "tickets/DM-1234").returncode != 0
    own = both.tiny.prepare("top", "--ref", "tickets/DM-1234", "--json")
    assert (own.code, own.data["error"]["problems"][0]["hint"]) == (3, "did you mean `tickets/DM-12345`?")


def test_a_tree_of_the_peer_is_continued(both: Both) -> None:
    tiny = both.tiny
    tiny.add("alpha")
    tiny.add("top", "alpha")
    assert both.run_peer("top").returncode == 0
    both.peer.rename(tiny.build_dir)
    tiny.remotes["alpha"].commit({"x": "1"})
    own = tiny.prepare("top", "--json")
    assert (own.code, own.data["products"][0]["commit"]) == (0, tiny.remotes["alpha"].head())
