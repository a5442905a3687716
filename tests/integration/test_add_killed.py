"""Installations that are killed at random moments: nothing is corrupt, and the next run completes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.nginx import find_nginx, serve_with_nginx
from tests.support.soundstacks import faults_in, stack_state
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.network, pytest.mark.process]

SEEDS = int(os.environ.get("LSSTINSTALL_SEEDS", "3"))
"""How many random runs; the long suite has a hundred."""

DYING = Path(__file__).parents[1] / "support/dyingprogram.py"
PROGRAM = (sys.executable, "-m", "lsstinstall")
WEEKLIES = Weeklies(products=10, files=600, compressed_bytes=4_000_000)


class _Reference:
    """What uninterrupted runs give, and how long they take."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._states: dict[str, dict[str, object]] = {}
        self._seconds: dict[str, float] = {}

    def arguments(self, stack: Path, tag: str) -> list[str]:
        where = ["--stack", str(stack), "--pkgroot", self.url, "--flavor", "Linux64", "--quiet"]
        return ["add", "-t", tag, TOP, *where]

    def prepare(self) -> None:
        stack = self._folder / "stack"
        for tag in (OLD, NEW):
            begin = time.monotonic()
            subprocess.run([*PROGRAM, *self.arguments(stack, tag)], check=True)
            self._seconds[tag] = time.monotonic() - begin
            self._states[tag] = _without(stack, stack_state(stack))

    def state(self, tag: str) -> dict[str, object]:
        return self._states[tag]

    def seconds(self, tag: str) -> float:
        return self._seconds[tag]


def _without(stack: Path, state: dict[str, Any]) -> dict[str, object]:
    """Leave out where the stack is; the tests compare stacks in several places."""
    return {path.replace(str(stack), "STACK"): value for path, value in state.items()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Reference]:
    folder = tmp_path_factory.mktemp("reference")
    root = folder / "root"
    publish_weeklies(WEEKLIES, root)
    with ExitStack() as stack:
        base = str(root)
        if (program := find_nginx()) is not None:
            work = folder / "nginx"
            base = stack.enter_context(serve_with_nginx(program, root, work, autoindex=True)).url
        made = _Reference(f"{base}/{binary_folder(root).relative_to(root)}", folder)
        made.prepare()
        yield made


def _run_and_kill(command: list[str], seconds: float) -> None:
    """Start a program and kill it; all that it started must end, too."""
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait(30)
    deadline = time.monotonic() + 10
    while _group_lives(process.pid):
        assert time.monotonic() < deadline, "something outlived the killed program"
        time.sleep(0.02)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_a_random_moment_nothing_is_half_and_the_next_run_completes(
    seed: int, reference: _Reference, tmp_path: Path
) -> None:
    rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    stack = tmp_path / "stack"
    tags = _prepared(reference, stack, seed)
    command = [*PROGRAM, *reference.arguments(stack, tags[-1])]
    for _ in range(rng.randint(1, 3)):
        _run_and_kill(command, rng.uniform(0.1, 1.1) * reference.seconds(tags[-1]))
        assert faults_in(stack) == []
    _check_the_next_run_completes(reference, stack, tags)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_before_a_change_of_the_disk_nothing_is_half_and_the_next_run_completes(
    seed: int, reference: _Reference, changes: dict[str, int], tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    tags = _prepared(reference, stack, seed)
    # Spread over the whole run, so that a hundred seeds meet each step of it.
    steps = changes[tags[-1]]
    number = 1 + (seed * 2 + 1) * steps // (2 * SEEDS) % steps
    command = [sys.executable, str(DYING), str(number), *reference.arguments(stack, tags[-1])]
    _run_and_kill(command, 60)
    assert faults_in(stack) == []
    _check_the_next_run_completes(reference, stack, tags)


def _prepared(reference: _Reference, stack: Path, seed: int) -> list[str]:
    """Install the first weekly, every other time, and say which are to be installed in the end."""
    if seed % 2:
        return [OLD]
    assert run_main(cli, name="lsstinstall", arguments=reference.arguments(stack, OLD)) == 0
    return [OLD, NEW]


def _check_the_next_run_completes(reference: _Reference, stack: Path, tags: list[str]) -> None:
    assert run_main(cli, name="lsstinstall", arguments=reference.arguments(stack, tags[-1])) == 0
    assert faults_in(stack) == []
    assert _without(stack, stack_state(stack)) == reference.state(tags[-1])


@pytest.fixture(scope="module")
def changes(reference: _Reference, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Count the changes of the disk in whole runs."""
    stack = tmp_path_factory.mktemp("counted") / "stack"
    counts = {}
    for tag in (OLD, NEW):
        command = [sys.executable, str(DYING), "0", *reference.arguments(stack, tag)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        counts[tag] = int(done.stderr.rpartition("changes: ")[2])
    return counts


def test_a_stack_is_whole_while_others_are_killed_beside_it(reference: _Reference, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    command = [*PROGRAM, *reference.arguments(stack, OLD)]
    waiting = [subprocess.Popen(command, start_new_session=True) for _ in range(2)]
    _run_and_kill(command, 0.6 * reference.seconds(OLD))
    assert [process.wait(120) for process in waiting] == [0, 0]
    assert faults_in(stack) == []
    assert _without(stack, stack_state(stack)) == reference.state(OLD)
