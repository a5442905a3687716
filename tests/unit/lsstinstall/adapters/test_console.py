from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from lsstinstall.adapters.barreporter import BarReporter
from lsstinstall.adapters.console import Console
from lsstinstall.adapters.eventreporter import EventReporter
from lsstinstall.adapters.linereporter import LineReporter, QuietReporter
from lsstinstall.adapters.streams import silence
from lsstinstall.core.errors import UnavailableError
from lsstinstall.core.reporting import Outcome


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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


@pytest.mark.parametrize(
    ("console", "kind"),
    [
        (Console(stderr=io.StringIO(), environ={}), LineReporter),
        (Console(stderr=_Terminal(), environ={"TERM": "dumb"}), LineReporter),
        (Console(stderr=_Terminal(), environ={"TERM": "xterm"}), BarReporter),
        (Console(stderr=_Terminal(), environ={"NO_COLOR": "1"}), BarReporter),
        (Console(stderr=_Terminal(), environ={}, verbose=True), LineReporter),
        (Console(stderr=_Terminal(), environ={}, quiet=True), QuietReporter),
        (Console(stderr=_Terminal(), environ={}, events=True), EventReporter),
    ],
)
def test_who_listens_depends_on_the_terminal_and_on_what_was_asked_for(
    console: Console, kind: type[object]
) -> None:
    assert type(console.reporter()) is kind


def test_at_the_end_nothing_is_left_drawn() -> None:
    stream = _Terminal()
    console = Console(stderr=stream, environ={"TERM": "xterm"})
    console.reporter().begin("install", 1)
    console.close()
    stream.write("error: broken\n")
    assert stream.getvalue().endswith("\x1b[2Kerror: broken\n")


def test_an_event_of_its_own_kind_is_told_only_among_events() -> None:
    stream = io.StringIO()
    Console(stderr=stream).tell("plan", {"products": []})
    assert stream.getvalue() == ""
    Console(stderr=stream, events=True).tell("plan", {"products": []})
    assert json.loads(stream.getvalue())["event"] == "plan"
