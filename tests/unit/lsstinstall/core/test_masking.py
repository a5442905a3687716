from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, ToolkitError
from lsstinstall.core.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<https://me:secret@h/x>", "<https://me:***@h/x>"),
        ("https://:secret@h/x", "https://:***@h/x"),
        ("https://key@h/x", "https://***@h/x"),
        ("https://me:p@ss@h/x", "https://me:***@h/x"),
        ("https://k@y@h/x", "https://***@h/x"),
        ("<https://me:secret@h>,<a@b>", "<https://me:***@h>,<a@b>"),
        (
            "cannot fetch <http://h:80/t/tk-1-a/forge/linux-64>: 403",
            "cannot fetch <http://h:80/t/***/forge/linux-64>: 403",
        ),
        ("https://me:secret@h/t/tk/x", "https://me:***@h/t/***/x"),
        ("https://h/t/tk", "https://h/t/***"),
        ('http://h:80 "GET /t/tk/x HTTP/1.1" 200', 'http://h:80 "GET /t/***/x HTTP/1.1" 200'),
        ("two: https://a:b@c https://d:e@f", "two: https://a:***@c https://d:***@f"),
        ("mail me@example.org", "mail me@example.org"),
        ("https://h/x@1.0/t", "https://h/x@1.0/t"),
        ("the folder /home/t/abc/x and /t/abc", "the folder /home/t/abc/x and /t/abc"),
        ("file:///t/abc/x", "file:///t/abc/x"),
        ("https://h/at/t/abc", "https://h/at/t/abc"),
    ],
)
def test_secrets_in_addresses_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_no_error_shows_a_secret() -> None:
    error = ToolkitError("no <https://me:secret@h/x>", hint="try <https://h/t/tk/y>")
    assert str(error) == "no <https://me:***@h/x>"
    assert error.hint == "try <https://h/t/***/y>"
    wrong = FormatError("bad", source="https://me:secret@h/x", text='x = "https://a:b@c"')
    assert str(wrong) == "https://me:***@h/x:1:1: bad"
    assert wrong.source == "https://me:***@h/x"
    assert wrong.text == 'x = "https://a:***@c"'
