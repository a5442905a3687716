"""`rubin-releng env create` as a workflow calls it, on a small channel of real packages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.condachannels import make_channel, rubin_env_packages

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["env", *map(str, arguments)])


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    channel = make_channel(tmp_path / "channel", machine_platform(), *rubin_env_packages())
    path = tmp_path / "a lock.env"
    assert run("lock", "rubin-env=13.0.1", "rubin-env-developer", "--channel", channel, "--output", path) == 0
    return path


def answered(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert run(*arguments, "--json", "--quiet") == 0
    return json.loads(capsys.readouterr().out)


def test_a_lock_becomes_an_environment_once(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("create", lock, "--root", tmp_path / "conda")
    planned = answered(capsys, *call, "--dry-run")
    assert not (tmp_path / "conda").exists()
    made = answered(capsys, *call)
    prefix = tmp_path / "conda/envs/lsst-scipipe-13.0.1"
    assert {**planned, "dry_run": False} == made
    assert (made["action"], made["packages"], made["prefix"]) == ("create", 4, str(prefix))
    assert made["binary_root"].endswith("-13.0.1")
    assert (prefix / "bin/ruff").is_file()
    again = answered(capsys, *call)
    assert (again["action"], again["added"]) == ("keep", [])


def test_a_lock_that_was_cut_is_refused(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock.write_text("\n".join(lock.read_text().splitlines()[:-1]) + "\n")
    assert run("create", lock, "--root", tmp_path / "conda") == 5
    assert "a lock.env" in capsys.readouterr().err
    assert not (tmp_path / "conda").exists()
