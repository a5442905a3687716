from __future__ import annotations

import pytest

from lsstinstall.commands.columns import format_columns, wrap_words


def test_columns_are_as_wide_as_their_widest_entry() -> None:
    assert format_columns(("A", "LONG"), [("wide entry", "x"), ("y", "z")]) == (
        "A           LONG\nwide entry  x\ny           z\n"
    )


def test_what_is_absent_is_a_dash() -> None:
    assert format_columns(("A", "B"), [(None, "x"), ("", "y")]) == "A  B\n-  x\n-  y\n"


def test_numbers_stand_on_the_right() -> None:
    assert format_columns(("NAME", "N"), [("a", 1), ("b", 100)]) == "NAME    N\na       1\nb     100\n"


def test_without_rows_there_is_only_the_header() -> None:
    assert format_columns(("A", "B"), []) == "A  B\n"


ROWS = [("product", "afw g1234+5", "an unkept tag's product, of a week-old release"), ("cache", "x", "old")]


def test_a_table_that_fits_is_no_other() -> None:
    header = ("kind", "name", "why")
    assert format_columns(header, ROWS, width=100) == format_columns(header, ROWS)


def test_the_last_column_goes_on_in_the_next_line() -> None:
    assert format_columns(("kind", "name", "why"), ROWS, width=42).splitlines() == [
        "kind     name         why",
        "product  afw g1234+5  an unkept tag's",
        "                      product, of a",
        "                      week-old release",
        "cache    x            old",
    ]


def test_without_room_a_row_is_a_paragraph() -> None:
    assert format_columns(("kind", "name", "why"), ROWS, width=30).splitlines() == [
        "kind  name  why",
        "product  afw g1234+5  an",
        "    unkept tag's product, of a",
        "    week-old release",
        "cache  x  old",
    ]


@pytest.mark.parametrize("width", range(5, 80))
def test_no_word_is_cut_however_narrow_the_terminal(width: int) -> None:
    text = format_columns(("kind", "name", "why"), ROWS, width=width)
    assert text.split() == format_columns(("kind", "name", "why"), ROWS).split()
    assert all(len(line) <= max(width, 4 + len("week-old")) for line in text.splitlines())
    assert " ".join(wrap_words("one two-three four", width=width)).split() == ["one", "two-three", "four"]
