from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import parse_subdir
from rubin_releng.core.selectors import platform_names, select_lines, selector_names


def _holds(selector: str, platform: str = "linux-64") -> bool:
    names = {**platform_names(parse_subdir(platform)), "py": 313, "cxx_compiler": "gxx"}
    return select_lines(f"- a  # [{selector}]", names, source="meta.yaml") == "- a\n"


@pytest.mark.parametrize(
    "selector",
    [
        "linux", "unix", "linux64", "x86", "x86_64", "not osx", "linux and not aarch64", "osx or linux",
        "(win or linux) and py >= 313", "py > 38", "py < 314", "py <= 313", "300 < py < 320", "py == 313",
        "target_platform == 'linux-64'", 'target_platform != "osx-64"', "target_platform.startswith('linux')",
        "target_platform.endswith('64')", "cxx_compiler in ('gxx')", "cxx_compiler not in 'clang'",
        "build_platform == target_platform", "cxx_compiler >= 'a'", "1", "True",
        "linux-arm64",
    ],
)  # fmt: skip
def test_a_line_is_taken_where_its_selector_holds(selector: str) -> None:
    assert _holds(selector)


@pytest.mark.parametrize(
    ("selector", "platform"),
    [
        ("linux", "osx-arm64"), ("x86", "osx-arm64"), ("arm64", "osx-64"), ("linux64", "linux-aarch64"),
        ("unix", "win-64"), ("not linux", "linux-64"), ("cuda == '12'", "linux-64"), ("not cuda", "linux-64"),
        ("osx-arm64", "osx-arm64"), ("not osx-arm64", "osx-64"),
    ],
)  # fmt: skip
def test_a_line_goes_where_its_selector_does_not_hold_or_names_the_unknown(
    selector: str, platform: str
) -> None:
    assert not _holds(selector, platform)


@pytest.mark.parametrize(
    "selector",
    [
        "linux and", "py >= '38'", "py + 1", "py.startswith('3')", "target_platform.upper('x')", "py in 313",
        "py - 'a'",
        "linux if osx else win", "b''", "__import__('os')", "py is 313",
    ],
)  # fmt: skip
def test_a_selector_that_cannot_be_understood_is_told_with_its_place(selector: str) -> None:
    if selector.startswith("__"):
        assert not _holds(selector)
        return
    with pytest.raises(FormatError, match=r"meta.yaml:1:9: the selector `.*` cannot be understood"):
        _holds(selector)


def test_lines_keep_their_numbers_and_comments_are_no_selectors() -> None:
    text = "a: 1  # [osx]\n# old  # [osx]\nb: 2  # see [1] (there)\nc: 3  # why [linux] so\nd: [x]\n"
    names = platform_names(parse_subdir("linux-64"))
    assert (
        select_lines(text, names, source="x") == "\n# old  # [osx]\nb: 2  # see [1] (there)\nc: 3\nd: [x]\n"
    )


def test_names_in_selectors_are_listed() -> None:
    assert selector_names("a  # [linux and py >= 38]\nb\nc # [x == 'y']") == {
        "linux", "and", "py", "x", "y",
    }  # fmt: skip
