"""The reusable workflow `cmake`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

PROJECT = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.21)
project(boxes LANGUAGES C)
include(CTest)
add_library(boxes SHARED boxes.c)
add_executable(check check.c)
target_link_libraries(check boxes)
add_test(NAME area COMMAND check)
install(TARGETS boxes LIBRARY DESTINATION lib)
install(FILES boxes.py DESTINATION python)
""",
    "boxes.c": "int area(int width, int height) { return width * height; }\n",
    "boxes.py": """\
import ctypes

area = ctypes.CDLL("libboxes.so").area
""",
    "cmake.ini": "[ubuntu]\ninstall = git\n[pip]\ninstall = iniconfig\n",
    "test_boxes.py": """\
import iniconfig
from boxes import area


def test_area() -> None:
    assert area(2, 3) == 6
""",
}


def _check(expected: int) -> dict[str, str]:
    return {"check.c": f"int area(int, int);\nint main(void) {{ return area(2, 3) != {expected}; }}\n"}


def test_a_project_is_built_installed_and_tested_from_its_installation(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {**PROJECT, **_check(6)})
    inputs = {
        "python-version": "3.11",
        "packages": "pytest",
        "configure-arguments": "-DCMAKE_BUILD_TYPE=Release '-DNOTE=a b'",
    }
    result = run_reusable(tmp_path, "cmake", sample, inputs=inputs)
    assert result.code == 0, result.log
    assert result.outputs == {"tests": "2", "failed": "0"}
    assert "| ubuntu-latest | 2 | 0 | 0 |  |" in result.summary


def test_a_failed_test_of_ctest_fails_the_job(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {**PROJECT, **_check(7)})
    inputs = {"python-version": "3.11", "packages": "pytest"}
    result = run_reusable(tmp_path, "cmake", sample, inputs=inputs)
    assert result.code == 1, result.log
    assert result.failed == ["Build with CMake"]
    assert "CTest failed" in [remark.message for remark in result.annotations]
    assert "| ubuntu-latest | 1 | 1 | 0 |  |" in result.summary
