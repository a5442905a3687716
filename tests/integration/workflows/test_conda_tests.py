"""The reusable workflow `conda-tests`, run by act with a channel on disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from tests.support.actruns import make_sample, run_reusable
from tests.support.condachannels import SmallPackage, make_channel

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda]

PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "boxes"
version = "1.0"
description = "Boxes"
""",
    "boxes/__init__.py": "def area(width: int, height: int) -> int:\n    return width * height\n",
    "environment.yml": """\
name: boxes
channels: [nodefaults]
dependencies:
  - tape >=2
  - pip:
      - pytest
""",
    "test_boxes.py": """\
import os
import sys

from boxes import area


def test_area() -> None:
    assert area(2, 3) == 6
    assert os.environ["TAPE"] == sys.prefix == os.environ["CONDA_PREFIX"]
""",
}


def _channel(tmp_path: Path) -> str:
    """Offer a Python that is this one, run from the environment, and a package that is activated."""
    base = Path(sys.base_prefix)
    version = f"3.{sys.version_info.minor}"
    python = f'#!/bin/sh\nexec -a "$0" {base}/bin/python{version} "$@"\n'
    settings = f"home = {base}/bin\ninclude-system-site-packages = false\nversion = {version}\n"
    channel = make_channel(
        tmp_path / "channel",
        str(machine_platform()),
        SmallPackage(
            name="python",
            version=f"{version}.0",
            files={"bin/python": python.replace("#!/bin/sh", "#!/bin/bash"), "pyvenv.cfg": settings},
        ),
        SmallPackage(
            name="tape",
            version="2.1",
            depends=("python",),
            files={"etc/conda/activate.d/tape.sh": 'export TAPE="$CONDA_PREFIX"\n'},
        ),
    )
    return channel.as_uri()


def test_tests_run_in_the_environment_of_the_file(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {**PROJECT, "prepare.sh": 'echo "prepared in $TAPE"\n'})
    inputs = {
        "python-versions": "3.11",
        "specs": "",
        "channels": _channel(tmp_path),
        "prepare": "prepare.sh",
    }
    result = run_reusable(tmp_path, "conda-tests", sample, inputs=inputs)
    assert result.code == 0, result.log
    assert (result.outputs["tests"], result.outputs["failed"]) == ("1", "0")
    assert "/conda-3.11" in result.steps["Prepare the tests"].output
    assert "2 conda packages from `environment.yml`." in result.summary
    assert "| ubuntu-latest-3.11 | 1 | 0 | 0 |  |" in result.summary


def test_an_environment_that_cannot_be_solved_fails_the_job(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", PROJECT)
    inputs = {"python-versions": "3.11", "specs": "glue", "channels": _channel(tmp_path)}
    result = run_reusable(tmp_path, "conda-tests", sample, inputs=inputs)
    assert result.code == 1, result.log
    assert result.failed[0] == "Make the environment"
    message = result.annotations[0].message
    assert message.startswith("`environment.yml` cannot be made: ")
    assert "glue" in message
