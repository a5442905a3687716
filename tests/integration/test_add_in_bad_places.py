"""Disks that fill at any point, folders that may not be written to, clocks that are wrong, and crowds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.errors import ExitCode
from tests.support.packages import LINUX
from tests.support.smalldisks import remount, small_disk
from tests.support.soundstacks import faults_in, stack_state
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.process

WEEKLIES = Weeklies(products=8, files=200, compressed_bytes=500_000)
PROGRAM = (sys.executable, "-m", "lsstinstall")
YEAR_SECONDS = 365 * 24 * 3600


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeklies")
    publish_weeklies(WEEKLIES, folder)
    return folder


@pytest.fixture(scope="module")
def whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack with the first weekly that nothing happened to."""
    stack = tmp_path_factory.mktemp("whole") / "stack"
    assert _add(stack, root) == 0
    return stack


def _arguments(stack: Path, root: Path, *what: str) -> list[str]:
    where = ["--stack", str(stack), "--pkgroot", str(binary_folder(root)), "--flavor", "Linux64"]
    return ["add", *(what or ("-t", OLD, TOP)), *where, "--quiet"]


def _add(stack: Path, root: Path, *what: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=_arguments(stack, root, *what))


@pytest.mark.parametrize(
    "limit", [*(f"size={size}k" for size in (16, 100, 300, 500, 700, 900)), "nr_inodes=40", "nr_inodes=220"]
)
def test_wherever_a_disk_fills_nothing_is_half_and_the_next_run_completes(
    limit: str, root: Path, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", limit) as disk:
        stack = disk / "stack"
        assert _add(stack, root) == ExitCode.UNAVAILABLE
        assert "no space left on device" in capsys.readouterr().err
        assert faults_in(stack) == []
        remount(disk, "size=64m,nr_inodes=10k")
        assert _add(stack, root) == 0
        assert faults_in(stack) == []
        assert stack_state(stack) == stack_state(whole)


def _without_privileges(command: Sequence[str]) -> list[str]:
    """Run a program as root whom permissions bind, as they bind everybody else."""
    if os.geteuid() != 0:
        return list(command)
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("there is no setpriv")
    lost = "-dac_override,-dac_read_search,-fowner"
    return [program, f"--bounding-set={lost}", f"--inh-caps={lost}", *command]


@pytest.mark.parametrize(
    "closed",
    [".", "ups_db", "Linux64", "EupsBuildDir", "EupsBuildDir/Linux64", ".lsstinstall", "ups_db/product_002"],
)
def test_a_folder_that_may_not_be_written_to_is_named(
    closed: str, root: Path, whole: Path, tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    shutil.copytree(whole, stack, symlinks=True)
    (stack / closed).chmod(0o555)
    command = _without_privileges([*PROGRAM, *_arguments(stack, root, "-t", NEW, TOP)])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    (stack / closed).chmod(0o755)
    if done.returncode:
        assert done.returncode == ExitCode.REFUSED, done.stderr
        assert "permission denied" in done.stderr
        assert str(stack) in done.stderr
        assert ("put a stack of your own in front" in done.stderr) == (closed == "ups_db")
    assert faults_in(stack) == []
    assert _add(stack, root, "-t", NEW, TOP) == 0
    assert faults_in(stack) == []


def test_a_home_folder_that_is_closed_is_a_warning_and_no_more(
    root: Path, whole: Path, tmp_path: Path
) -> None:
    stack, home = tmp_path / "stack", tmp_path / "home"
    home.mkdir(mode=0o000)
    homes = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "EUPS_USERDATA", "LSSTINSTALL_CONFIG"}
    environ = {name: value for name, value in os.environ.items() if name not in homes}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = _without_privileges([*PROGRAM, *arguments, "--flavor", "Linux64", "--stack", str(stack)])
        environ["HOME"] = str(home)
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=environ, cwd=tmp_path
        )

    where = ("--pkgroot", str(binary_folder(root)))
    added = run("add", "-t", OLD, TOP, *where)
    assert added.returncode == 0, added.stderr
    assert f"warning: cannot read `{home}/.config/lsstinstall/config.toml`: permission denied" in added.stderr
    assert stack_state(stack) == stack_state(whole)
    for command in (["setup", TOP], ["list"], ["verify"], ["gc"], ["repair", TOP, *where], ["tags", *where]):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    home.chmod(0o700)


def test_packages_that_may_not_be_read_are_named(root: Path, tmp_path: Path) -> None:
    closed = tmp_path / "root"
    shutil.copytree(root, closed)
    version = WEEKLIES.versions(OLD)[WEEKLIES.names[1]]
    archive = binary_folder(closed) / f"{WEEKLIES.names[1]}-{version}@Linux64.tar.gz"
    archive.chmod(0)
    command = _without_privileges([*PROGRAM, *_arguments(tmp_path / "stack", closed)])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == ExitCode.REFUSED, done.stderr
    assert str(archive) in done.stderr
    assert faults_in(tmp_path / "stack") == []
    archive.chmod(0o644)
    assert _add(tmp_path / "stack", closed) == 0


@pytest.mark.parametrize("years", [-40, 40])
def test_clocks_that_disagree_change_nothing(years: int, root: Path, whole: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    assert _add(stack, root) == 0
    moment = time.time() + years * YEAR_SECONDS
    for path in [stack, *stack.rglob("*")]:
        os.utime(path, (moment, moment), follow_symlinks=False)
    assert stack_state(stack) == stack_state(whole)
    assert _add(stack, root, "-t", NEW, TOP) == 0
    assert faults_in(stack) == []
    versions = WEEKLIES.versions(NEW)
    opened = Stack.open(stack, flavor=LINUX)
    assert all(versions[name] in opened.versions(name) for name in WEEKLIES.names)


def test_a_crowd_on_one_stack_waits_in_turn(root: Path, whole: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    wishes = [("-t", OLD, TOP), ("-t", OLD, "product_003"), ("-t", OLD, "product_005"), ("-t", OLD, TOP)]
    crowd = [
        subprocess.Popen([*PROGRAM, *_arguments(stack, root, *wish)], stderr=subprocess.PIPE)
        for wish in wishes
    ]
    errors = [process.communicate(timeout=120)[1] for process in crowd]
    assert [process.returncode for process in crowd] == [0] * len(crowd), errors
    assert faults_in(stack) == []
    assert stack_state(stack) == stack_state(whole)


def test_two_weeklies_are_installed_at_once(root: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    crowd = [subprocess.Popen([*PROGRAM, *_arguments(stack, root, "-t", tag, TOP)]) for tag in (NEW, OLD)]
    assert [process.wait(120) for process in crowd] == [0, 0]
    assert faults_in(stack) == []
    opened = Stack.open(stack, flavor=LINUX)
    for tag in (OLD, NEW):
        versions = WEEKLIES.versions(tag)
        assert all(tag in opened.tags(name, versions[name]) for name in WEEKLIES.names)
