from __future__ import annotations

import io
import os

import pytest

from lsstinstall.adapters.barreporter import BarReporter
from lsstinstall.core.reporting import Outcome


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> _Terminal:
    return _Terminal()


def test_what_went_well_is_only_counted(terminal: _Terminal) -> None:
    reporter = BarReporter(terminal, color=False, width=80)
    reporter.begin("Installing", 3, size_bytes=2000)
    reporter.begin("products", 3)
    reporter.step("afw", Outcome.DONE, seconds=2)
    reporter.step("utils", Outcome.UNCHANGED)
    reporter.advance(1000)
    reporter.note("look")
    assert "+ afw" not in terminal.getvalue()
    assert "products 2/3, 1.0 kB of 2.0 kB, utils" in terminal.getvalue()
    reporter.close()


def test_what_failed_stays_above_the_display(terminal: _Terminal) -> None:
    reporter = BarReporter(terminal, color=False, width=80)
    reporter.begin("products", 3)
    reporter.step("afw", Outcome.FAILED, detail="no digest")
    reporter.step("utils", Outcome.SKIPPED)
    reporter.note("half way")
    reporter.warn("slow", hint="wait")
    reporter.end()
    for line in ("  x afw failed (no digest)", "half way\n", "  hint: wait"):
        assert line in terminal.getvalue()
    assert "skipped" not in terminal.getvalue()


def test_the_display_goes_away_with_the_outermost_work(terminal: _Terminal) -> None:
    reporter = BarReporter(terminal, color=False, width=80)
    reporter.begin("Installing", None)
    reporter.begin("products", None)
    reporter.end()
    reporter.end()
    reporter.note("after")
    assert terminal.getvalue().endswith("\x1b[2Kafter\n")


def test_it_goes_away_when_work_breaks_off(terminal: _Terminal) -> None:
    reporter = BarReporter(terminal, color=False, width=80)
    reporter.begin("Installing", None)
    reporter.close()
    reporter.close()
    reporter.warn("broken")
    assert terminal.getvalue().endswith("\x1b[2Kwarning: broken\n")


def test_color_is_for_what_did_not_go_well(terminal: _Terminal) -> None:
    reporter = BarReporter(terminal, color=True, width=80)
    reporter.step("afw", Outcome.FAILED)
    reporter.note("[bold]not markup[/bold] :smile:")
    assert terminal.getvalue() == ("\x1b[1;31m  x afw failed\x1b[0m\n[bold]not markup[/bold] :smile:\n")


def test_a_terminal_that_is_gone_stops_no_work() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        reporter = BarReporter(stream, color=True, width=80)
        reporter.begin("install", 2)
        reporter.step("afw", Outcome.FAILED)
        reporter.end()
