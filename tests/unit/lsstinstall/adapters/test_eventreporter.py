from __future__ import annotations

import io
import json
import logging
import os
from datetime import UTC, datetime

from lsstinstall.adapters.eventreporter import EventHandler, EventReporter
from lsstinstall.core.reporting import Outcome

_NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
_COMMON = {"schema": 1, "time": "2026-10-12T12:00:00.000Z"}


def _events(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_thing_that_is_told_is_an_object_on_a_line() -> None:
    stream = io.StringIO()
    reporter = EventReporter(stream, clock=lambda: 1.0, now=lambda: _NOON)
    reporter.begin("products", 2, size_bytes=1000)
    reporter.step("afw", Outcome.DONE, seconds=1.23456, detail="kept")
    reporter.advance(10)
    reporter.note("a\nnote")
    reporter.warn("slow", hint="wait")
    reporter.end()
    reporter.end()
    reporter.step("stray", Outcome.SKIPPED)
    reporter.tell("plan", {"products": []})
    reporter.close()
    assert _events(stream) == [
        {**_COMMON, "event": "begin", "work": "products", "total": 2, "bytes": 1000},
        {
            **_COMMON,
            "event": "step",
            "work": "products",
            "name": "afw",
            "outcome": "done",
            "seconds": 1.235,
            "detail": "kept",
        },
        {**_COMMON, "event": "note", "text": "a\nnote"},
        {**_COMMON, "event": "warning", "text": "slow", "hint": "wait"},
        {**_COMMON, "event": "end", "work": "products", "seconds": 0.0},
        {
            **_COMMON,
            "event": "step",
            "work": None,
            "name": "stray",
            "outcome": "skipped",
            "seconds": None,
            "detail": None,
        },
        {**_COMMON, "event": "plan", "products": []},
    ]


def test_how_far_it_has_come_is_told_once_a_second() -> None:
    stream, seconds = io.StringIO(), [0.0]
    reporter = EventReporter(stream, clock=lambda: seconds[0], now=lambda: _NOON)
    reporter.begin("finding", None)
    seconds[0] = 1.0
    reporter.step("afw", Outcome.DONE)
    reporter.end()
    reporter.begin("products", None, size_bytes=1000)
    for _ in range(36):
        seconds[0] += 0.1
        reporter.advance(10)
    told = [event for event in _events(stream) if event["event"] == "progress"]
    assert [event["bytes"] for event in told] == [0, 100, 200, 300]
    assert told[0]["fraction"] is None
    assert told[-1] == {
        **_COMMON,
        "event": "progress",
        "work": "products",
        "count": 0,
        "total": None,
        "bytes": 300,
        "total_bytes": 1000,
        "fraction": 0.3,
        "seconds_left": 7.0,
    }


def test_a_log_record_is_an_event() -> None:
    stream = io.StringIO()
    EventHandler(stream).emit(logging.LogRecord("a.b", logging.WARNING, "f", 1, "no %s", ("way",), None))
    (event,) = _events(stream)
    assert (event["event"], event["level"], event["logger"], event["text"]) == (
        "log",
        "warning",
        "a.b",
        "no way",
    )


def test_events_that_nobody_reads_stop_no_work() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        reporter = EventReporter(stream)
        reporter.note("one")
        reporter.note("two")
