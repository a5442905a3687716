from __future__ import annotations

import io

from lsstinstall.adapters.linereporter import LineReporter, QuietReporter
from lsstinstall.core.reporting import Outcome


def test_elsewhere_each_finished_step_is_a_line() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, {}, verbose=False)
    reporter.begin("install", 12)
    reporter.step("afw", Outcome.DONE, seconds=1.25, detail="3 MB")
    reporter.step("utils", Outcome.UNCHANGED)
    reporter.step("daf_butler", Outcome.FAILED, detail="no digest")
    reporter.note("that was it")
    reporter.warn("disk nearly full", hint="free some space")
    reporter.end()
    assert stream.getvalue() == (
        "install (12)\n"
        "  + [ 1/12] afw 1.2 s (3 MB)\n"
        "  x [ 3/12] daf_butler failed (no digest)\n"
        "that was it\n"
        "warning: disk nearly full\n"
        "  hint: free some space\n"
    )


def test_a_heading_says_how_much_follows() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, {}, verbose=False)
    reporter.begin("install", 12, size_bytes=3_000_000)
    reporter.advance(1_000_000)
    assert stream.getvalue() == "install (12, 3.0 MB)\n"


def test_verbose_progress_tells_what_did_not_change() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, {}, verbose=True)
    reporter.begin("install", None)
    reporter.step("utils", Outcome.UNCHANGED)
    assert stream.getvalue() == "install\n  = utils unchanged\n"


def test_github_gets_groups() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, {"GITHUB_ACTIONS": "true"}, verbose=False)
    reporter.begin("install", 1)
    reporter.end()
    assert stream.getvalue() == "::group::install\n::endgroup::\n"


def test_what_a_terminal_would_obey_is_escaped_in_progress() -> None:
    stream = io.StringIO()
    LineReporter(stream, {}, verbose=False).note("a\x1b]0;b\x07\tc\nd")
    assert stream.getvalue() == "a\\x1b]0;b\\x07\tc\nd\n"


def test_groups_do_not_lie_in_one_another() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, {"GITHUB_ACTIONS": "true"}, verbose=False)
    reporter.begin("installing", None)
    reporter.begin("products", 2)
    reporter.end()
    reporter.end()
    assert stream.getvalue() == "::group::installing\nproducts (2)\n::endgroup::\n"


def test_a_step_outside_of_work_has_no_place() -> None:
    stream = io.StringIO()
    LineReporter(stream, {}, verbose=False).step("afw", Outcome.DONE, seconds=70)
    assert stream.getvalue() == "  + afw 1 min 10 s\n"


def test_after_ten_seconds_without_a_line_one_tells_how_far_it_is() -> None:
    stream, seconds = io.StringIO(), [0.0]
    reporter = LineReporter(stream, {}, verbose=False, clock=lambda: seconds[0])
    seconds[0] = 20
    reporter.advance(1)
    seconds[0] = 0
    reporter.begin("products", 3, size_bytes=1_000_000)
    for moment in range(1, 26):
        seconds[0] = moment
        reporter.advance(10_000)
    reporter.step("afw", Outcome.UNCHANGED)
    reporter.close()
    assert stream.getvalue() == (
        "products (3, 1.0 MB)\n"
        "  . products 0/3, 100.0 kB of 1.0 MB, about 2 min left\n"
        "  . products 0/3, 200.0 kB of 1.0 MB, about 2 min left\n"
    )


def test_who_wants_quiet_hears_only_warnings() -> None:
    stream = io.StringIO()
    reporter = QuietReporter(stream)
    reporter.begin("install", 1, size_bytes=1)
    reporter.step("afw", Outcome.FAILED)
    reporter.advance(1)
    reporter.note("so far")
    reporter.warn("careful", hint="look out")
    reporter.warn("again")
    reporter.end()
    reporter.close()
    assert stream.getvalue() == "warning: careful\n  hint: look out\nwarning: again\n"
