"""Environments on disks that are full or read-only; mounting takes root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.condachannels import SmallPackage, make_channel, rubin_env_packages
from tests.support.smalldisks import remount, small_disk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]

NAME = "lsst-scipipe-13.0.1"


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    large = {f"share/{number}.bin": os.urandom(200_000).hex() for number in range(5)}
    packages = [one for one in rubin_env_packages() if one.name != "zlib"]
    return make_channel(
        tmp_path / "channel",
        machine_platform(),
        *packages,
        SmallPackage(name="zlib", version="1.3", files=large),
    )


def _install(channel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CONDA_EXE", raising=False)
    arguments = ["-v", "13.0.1", "-C", str(channel), "--override-channels", "--quiet"]
    return run_main(cli, name="lsstinstall", arguments=arguments)


def test_a_full_disk_is_told_and_the_next_run_completes(
    channel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "cache"))
        assert _install(channel, disk, monkeypatch) == 4
        assert "free some space" in capsys.readouterr().err
        assert not (disk / "loadLSST.sh").exists()
        remount(disk, "size=20m")
        assert _install(channel, disk, monkeypatch) == 0
        prefix = disk / "conda/envs" / NAME
        assert len(CondaEngine(tmp_path / "cache").installed(prefix)) == 3
        assert len(list((prefix / "share").glob("*.bin"))) == 5
        monkeypatch.chdir(tmp_path)


def test_a_full_disk_of_the_cache_is_told(
    channel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        monkeypatch.setenv("RATTLER_CACHE_DIR", str(disk))
        (tmp_path / "here").mkdir()
        assert _install(channel, tmp_path / "here", monkeypatch) == 4
        assert "free some space" in capsys.readouterr().err


def test_a_read_only_disk_is_refused(
    channel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        remount(disk, "ro")
        assert _install(channel, disk, monkeypatch) == 6
        assert "read-only file system" in capsys.readouterr().err
        monkeypatch.chdir(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_we_may_not_write_to_is_refused(
    channel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert _install(channel, tmp_path / "closed", monkeypatch) == 6
    assert "permission denied" in capsys.readouterr().err
