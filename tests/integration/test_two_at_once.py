"""Two commands on one stack: the second waits, and says for whom."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from tests.support.packages import LINUX, tarball_root

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    for path, data in tarball_root({"utils": (), "afw": ("utils",)}).items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    return ["--stack", str(tmp_path / "stack"), "--pkgroot", str(tmp_path / "server"), "--flavor", "Linux64"]


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lsstinstall", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_installation_waits_and_says_for_whom(places: list[str], tmp_path: Path) -> None:
    stack = Stack.create(tmp_path / "stack", flavor=LINUX)
    with stack.locked("the test"):
        second = _start("add", "-t", "w_2026_10", "afw", *places)
        assert second.stderr is not None
        lines = iter(second.stderr.readline, "")
        told = next(line for line in lines if "waiting" in line)
    assert told.startswith(f"waiting for process {os.getpid()} of ")
    assert " for the test since 20" in told
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "2 installed" in output
    assert len(stack.products()) == 2


def test_who_will_not_wait_is_refused(places: list[str], tmp_path: Path) -> None:
    with Stack.create(tmp_path / "stack", flavor=LINUX).locked("the test"):
        second = _start("add", "-t", "w_2026_10", "afw", "--lock-timeout", "0", *places)
        _, errors = second.communicate(timeout=60)
    assert second.returncode == 6
    assert f"is locked by process {os.getpid()} of " in errors


def test_what_the_first_installed_the_second_does_not_install_again(
    places: list[str], tmp_path: Path
) -> None:
    Stack.create(tmp_path / "stack", flavor=LINUX)
    both = [_start("add", "-t", "w_2026_10", "afw", *places) for _ in range(2)]
    outputs = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum("2 installed" in output for output in outputs) == 1
    assert sum("nothing to do" in output for output in outputs) == 1
