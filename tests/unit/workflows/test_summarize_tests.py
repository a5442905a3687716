"""Helper `summarize_tests` of the workflows `pytest`, `cmake` and `conda-tests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workflows.scripts.summarize_tests import main

if TYPE_CHECKING:
    from pathlib import Path

JUNIT = """\
<?xml version="1.0"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.test_a" name="test_one"/>
<testcase classname="tests.test_a" name="test_two"><failure message="x">trace</failure></testcase>
<testcase name="test_three"><skipped/></testcase>
<testcase classname="tests.test_b" name="test_four"><error message="setup"/></testcase>
</testsuite></testsuites>
"""


def _environment(tmp_path: Path, minimum: str = "0") -> dict[str, str]:
    return {
        "RESULTS": str(tmp_path / "results"),
        "PREFIX": "test-results-",
        "MINIMUM": minimum,
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }


def _write(tmp_path: Path, name: str, junit: str = JUNIT, coverage: str = "") -> None:
    folder = tmp_path / "results" / f"test-results-{name}"
    folder.mkdir(parents=True)
    (folder / "junit.xml").write_text(junit)
    if coverage:
        (folder / "coverage.xml").write_text(f'<coverage line-rate="{coverage}"><packages/></coverage>')


def test_environments_are_counted_apart_and_together(tmp_path: Path) -> None:
    _write(tmp_path, "a", coverage="0.9")
    _write(tmp_path, "b", coverage="0.8123")
    assert main(_environment(tmp_path, "80")) == 0
    assert (tmp_path / "output").read_text() == "tests=8\nfailed=4\nskipped=2\ncoverage=81.2\n"
    summary = (tmp_path / "summary").read_text()
    assert "| a | 4 | 2 | 1 | 90.0 |\n| b | 4 | 2 | 1 | 81.2 |\n" in summary
    assert "- `tests.test_a.test_two` (a)\n- `tests.test_b.test_four` (a)\n" in summary


def test_a_long_list_of_failures_is_cut(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="t{number}"><failure/></testcase>' for number in range(25))
    _write(tmp_path, "a", junit=f"<testsuite>{cases}</testsuite>")
    assert main(_environment(tmp_path)) == 0
    assert (tmp_path / "summary").read_text().endswith("- `t19` (a)\n- and 5 more\n")
    assert "coverage=\n" in (tmp_path / "output").read_text()


def test_names_of_tests_stay_letters_of_one_short_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "t[a`b&#10;::error::fooled&#10;" + "x" * 500 + "]"
    _write(tmp_path, "a", junit=f'<testsuite><testcase name="{name}"><failure/></testcase></testsuite>')
    assert main(_environment(tmp_path)) == 0
    assert not [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    told = (tmp_path / "summary").read_text().splitlines()[-1]
    assert told == f"- `t[a'b ::error::fooled {'x' * 178}` (a)"


@pytest.mark.parametrize(
    ("coverage", "minimum", "message"),
    [
        ("0.799", "80", "79.9 % of the lines are covered, less than the minimum of 80 %"),
        ("", "80", "a minimum of coverage is asked for, but coverage was not measured; name `coverage`"),
    ],
)
def test_too_little_coverage_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], coverage: str, minimum: str, message: str
) -> None:
    _write(tmp_path, "a", coverage=coverage)
    assert main(_environment(tmp_path, minimum)) == 1
    assert capsys.readouterr().out.endswith(f"::error title=Test results::{message}\n")


def test_an_environment_without_tests_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, "a", junit="<testsuites/>")
    assert main(_environment(tmp_path)) == 1
    assert "::error title=Test results::a: no test ran" in capsys.readouterr().out


def test_no_results_at_all_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_environment(tmp_path)) == 1
    assert "there are no results" in capsys.readouterr().out


def test_a_file_that_is_no_xml_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, "a", junit="<testsuites>")
    assert main(_environment(tmp_path)) == 1
    assert "junit.xml: no element found" in capsys.readouterr().out
