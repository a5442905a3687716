"""The reusable workflow `pytest`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "boxes"
version = "1.0"
description = "Boxes"
classifiers = ["Programming Language :: Python :: 3", "Programming Language :: Python :: 3.11"]
""",
    "boxes/__init__.py": """\
def area(width: int, height: int) -> int:
    if width < 0:
        return 0
    return width * height
""",
}


def test_tests_pass_in_each_environment_and_are_counted(tmp_path: Path) -> None:
    test = """\
import os

import pytest
from boxes import area


def test_area() -> None:
    assert area(2, 3) == 6
    assert os.environ["GREETING"] == "hello, world"


@pytest.mark.skip(reason="an example")
def test_later() -> None:
    pass
"""
    sample = make_sample(tmp_path / "sample", {**PROJECT, "tests/test_boxes.py": test})
    inputs = {
        "systems": "ubuntu-latest ubuntu-24.04",
        "arguments": "-v -k 'area or later'",
        "coverage": "boxes",
        "variables": "GREETING=hello, world\n",
        "system-packages": "git",
        "packages": "pytest pytest-cov",
    }
    result = run_reusable(tmp_path, "pytest", sample, inputs=inputs)
    assert result.code == 0, result.log
    assert result.outputs["tests"] == "4"
    assert (result.outputs["failed"], result.outputs["skipped"]) == ("0", "2")
    assert result.outputs["coverage"] == "75.0"
    assert "| ubuntu-24.04-3.11 | 2 | 0 | 1 | 75.0 |" in result.summary
    names = sorted(path.name for path in result.artifacts.iterdir())
    assert names == ["test-results-ubuntu-24.04-3.11", "test-results-ubuntu-latest-3.11"]


def test_a_failed_test_fails_the_job_and_is_named_in_the_summary(tmp_path: Path) -> None:
    test = "from boxes import area\n\n\ndef test_area() -> None:\n    assert area(2, 3) == 7\n"
    sample = make_sample(tmp_path / "sample", {**PROJECT, "tests/test_boxes.py": test})
    inputs = {"installer": "pip", "packages": "pytest", "arguments": "-v"}
    result = run_reusable(tmp_path, "pytest", sample, inputs=inputs, env={"PIP_NO_COMPILE": "1"})
    assert result.code == 1, result.log
    assert result.failed == ["Run pytest"]
    assert "tests failed" in [remark.message for remark in result.annotations]
    assert "assert 6 == 7" in result.steps["Run pytest"].output
    assert "- `tests.test_boxes.test_area` (ubuntu-latest-3.11)" in result.summary
