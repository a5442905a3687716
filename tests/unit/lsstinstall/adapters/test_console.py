from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from lsstinstall.adapters.console import Console, ConsoleReporter, color_wanted, silence
from lsstinstall.core.errors import UnavailableError
from lsstinstall.core.reporting import Outcome


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False), ({}, True)],
)
def test_color_depends_on_the_terminal(environ: dict[str, str], *, wanted: bool) -> None:
    assert color_wanted(_Terminal(), environ) is wanted
    assert color_wanted(io.StringIO(), environ) is False


def test_elsewhere_each_finished_step_is_a_line() -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream, {}, verbose=False)
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
    reporter = ConsoleReporter(stream, {}, verbose=False)
    reporter.begin("install", 12, size_bytes=3_000_000)
    reporter.advance(1_000_000)
    assert stream.getvalue() == "install (12, 3.0 MB)\n"


def test_verbose_progress_tells_what_did_not_change() -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream, {}, verbose=True)
    reporter.begin("install", None)
    reporter.step("utils", Outcome.UNCHANGED)
    assert stream.getvalue() == "install\n  = utils unchanged\n"


def test_github_gets_groups() -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream, {"GITHUB_ACTIONS": "true"}, verbose=False)
    reporter.begin("install", 1)
    reporter.end()
    assert stream.getvalue() == "::group::install\n::endgroup::\n"


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    stream = _Terminal()
    reporter = ConsoleReporter(stream, {"TERM": "xterm"}, verbose=False)
    reporter.begin("install", 1)
    reporter.step("afw", Outcome.DONE)
    reporter.end()
    reporter.note("after")
    assert "afw" in stream.getvalue()
    assert stream.getvalue().endswith("after\n")


def test_quiet_progress_only_warns() -> None:
    stream = io.StringIO()
    reporter = Console(quiet=True, stderr=stream, environ={}).reporter()
    reporter.begin("install", 1)
    reporter.step("afw", Outcome.DONE)
    reporter.note("so far")
    reporter.warn("careful")
    reporter.end()
    assert stream.getvalue() == "warning: careful\n"


def test_the_answer_is_one_json_object_with_its_schema_first() -> None:
    stream = io.StringIO()
    Console(json=True, stdout=stream).answer({"products": ["größe"]}, "human")
    assert json.loads(stream.getvalue()) == {"schema": 1, "products": ["größe"]}
    assert stream.getvalue().startswith('{\n  "schema": 1')


@pytest.mark.parametrize(("human", "printed"), [("text\n\n", "text\n"), ("", "")])
def test_the_answer_for_people_ends_with_one_line_end(human: str, printed: str) -> None:
    stream = io.StringIO()
    Console(stdout=stream).answer({}, human)
    assert stream.getvalue() == printed


def test_a_chatty_console_reports_to_standard_error() -> None:
    stream = io.StringIO()
    Console(verbose=True, stderr=stream, environ={}).reporter().step("a", Outcome.UNCHANGED)
    assert stream.getvalue() == "  = a unchanged\n"


def _stream(encoding: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    written = io.BytesIO()
    return written, io.TextIOWrapper(written, encoding=encoding)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_is_json_in_any_encoding_and_with_any_file_name(encoding: str) -> None:
    written, stream = _stream(encoding)
    Console(json=True, stdout=stream).answer({"path": "/größe/\udcff"}, "")
    assert json.loads(written.getvalue())["path"] == "/größe/\udcff"


def test_letters_that_a_terminal_does_not_know_are_escaped() -> None:
    written, stream = _stream("ascii")
    Console(stdout=stream).answer({}, "größe")
    assert written.getvalue() == rb"gr\xf6\xdfe" + b"\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_an_answer_to_a_full_disk_is_an_error_of_its_own() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        with pytest.raises(UnavailableError, match="cannot write to `standard output`: no space left"):
            Console(stdout=stream).answer({}, "text")
        # What is left in the buffer goes nowhere, or the program could not end in peace.
        stream.flush()


def test_a_reader_that_left_is_not_a_full_disk() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        with pytest.raises(BrokenPipeError):
            Console(stdout=stream).answer({}, "text")
        silence(stream)


def test_progress_that_nobody_reads_stops_no_work() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        reporter = Console(stderr=stream, environ={}).reporter()
        reporter.begin("install", 2)
        reporter.step("afw", Outcome.DONE)


def test_what_a_terminal_would_obey_is_escaped_in_progress() -> None:
    stream = io.StringIO()
    Console(stderr=stream, environ={}).reporter().note("a\x1b]0;b\x07\tc\nd")
    assert stream.getvalue() == "a\\x1b]0;b\\x07\tc\nd\n"
