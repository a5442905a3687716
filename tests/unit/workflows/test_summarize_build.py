"""Helper `summarize_build` of the workflow `stack-build`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from workflows.scripts.summarize_build import log_tail, main, summary

if TYPE_CHECKING:
    from pathlib import Path

PREPARED = {
    "build": "b7",
    "unused_refs": ["tickets/DM-9"],
    "products": [
        {"name": "base", "version": "g1", "ref": "main"},
        {"name": "top", "version": "g2", "ref": "tickets/DM-1"},
    ],
}
STATUS = """\
{"products": [{"name": "base", "state": "installed", "seconds": 1.25, "log": null},
 {"name": "top", "state": "failed", "seconds": null, "log": "no.log"}]}"""


def test_the_end_of_a_log_has_no_colors_and_no_controls(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"left out\n" + b"x\n" * 28 + b"\x1b[31mred\x1b[0m\x07\r\n\xff\n")
    assert log_tail(path).endswith("x\nred\n\N{REPLACEMENT CHARACTER}")
    assert "left out" not in log_tail(path)


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert log_tail(tmp_path / "a.log") == ""


def test_each_product_has_a_row_and_a_failure_its_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("````text\n### not a heading\n")
    states: list[dict[str, Any]] = [
        {"name": "base", "state": "installed", "seconds": 1.25, "log": None},
        {"name": "top", "state": "failed", "seconds": None, "log": str(log)},
    ]
    text = "\n".join(summary(PREPARED, states))
    assert "| base | `g1` | `main` | installed | 1.2 |" in text
    assert "| top | `g2` | `tickets/DM-1` | failed |  |" in text
    assert "No product has the ref `tickets/DM-9`." in text
    assert "#### `top` failed\n\n`````text\n````text\n### not a heading\n`````" in text


def test_of_many_failures_some_logs_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x\n")
    states = [{"name": f"p{n}", "state": "failed", "seconds": 1.0, "log": str(log)} for n in range(42)]
    lines = list(summary(PREPARED, states))
    assert sum(line.endswith(" failed") for line in lines) == 40
    assert lines[-1] == "Logs of 2 more that failed are in the artifact."


def test_what_was_not_begun_is_waiting() -> None:
    assert "| top | `g2` | `tickets/DM-1` | waiting |  |" in list(summary(PREPARED, []))


def test_nothing_is_told_of_what_was_not_prepared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"BUILD_DIR": str(tmp_path)}) == 0
    assert capsys.readouterr().out == "nothing was prepared\n"


@pytest.mark.process
def test_outputs_and_the_page_tell_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "rubin-releng"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{STATUS}\nE\n")
    program.chmod(0o755)
    (tmp_path / "prepared.json").write_text(str(PREPARED).replace("'", '"'))
    environ = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "BUILD_DIR": str(tmp_path),
        "STACK": "/stack",
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page"),
    }
    assert main(environ) == 0
    assert (tmp_path / "out").read_text() == "build=b7\nproducts=2\ninstalled=1\nfailed=top\n"
    assert "| top | `g2` |" in (tmp_path / "page").read_text()
    stop, *page, go_on, remark = capsys.readouterr().out.splitlines()
    assert stop.removeprefix("::stop-commands::") == go_on.strip(":")
    assert page[0] == "### Build b7"
    assert remark == "::error title=Build::`top` could not be built"
