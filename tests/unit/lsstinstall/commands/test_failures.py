from __future__ import annotations

import io
import json

import pytest

from lsstinstall.adapters.console import Console
from lsstinstall.commands.failures import end_with
from lsstinstall.core.errors import NotFoundError

_PROBLEM = NotFoundError("no `afw`", hint="look again")


def test_what_ended_well_is_answered() -> None:
    stream = io.StringIO()
    assert end_with(Console(stdout=stream), {"a": 1}, "all is well", None) == 0
    assert stream.getvalue() == "all is well\n"


def test_people_get_the_answer_and_then_the_error() -> None:
    stream = io.StringIO()
    with pytest.raises(NotFoundError):
        end_with(Console(stdout=stream), {"a": 1}, "half is well", _PROBLEM)
    assert stream.getvalue() == "half is well\n"


@pytest.mark.parametrize(("events", "told"), [(False, []), (True, ["error"])])
def test_programs_get_the_error_in_the_answer_and_among_events(*, events: bool, told: list[str]) -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    console = Console(json=True, events=events, stdout=stdout, stderr=stderr)
    assert end_with(console, {"a": 1}, "", _PROBLEM) == 3
    error = {"code": 3, "message": "no `afw`", "hint": "look again"}
    assert json.loads(stdout.getvalue()) == {"schema": 1, "a": 1, "error": error}
    assert [json.loads(line)["event"] for line in stderr.getvalue().splitlines()] == told
