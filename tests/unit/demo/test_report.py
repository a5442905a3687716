from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from demo.bench import Bench, Step, StepResult, done_if
from demo.catalog import STEPS
from demo.places import Places
from demo.report import Report
from demo.summary import print_summary
from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome, SilentReporter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    environ = {"PATH": "/usr/bin:/bin", "EUPS_PATH": "/x", "SETUP_AFW": "afw"}
    return Bench(Places(output=tmp_path, cache=tmp_path / "cache"), environ, SilentReporter())


def _succeed(bench: Bench) -> StepResult:
    return done_if([bench], "something new")


def _fail(bench: Bench) -> StepResult:
    raise ToolkitError(f"no room in {bench.places.output.name}")


def test_the_report_tells_what_was_done(bench: Bench, tmp_path: Path) -> None:
    report = Report(tmp_path / "report.json")
    report.run(Step(name="a", title="Do a", action=_succeed), bench, SilentReporter())
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["schema"] == 1
    assert [(one["name"], one["outcome"], one["detail"]) for one in written["steps"]] == [
        ("a", "done", "something new")
    ]


def test_the_report_tells_what_failed_and_the_demo_stops(bench: Bench, tmp_path: Path) -> None:
    report = Report(tmp_path / "report.json")
    with pytest.raises(ToolkitError, match="no room"):
        report.run(Step(name="a", title="Do a", action=_fail), bench, SilentReporter())
    (step,) = json.loads((tmp_path / "report.json").read_text())["steps"]
    assert (step["outcome"], step["detail"]) == ("failed", f"no room in {tmp_path.name}")


def test_the_summary_names_steps_and_the_places_that_exist(bench: Bench, tmp_path: Path) -> None:
    report = Report(tmp_path / "report.json")
    report.run(Step(name="a", title="Do a", action=_succeed), bench, SilentReporter())
    (tmp_path / "pkgroot").mkdir()
    stream = io.StringIO()
    print_summary(report, bench.places, stream)
    assert "Do a" in stream.getvalue()
    assert "1 of 1 steps had something to do" in stream.getvalue()
    assert "package root" in stream.getvalue()
    assert "OCI layout" not in stream.getvalue()


def test_nothing_changed_is_unchanged() -> None:
    assert done_if([], "all there") == StepResult(outcome=Outcome.UNCHANGED, detail="all there")


def test_a_stack_that_is_set_up_stays_outside(bench: Bench) -> None:
    assert not {"EUPS_PATH", "SETUP_AFW"} & set(bench.environ)
    assert bench.environ["PATH"] == "/usr/bin:/bin"


@pytest.mark.process
def test_commands_are_shown_as_a_user_would_type_them(bench: Bench) -> None:
    assert bench.ask("rubin-releng", "tag", "parse", "w.2026.28")["tags"][0]["eups"] == "w_2026_28"
    assert bench.call("echo", "two words").strip() == "two words"
    assert bench.commands == ["rubin-releng tag parse w.2026.28", "echo 'two words'"]


@pytest.mark.process
def test_a_command_that_fails_says_why(bench: Bench) -> None:
    with pytest.raises(ProcessError, match="exit code 2"):
        bench.ask("rubin-releng", "tag", "parse", "v30.0.2")


def test_steps_have_names_of_their_own() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
