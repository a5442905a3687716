from __future__ import annotations

import io
import json
import logging

import pytest

from lsstinstall.adapters.streams import (
    color_wanted,
    hide_secrets,
    is_terminal,
    printable,
    write_json,
)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({}, True),
    ],
)
def test_color_depends_on_the_terminal(environ: dict[str, str], *, wanted: bool) -> None:
    assert color_wanted(_Terminal(), environ) is wanted
    assert color_wanted(io.StringIO(), environ) is False


def test_without_color_a_terminal_is_a_terminal() -> None:
    assert is_terminal(_Terminal(), {"NO_COLOR": "1"}) is True
    assert is_terminal(_Terminal(), {"TERM": "dumb"}) is False
    assert is_terminal(io.StringIO(), {}) is False


def test_no_line_shows_a_password() -> None:
    assert printable("from <https://me:s3cret@h/x>") == "from <https://me:***@h/x>"
    stream = io.StringIO()
    write_json(stream, {"root": "https://me:s3cret@h/x", "more": ["https://h", "a:b@c"]})
    assert json.loads(stream.getvalue()) == {
        "schema": 1,
        "root": "https://me:***@h/x",
        "more": ["https://h", "a:b@c"],
    }


def test_no_line_of_the_log_shows_a_password() -> None:
    record = logging.LogRecord("web", logging.DEBUG, "web.py", 1, "GET <%s>", ("https://h/t/tk/x",), None)
    assert hide_secrets(record)
    assert record.getMessage() == "GET <https://h/t/***/x>"
