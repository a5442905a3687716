"""An environment gets more packages and keeps those that it has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.commands.frame import run_main
from lsstinstall.core.environments import lock_packages
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.commands.main import cli
from tests.support.condachannels import make_channel, rubin_env_packages

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda]


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", "extend", *map(str, arguments), "--quiet"])


@pytest.fixture
def solve(tmp_path: Path) -> CondaEngine:
    make_channel(tmp_path / "channel", machine_platform(), *rubin_env_packages())
    return CondaEngine(tmp_path / "cache")


def listed(engine: CondaEngine, tmp_path: Path, *specs: str) -> Path:
    """Write the list of all packages that some specs ask for."""
    channels, platform = [(tmp_path / "channel").as_uri()], machine_platform()
    packages = engine.solve(list(specs), channels=channels, platform=platform, virtual_packages=())
    path = tmp_path / "more.env"
    path.write_text(lock_packages(packages, platform=platform).format())
    return path


def test_what_is_not_there_is_installed_and_nothing_else_changes(
    solve: CondaEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prefix = tmp_path / "conda/envs/e"
    channels, platform = [(tmp_path / "channel").as_uri()], machine_platform()
    first = solve.solve(
        ["rubin-env=13.0.1", "zlib=1.2"], channels=channels, platform=platform, virtual_packages=()
    )
    solve.install(first, prefix, specs=["rubin-env"], reporter=SilentReporter())
    before = {path.name: path.read_bytes() for path in (prefix / "conda-meta").glob("*.json")}
    newer = listed(solve, tmp_path, "rubin-env-developer", "zlib=1.3")
    assert run(prefix, newer) == 6
    assert "`zlib-1.2-h0_0.conda` of the environment would become `zlib-1.3" in capsys.readouterr().err
    more = listed(solve, tmp_path, "rubin-env-developer", "zlib=1.2")
    assert run(prefix, more, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["added"] == ["rubin-env-developer-13.0.1-h0_0.conda"]
    assert not (prefix / "bin/ruff").exists()
    assert run(prefix, more) == 0
    assert (prefix / "bin/ruff").exists()
    after = {path.name: path.read_bytes() for path in (prefix / "conda-meta").glob("*.json")}
    assert {name: after[name] for name in before} == before
    capsys.readouterr()
    assert run(prefix, more) == 0
    assert capsys.readouterr().out.startswith("0 packages added")
    assert run(tmp_path / "nowhere", more) == 3
