"""Installations of several people: a group's folder, and a personal stack in front of another."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.environments import EnvVersion
from lsstinstall.core.platforms import binary_root, platform_of_machine
from tests.support.distribution import NEW_TAG, Distribution, make_distribution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.process]

ENVIRONMENT = "conda/envs/lsst-scipipe-13.0.1"
STACK = f"{ENVIRONMENT}/share/eups"
GROUP, FIRST, SECOND = 2001, 1001, 1002

# What has the modes of the archives that it comes from.
_UNPACKED = ("conda/pkgs-rattler/pkgs/", f"{ENVIRONMENT}/", f"{STACK}/Linux64/", f"{STACK}/DarwinX86/")
_OURS = (f"{STACK}/ups_db/", f"{STACK}/.lsstinstall/", f"{STACK}/pkgroot", f"{STACK}/site/")


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    made = make_distribution(tmp_path_factory.mktemp("distribution"))
    # Others shall come there, too.
    for folder in (*made.root.parents, *made.channel.parents):
        if folder.is_relative_to(tmp_path_factory.getbasetemp().parent):
            folder.chmod(folder.stat().st_mode | 0o055)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a group, whose name is awkward."""
    path = tmp_path / "für alle 'shared' stack"
    path.mkdir()
    if os.geteuid() == 0:
        os.chown(path, -1, GROUP)
    path.chmod(0o2775)
    return path


def _run(
    folder: Path,
    *arguments: str,
    user: int | None = None,
    umask: int = 0o002,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, as somebody else if a user is given."""
    home = folder.parent / f"home of {user}"
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "lsstinstall", *arguments]
    if user is not None:
        os.chown(home, user, user)
        # They may read everywhere, for the interpreter that runs the tests may lie in a closed
        # folder, and write where the modes let them.
        read_only = "-all,+dac_read_search"
        command = [
            *("setpriv", f"--reuid={user}", f"--regid={GROUP}", "--clear-groups"),
            *(f"--inh-caps={read_only}", f"--ambient-caps={read_only}", f"--bounding-set={read_only}"),
            *command,
        ]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LSSTINSTALL_CONFIG": "",
        **(environ or {}),
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _install(
    folder: Path, distribution: Distribution, *arguments: str, user: int | None = None
) -> subprocess.CompletedProcess[str]:
    places = ("-C", str(distribution.channel), "--override-channels", "-E", str(distribution.root))
    return _run(folder, *places, *arguments, user=user)


def _below(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)), path.lstat()


def test_what_is_made_in_a_folder_of_a_group_is_the_groups(folder: Path, distribution: Distribution) -> None:
    done = _install(folder, distribution, "-T", NEW_TAG, "daf_butler")
    assert done.returncode == 0, done.stderr
    group = folder.stat().st_gid
    closed = []
    for name, status in _below(folder):
        assert status.st_gid == group, name
        if stat.S_ISDIR(status.st_mode):
            assert status.st_mode & 0o2020 == 0o2020, (name, oct(status.st_mode))
        elif not stat.S_ISLNK(status.st_mode) and not status.st_mode & stat.S_IWGRP:
            closed.append(name)
    ours = [name for name in closed if not name.startswith(_UNPACKED) or name.startswith(_OURS)]
    assert ours == []


_AS_OTHERS = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can be two users"
)


@_AS_OTHERS
def test_two_of_a_group_work_on_one_installation(folder: Path, distribution: Distribution) -> None:
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(parent.stat().st_mode | 0o055)
    first = _install(folder, distribution, "-T", NEW_TAG, "utils", user=FIRST)
    assert first.returncode == 0, first.stderr
    second = _install(folder, distribution, "-T", NEW_TAG, "-u", "-d", "daf_butler", user=SECOND)
    assert second.returncode == 0, second.stderr
    assert (folder / ENVIRONMENT / "bin/ruff").is_file()
    listed = _run(folder, "list", "--stack", STACK, user=FIRST)
    assert "daf_butler" in listed.stdout
    again = _install(folder, distribution, "-T", NEW_TAG, "daf_butler", user=FIRST)
    assert again.returncode == 0, again.stderr
    owners = {status.st_uid for _, status in _below(folder)}
    assert owners == {FIRST, SECOND}


@_AS_OTHERS
def test_a_stranger_is_refused_and_changes_nothing(folder: Path, distribution: Distribution) -> None:
    folder.chmod(0o2755)
    refused = _install(folder, distribution, "-T", NEW_TAG, "daf_butler", user=FIRST)
    assert refused.returncode == 6, refused.stderr
    assert list(folder.iterdir()) == []


def test_a_personal_stack_gets_only_what_the_one_behind_it_lacks(
    folder: Path, distribution: Distribution
) -> None:
    done = _install(folder, distribution, "-T", NEW_TAG, "utils")
    assert done.returncode == 0, done.stderr
    shared, personal = folder / STACK, folder.parent / "my own stack"
    before = list(_below(shared))
    environ = {"EUPS_PATH": f"{personal}:{shared}", "EUPS_SHELL": "sh"}
    added = _run(folder, "add", "-t", NEW_TAG, "daf_butler", "--stack", str(personal), environ=environ)
    assert added.returncode == 0, added.stderr
    assert "1 product is in" in added.stderr
    declared = {path.name for path in (personal / "ups_db").iterdir() if path.is_dir()}
    assert declared >= {"daf_butler", "sphgeom"}
    assert "utils" not in declared
    # Locks come and go, which changes times.
    assert [name for name, _ in _below(shared)] == [name for name, _ in before]
    listed = _run(folder, "list", environ=environ)
    assert all(name in listed.stdout for name in ("daf_butler", "sphgeom", "utils"))
    setup = _run(folder, "setup", "utils", "-t", NEW_TAG, environ=environ)
    assert f"{STACK}/" in setup.stdout
    assert "UTILS_DIR" in setup.stdout
    nothing = _run(folder, "add", "-t", NEW_TAG, "utils", "--stack", str(personal), environ=environ)
    assert nothing.returncode == 0, nothing.stderr
    assert not (personal / "ups_db" / "utils").exists()


def test_a_stack_in_which_nobody_may_write_is_not_the_one_to_install_into(
    folder: Path, distribution: Distribution
) -> None:
    machine = os.uname()
    platform = platform_of_machine(machine.sysname, machine.machine)
    roots = distribution.root / binary_root(platform, EnvVersion("13.0.1"))
    personal = folder.parent / "mine"
    (personal / "ups_db").mkdir(parents=True)
    environ = {"EUPS_PATH": f"/proc/none:{personal}"}
    pkgroot = f"{roots}|{distribution.root}/src"
    done = _run(folder, "add", "-t", NEW_TAG, "utils", "--pkgroot", pkgroot, environ=environ)
    assert done.returncode == 0, done.stderr
    assert (personal / "ups_db" / "utils").is_dir()
