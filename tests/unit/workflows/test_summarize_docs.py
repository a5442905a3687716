"""Helper `summarize_docs` of the workflow `docs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workflows.scripts.summarize_docs import main

if TYPE_CHECKING:
    from pathlib import Path

# As Sphinx 8 writes them.
LOG = """\
reading sources... [100%] index
/w/doc/index.rst:12: WARNING: py:class reference target not found: Box [ref.class]
\x1b[31m/w/boxes/a.py:docstring of boxes.a.area:3: ERROR: 100% wrong | odd. [docutils]\x1b[39;49;00m
WARNING: html_static_path entry '_static' does not exist
/w/doc/index.rst:12: WARNING: py:class reference target not found: Box [ref.class]
/w/doc/other.rst: WARNING: document isn't included in any toctree
build finished with problems, 4 warnings.
"""


def _environment(tmp_path: Path, log: str, **changes: str) -> dict[str, str]:
    (tmp_path / "log").write_text(log)
    (tmp_path / "html").mkdir()
    return {
        "LOG": str(tmp_path / "log"),
        "CODE": "0",
        "HTML": str(tmp_path / "html"),
        "WARNINGS_ARE_ERRORS": "true",
        "GITHUB_WORKSPACE": "/w",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        **changes,
    }


def test_complaints_are_shown_where_they_belong_each_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_environment(tmp_path, LOG)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "::warning file=doc/index.rst,line=12::py:class reference target not found: Box [ref.class]",
        "::error file=boxes/a.py,line=3::100%25 wrong | odd. [docutils]",
        "::warning ::html_static_path entry '_static' does not exist",
        "::warning file=doc/other.rst::document isn't included in any toctree",
        "::error title=Documentation::the build complained 4 times, and warnings are errors",
    ]
    summary = (tmp_path / "summary").read_text()
    assert "| boxes/a.py:3 | 100% wrong \\| odd. [docutils] |" in summary
    assert (tmp_path / "output").read_text() == "warnings=4\npages=0\n"


def test_complaints_may_be_allowed(tmp_path: Path) -> None:
    environ = _environment(tmp_path, LOG, WARNINGS_ARE_ERRORS="false")
    (tmp_path / "html/index.html").write_text("")
    assert main(environ) == 0
    assert "1 pages, 4 complaints, exit code 0." in (tmp_path / "summary").read_text()


def test_many_complaints_are_cut_in_the_summary(tmp_path: Path) -> None:
    log = "".join(f"/w/a.rst:{number}: WARNING: odd\n" for number in range(60))
    assert main(_environment(tmp_path, log)) == 1
    assert (tmp_path / "summary").read_text().endswith("And 10 more.\n")


@pytest.mark.parametrize(
    ("code", "message"),
    [("2", "the build failed with exit code 2"), ("0", "the build made no `index.html` in `")],
)
def test_a_build_without_a_result_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, message: str
) -> None:
    assert main(_environment(tmp_path, "", CODE=code)) == 1
    assert message in capsys.readouterr().out
