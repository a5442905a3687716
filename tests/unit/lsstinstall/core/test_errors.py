from __future__ import annotations

import pytest

from lsstinstall.core.errors import (
    CorruptError,
    ExitCode,
    FormatError,
    NotFoundError,
    ProblemsError,
    ToolkitError,
    shown,
)


def test_an_error_carries_its_way_out_and_its_exit_code() -> None:
    error = NotFoundError("no tag `w_2026_47`", hint="the nearest is `w_2026_46`")
    assert (str(error), error.hint, error.code) == (
        "no tag `w_2026_47`",
        "the nearest is `w_2026_46`",
        ExitCode.NOT_FOUND,
    )


def test_a_format_error_names_file_line_and_column() -> None:
    error = FormatError("expected a digit", source="a.list", line=3, column=7)
    assert str(error) == "a.list:3:7: expected a digit"
    assert error.code is ExitCode.CORRUPT


def test_a_format_error_points_under_the_offending_part() -> None:
    error = FormatError("expected a digit", source="a.list", column=3, text="a\tx\n")
    assert error.excerpt == "a x\n  ^"


def test_a_format_error_without_its_line_has_no_excerpt() -> None:
    assert FormatError("too short", source="a.list").excerpt is None


def test_of_a_very_long_line_only_the_surroundings_are_shown() -> None:
    error = FormatError("expected a digit", source="a.list", column=5001, text="a" * 5000 + "x" + "b" * 5000)
    assert error.excerpt == "..." + "a" * 60 + "x" + "b" * 39 + "..." + "\n" + " " * 63 + "^"


def test_an_excerpt_holds_nothing_that_a_terminal_obeys() -> None:
    error = FormatError("expected a digit", source="a.list", column=3, text="a\x1bx\x00\r")
    assert (
        error.excerpt == "a\N{REPLACEMENT CHARACTER}x\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\n  ^"
    )


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("afw", "afw"),
        ("a\nb\x1b[31m", r"a\nb\x1b[31m"),
        ("\N{FULLWIDTH DIGIT ONE}\udcff", r"\uff11\udcff"),
        ("a" * 81, "a" * 80 + "..."),
    ],
)
def test_a_wrong_text_is_made_fit_to_be_shown(text: str, fit: str) -> None:
    assert shown(text) == fit


@pytest.mark.parametrize(
    ("problems", "code"),
    [
        ([CorruptError("a"), CorruptError("b")], ExitCode.CORRUPT),
        ([CorruptError("a"), NotFoundError("b")], ExitCode.FAILED),
    ],
)
def test_problems_share_their_exit_code_or_just_fail(problems: list[ToolkitError], code: ExitCode) -> None:
    assert ProblemsError("cannot go on", problems).code is code


@pytest.mark.parametrize(("count", "text"), [(1, "bad (1 problem)"), (2, "bad (2 problems)")])
def test_problems_are_counted(count: int, text: str) -> None:
    assert str(ProblemsError("bad", [CorruptError("x")] * count)) == text
