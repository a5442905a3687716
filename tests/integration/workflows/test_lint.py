"""The reusable workflows `lint` and `formatting`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable
from tests.support.proposals import commands_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

_RIGHT = '"""A sample."""\n\nimport os\nimport sys\n\nprint(os.name, sys.argv)\n'
_OLD = "[tool.black]\nline-length = 100\n[tool.isort]\nprofile = 'black'\n"
_NEW = "[tool.ruff.lint]\nselect = ['E', 'F', 'I']\n[tool.ruff.format]\n"


def test_right_python_passes_with_ruff(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"pyproject.toml": _NEW, "python/a.py": _RIGHT})
    result = run_reusable(tmp_path, "formatting", sample)
    assert result.code == 0, result.log
    assert result.outputs == {"format-tool": "ruff", "lint-tool": "ruff", "isort-tool": "ruff"}
    assert "| lint | ruff&#58; pyproject&#46;toml has settings of ruff&#39;s linter |" in result.summary
    assert "Check the imports" not in result.steps


def test_all_that_is_wrong_is_told_by_black_flake8_and_isort(tmp_path: Path) -> None:
    wrong = "import sys\nimport os\nx = { 1:2 }\nprint(os.name)\n"
    files = {"pyproject.toml": _OLD, "python/a.py": wrong, "bin.src/run": "#!/bin/sh\nnot python\n"}
    sample = make_sample(tmp_path / "sample", files)
    result = run_reusable(tmp_path, "formatting", sample)
    assert result.code == 1, result.log
    assert result.failed == ["Check the format", "Run the linter", "Check the imports"], result.log
    told = {(one.place.get("file"), one.place.get("title"), one.message) for one in result.annotations}
    assert ("python/a.py", "format", "black would format this file differently") in told, told
    assert ("python/a.py", "F401", "'sys' imported but unused") in told
    assert ("python/a.py", "isort", "isort would order these imports differently") in told
    assert "flake8&#58; no file has settings of ruff or flake8" in result.summary


def test_lint_tells_what_ruff_finds(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"pyproject.toml": _NEW, "a.py": "import os\n"})
    result = run_reusable(tmp_path, "lint", sample)
    assert result.failed == ["Run the linter"], result.log
    (remark,) = result.annotations
    assert remark.place == {"file": "a.py", "line": "1", "col": "8", "title": "F401"}
    assert remark.message == "`os` imported but unused"


def test_lint_passes_with_flake8_of_a_version(tmp_path: Path) -> None:
    files = {"setup.cfg": "[flake8]\nmax-line-length = 110\n", "a.py": _RIGHT}
    result = run_reusable(
        tmp_path, "lint", make_sample(tmp_path / "sample", files), inputs={"flake8-version": ">=7,<8"}
    )
    assert result.code == 0, result.log
    assert result.outputs == {"problems": "0", "lint-tool": "flake8"}


def test_a_version_or_path_is_never_run_as_a_command(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"pyproject.toml": _NEW, "a.py": _RIGHT})
    result = run_reusable(
        tmp_path, "lint", sample, inputs={"ruff-version": "==1; touch pwned", "paths": "a.py"}
    )
    assert result.failed == ["Run the linter"], result.log
    assert [one.message for one in result.annotations] == [
        "`==1; touch pwned` is no version of ruff; write `1.2.3`, `==1.2.3` or `>=1.2,<2`"
    ]
    assert not list(tmp_path.rglob("pwned"))


def test_a_hostile_file_name_stays_a_name(tmp_path: Path) -> None:
    name = "$(touch pwned)\n::error file=x::`touch pwned` | <b>.py"
    files = {name: "import os\n", "setup.cfg": "[flake8]\nmax-line-length = 110\n[isort]\nprofile = black\n"}
    result = run_reusable(tmp_path, "formatting", make_sample(tmp_path / "sample", files))
    assert result.failed == ["Run the linter"], result.log
    remarks = commands_in(result.steps["Run the linter"].output)
    assert [(place["title"], message) for place, message in remarks] == [("F401", "'os' imported but unused")]
    assert not list(tmp_path.rglob("pwned"))
    assert "<b>" not in result.summary
