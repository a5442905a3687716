"""The demo from real sources to an installed release, and the same release over HTTP."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.process import run
from tests.support.nginx import find_nginx, serve_with_nginx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.process,
    pytest.mark.conda,
    pytest.mark.network,
]

_HOUR_SECONDS = 3600.0
_CACHE = "LSSTINSTALL_DEMO_CACHE"


def _run_demo(output: Path, root: Path) -> dict[str, Any]:
    environ = {
        **os.environ,
        _CACHE: os.environ.get(_CACHE, str(root / ".cache" / "demo")),
        "XDG_CACHE_HOME": str(output.with_name("cache")),
    }
    command = [sys.executable, root / "demo" / "run.py", "--output", output, "--quiet"]
    run([str(word) for word in command], cwd=root, env=environ, timeout=_HOUR_SECONDS)
    report: dict[str, Any] = json.loads((output / "report.json").read_text())
    return report


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    """A finished demo, with the report of its first run beside it."""
    output = tmp_path_factory.mktemp("whole-demo") / "output"
    output.with_name("first.json").write_text(json.dumps(_run_demo(output, project_root)))
    return output


def _outcomes(report: Mapping[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in report["steps"]}


def test_the_demo_does_every_step(output: Path) -> None:
    outcomes = _outcomes(json.loads(output.with_name("first.json").read_text()))
    # Downloads may be there already; checks and builds of the same commits change nothing.
    unchanging = {"sources", "wheels", "verify", "build-v31_0_0"}
    assert {name for name, outcome in outcomes.items() if outcome != "done"} <= unchanging
    assert "failed" not in outcomes.values()


def test_a_second_run_does_nothing_again(output: Path, project_root: Path) -> None:
    report = _run_demo(output, project_root)
    assert set(_outcomes(report).values()) == {"unchanged"}


def test_the_report_shows_commands_a_user_can_type(output: Path) -> None:
    report = json.loads(output.with_name("first.json").read_text())
    commands = [command for step in report["steps"] for command in step["commands"]]
    programs = {command.split()[0] for command in commands}
    assert {"lsstinstall", "rubin-releng", "git", "sh"} <= programs
    assert not any("://" in command and "file://" not in command for command in commands)


def test_the_release_names_its_change_log_and_image(output: Path) -> None:
    weekly = json.loads((output / "pkgroot" / "releases" / "w_2026_29.json").read_text())
    release = json.loads((output / "pkgroot" / "releases" / "v31_0_0.json").read_text())
    assert len(weekly["changelogs"]) == 2
    assert [image["subdir"] for image in release["images"]] == ["linux-64"]
    assert release["previous"] == "w_2026_29"


def test_the_release_is_installed_over_http(output: Path, tmp_path: Path) -> None:
    program = find_nginx()
    if program is None:
        pytest.skip("there is no nginx (Debian: apt-get install nginx-light)")
    folder = tmp_path / "installed"
    make_directory(folder)
    environ = {**os.environ, "XDG_CACHE_HOME": str(output.with_name("cache"))}
    with serve_with_nginx(program, output / "pkgroot", tmp_path / "nginx", autoindex=True) as nginx:
        command = [sys.executable, "-m", "lsstinstall", "-T", "v31_0_0", "-P", "-E", nginx.url]
        channel = ["-C", (output / "channel").as_uri(), "--override-channels"]
        run([*command, *channel, "lsst_distrib"], cwd=folder, env=environ, timeout=600)
    script = ". ./loadLSST.sh && setup lsst_distrib -t v31_0_0 && butler --help"
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    assert run(["sh", "-c", script], cwd=folder, env=plain, timeout=120).stdout.startswith("Usage: butler")


def test_a_single_step_can_be_run(output: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "demo" / "run.py"), "--list"]
    listed = run(command, cwd=project_root, env=None, timeout=60).stdout.splitlines()
    first = json.loads(output.with_name("first.json").read_text())
    assert [line.split()[0] for line in listed] == [step["name"] for step in first["steps"]]
