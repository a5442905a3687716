"""Installations on disks that are full or read-only; mounting takes root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX, make_tarball, product_version, tarball_root
from tests.support.smalldisks import remount, small_disk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

NEEDS = {"utils": (), "afw": ("utils",)}


@pytest.fixture
def server(tmp_path: Path) -> Path:
    files = tarball_root(NEEDS)
    version = product_version("afw")
    large = {f"afw/{version}/ups/afw.table": b"", f"afw/{version}/data": bytes(3_000_000)}
    files[f"afw-{version}@Linux64.tar.gz"] = make_tarball(large)
    for path, data in files.items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    return tmp_path / "server"


def _add(stack: Path, server: Path) -> int:
    where = ["--stack", str(stack), "--pkgroot", str(server), "--flavor", "Linux64", "--quiet"]
    return run_main(cli, name="lsstinstall", arguments=["add", "-t", "w_2026_10", "afw", *where])


def test_a_full_disk_leaves_nothing_half_and_the_next_run_goes_on(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        assert _add(disk, server) == 4
        error = capsys.readouterr().err
        assert "no space left on device" in error
        # The product's own folder, not the file that happened to be the first.
        assert f"to `{disk}/EupsBuildDir/Linux64/" in error
        assert ".lsstinstall`: no space" in error
        assert "hint: free some space and run the same command again" in error
        # While one package fills the disk, there may be no room to declare the other.
        assert set(Stack.open(disk, flavor=LINUX).products()) <= {"utils"}
        assert not (disk / "Linux64/afw").exists()
        assert list((disk / "EupsBuildDir/Linux64").iterdir()) == []
        remount(disk, "size=16m")
        assert _add(disk, server) == 0
        assert Stack.open(disk, flavor=LINUX).products() == ("afw", "utils")


def test_a_stack_that_may_not_be_written_to_is_refused(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        Stack.create(disk, flavor=LINUX)
        remount(disk, "ro")
        assert _add(disk, server) == 6
        assert "read-only file system" in capsys.readouterr().err
        remount(disk, "rw")
        assert sorted(path.name for path in disk.iterdir()) == ["site", "ups_db"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_someone_else_is_refused(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack.create(tmp_path / "stack", flavor=LINUX)
    stack.path.chmod(0o555)
    assert _add(stack.path, server) == 6
    assert "permission denied" in capsys.readouterr().err
    stack.path.chmod(0o755)
