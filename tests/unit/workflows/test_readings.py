"""Helper `readings` of the checks: what tools print, copied from their runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from workflows.scripts.check_hooks import failed_hooks
from workflows.scripts.findings import CheckError
from workflows.scripts.readings import diff_findings, json_of, line_findings, ruff_findings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_differences_of_three_tools_name_files(tmp_path: Path) -> None:
    # ruff 0.17.6, black 26.10.1, isort 9.0.2
    text = (
        "--- python/a.py\n+++ python/a.py\n@@ -1,8 +1,12 @@\n import os\n"
        "--- not a header\n+++ nor this\n"
        f"--- {tmp_path}/b.py\t2026-11-22 18:34:24.160050+00:00\n+++ {tmp_path}/b.py\t2026\n@@ -7 +7 @@\n"
        f"--- {tmp_path}/c d.py:before\t2026-11-22\n+++ {tmp_path}/c d.py:after\t2026\n@@ -0,0 +1 @@\n"
    )
    found = diff_findings(text, message="m", code="c")
    assert [(one.file, one.line, one.message, one.code) for one in found] == [
        ("python/a.py", 1, "m", "c"),
        ("b.py", 7, "m", "c"),
        ("c d.py", 1, "m", "c"),
    ]


def test_ruff_tells_places(tmp_path: Path) -> None:
    one = {
        "code": "F401",
        "filename": f"{tmp_path}/a.py",
        "location": {"row": 1, "column": 8},
        "message": "`os` imported but unused",
    }
    (first, second) = ruff_findings(json.dumps([one, {**one, "code": None}]))
    assert (first.file, first.line, first.column, first.code) == ("a.py", 1, 8, "F401")
    assert second.code == "syntax"
    assert ruff_findings("") == []


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(CheckError, match="ruff printed no JSON: error: x"):
        json_of("error: x\n", tool="ruff")


def test_lines_tell_places_and_levels() -> None:
    pattern = r"(?P<file>[^:\n]+):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<level>error|note): (?P<message>.*)"
    found = line_findings("a.py:3: error: x\nSummary: 1\n./b.py:4:5: note: see y \n", pattern)
    assert [(one.file, one.line, one.column, one.level, one.message) for one in found] == [
        ("a.py", 3, 0, "error", "x"),
        ("b.py", 4, 5, "notice", "see y"),
    ]


def test_hooks_that_failed_are_named() -> None:
    # prek 0.5.11, pre-commit 4.7.0
    text = (
        "check yaml...............................................................Passed\n"
        "no tabs..................................................................Failed\n"
        "- hook id: no-tabs\n- exit code: 1\n\na.py:1:\tx = 1\n"
    )
    assert [(one.code, one.message) for one in failed_hooks(text)] == [
        ("no-tabs", "the hook `no tabs` failed; its output is in the log")
    ]
