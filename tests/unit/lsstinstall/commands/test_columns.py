from __future__ import annotations

from lsstinstall.commands.columns import format_columns


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
