"""Preparations that are killed at random moments, with all they started: the next run completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.repositories import git
from tests.support.stackbuilding import TinyStack

pytestmark = [pytest.mark.process, pytest.mark.slow]

SEEDS = int(os.environ.get("LSSTINSTALL_SEEDS", "3"))
"""How many random runs; the long suite has a hundred."""

_MAIN = "from rubin_releng.commands.main import main; raise SystemExit(main())"


class Killed:
    """A stack whose preparation is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.tiny = TinyStack(folder)
        names = [f"p{number}" for number in range(6)]
        for number, name in enumerate(names):
            self.tiny.add(name, *names[max(0, number - 2) : number], files={"data": name * 20_000})
        self.top = names[-1]
        git(folder, "init", "-q", "--bare", "-b", "main", "central")
        git(folder, "clone", "-q", "central", "versiondb")

    def change(self, step: int) -> None:
        for name in ("p0", "p3"):
            self.tiny.remotes[name].commit({"data": f"{step}" * 50_000, f"new{step}": "x"})
        self.tiny.remotes["p3"].tag("moving")

    def run(self, *, seconds: float | None) -> float:
        """Run it; kill it, and every git it has started, after some time."""
        where = ["--repos", "repos.yaml", "--build-dir", "build", "--versiondb", "versiondb", "--push"]
        begin = time.monotonic()
        environ = os.environ | {"KILLED_RUN": str(self.tiny.folder)}
        with subprocess.Popen(
            [sys.executable, "-c", _MAIN, "stack", "prepare", *where, "--quiet", self.top],
            cwd=self.tiny.folder,
            env=environ,
        ) as process:
            if seconds is not None:
                try:
                    process.wait(seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    self._kill_git()
            code = process.wait()
        assert code in {0, -9} if seconds is not None else code == 0
        return time.monotonic() - begin

    def _kill_git(self) -> None:
        """Kill our own left-over programs, each by its id; they carry our mark in their environment."""
        mark = f"KILLED_RUN={self.tiny.folder}".encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    ours = mark in Path(entry.path, "environ").read_bytes().split(b"\0")
                    if ours:
                        os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    continue

    def check(self) -> None:
        """Everything is there, nothing is half, and both records agree."""
        for name, remote in self.tiny.remotes.items():
            clone = self.tiny.build_dir / name
            assert git(clone, "rev-parse", "HEAD") == remote.head("main")
            assert git(clone, "status", "--porcelain") == ""
            git(clone, "fsck", "--no-dangling")
        assert git(self.tiny.build_dir / "p3", "rev-parse", "mine")
        assert git(self.tiny.versiondb, "status", "--porcelain") == ""
        local, central = self.tiny.versiondb, self.tiny.folder / "central"
        assert git(local, "for-each-ref", "refs/tags") == git(central, "for-each-ref", "refs/tags")
        assert git(local, "rev-parse", "main") == git(central, "rev-parse", "main")
        tags = git(central, "tag", "--list").splitlines()
        assert len(git(central, "log", "--format=%s", "main").splitlines()) == len(tags)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_wherever_it_is_killed_nothing_is_lost_and_the_next_run_completes(tmp_path: Path, seed: int) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("left-over programs are found in /proc")
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    killed = Killed(tmp_path)
    cold = killed.run(seconds=None)
    git(killed.tiny.build_dir / "p3", "branch", "mine")
    killed.change(0)
    warm = killed.run(seconds=None)
    for step in range(1, 4):
        if chance.random() < 0.3:
            shutil.rmtree(killed.tiny.build_dir / "p1")
        killed.change(step)
        killed.run(seconds=chance.uniform(0.3, 1.0) * chance.choice([cold, warm]))
        killed.run(seconds=None)
        killed.check()
