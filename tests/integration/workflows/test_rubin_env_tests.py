"""The reusable workflow `rubin-env-tests`, run by act on a small channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable
from tests.support.stacksamples import make_env_channel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda]

PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lsst-sample"
version = "1.0"

[tool.hatch.build.targets.wheel]
packages = ["python/lsst_sample"]
""",
    "python/lsst_sample/__init__.py": "def double(number: int) -> int:\n    return 2 * number\n",
    "prepare.sh": "echo 21 > number.txt\n",
    "tests/test_sample.py": """\
import os
from pathlib import Path

import lsst_sample


def test_double() -> None:
    number = int(Path("number.txt").read_text())
    assert lsst_sample.double(number) == int(os.environ["EXPECTED"])


def test_environment() -> None:
    assert os.environ["CONDA_PREFIX"].endswith("/lsst-scipipe-13.0.1")
    assert os.environ["SAMPLE_TEXT"].splitlines() == ["first line", 'second "line"']
""",
}


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_env_channel(tmp_path_factory.mktemp("conda"))


def test_a_project_passes_inside_the_environment(tmp_path: Path, channel: Path) -> None:
    sample = make_sample(tmp_path / "sample", PROJECT)
    inputs = {
        "version": "13.0.1",
        "channel": str(channel),
        "prepare": "prepare.sh",
        "arguments": "-q tests",
        "variables": "EXPECTED=42\n",
    }
    result = run_reusable(tmp_path, "rubin-env-tests", sample, inputs=inputs)
    assert result.code == 0, result.log
    assert result.outputs == {"version": "13.0.1", "packages": "2", "tests": "2", "failed": "0"}
    assert "| rubin-env | 2 | 0 | 0 |" in result.summary
    assert list(result.artifacts.glob("rubin-env-tests-rubin-env/rubin-env-tests-rubin-env/*.xml"))


def test_a_failed_test_fails_the_job(tmp_path: Path, channel: Path) -> None:
    sample = make_sample(tmp_path / "sample", PROJECT)
    inputs = {
        "version": "13.0.1",
        "channel": str(channel),
        "prepare": "prepare.sh",
        "arguments": "-q tests",
        "variables": "EXPECTED=$(touch pwned)43\n",
    }
    result = run_reusable(tmp_path, "rubin-env-tests", sample, inputs=inputs)
    assert result.code == 1
    assert result.failed == ["Run pytest"], result.log
    assert "invalid literal for int() with base 10: '$(touch pwned)43'" in result.steps["Run pytest"].output
    assert [one.message for one in result.annotations] == ["tests failed"]
    assert "| rubin-env | 2 | 1 | 0 |" in result.summary
    assert not list(tmp_path.rglob("pwned"))
