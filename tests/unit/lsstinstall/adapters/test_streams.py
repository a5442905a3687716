from __future__ import annotations

import io

import pytest

from lsstinstall.adapters.streams import color_wanted, is_terminal


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
