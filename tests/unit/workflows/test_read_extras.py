"""Helper `read_extras` of the workflows `cmake` and `docs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workflows.scripts.read_extras import main

if TYPE_CHECKING:
    from pathlib import Path


def _environment(tmp_path: Path, system: str = "", python: str = "") -> dict[str, str]:
    return {
        "EXTRAS_FILE": str(tmp_path / "cmake.ini"),
        "SYSTEM_PACKAGES": system,
        "PYTHON_PACKAGES": python,
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }


def test_names_of_the_file_and_of_the_inputs_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "cmake.ini").write_text(
        "[ubuntu]\ninstall = libboost-dev\n  doxygen\n"
        "[pip]\ninstall = numpy pybind11[global]>=2\n[other]\na = 1\n"
    )
    assert main(_environment(tmp_path, "g++-12 doxygen", "sphinx<9,>=7")) == 0
    assert (tmp_path / "output").read_text() == (
        "system=libboost-dev doxygen g++-12\npython=numpy pybind11[global]>=2 sphinx<9,>=7\n"
    )


def test_without_a_file_there_may_be_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_environment(tmp_path)) == 0
    assert (tmp_path / "output").read_text() == "system=\npython=\n"
    assert capsys.readouterr().out == "system packages: none\nrequirements: none\n"


@pytest.mark.parametrize(
    ("system", "python", "message"),
    [
        ("--allow-unauthenticated", "", "`--allow-unauthenticated` is no name of a system package"),
        ("a;reboot", "", "`a;reboot` is no name of a system package"),
        ("", "--index-url=x", "`--index-url=x` is no requirement"),
        ("", "$(reboot)", "`$(reboot)` is no requirement"),
    ],
)
def test_what_is_no_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], system: str, python: str, message: str
) -> None:
    assert main(_environment(tmp_path, system, python)) == 1
    assert capsys.readouterr().out.startswith(f"::error title=Extra packages::{message}")


def test_a_broken_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cmake.ini").write_text("install = a\n")
    assert main(_environment(tmp_path)) == 1
    assert "cmake.ini" in capsys.readouterr().out
