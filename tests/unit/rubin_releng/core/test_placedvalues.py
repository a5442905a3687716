from __future__ import annotations

from datetime import date

import pytest

from rubin_releng.core.placedvalues import (
    PlacedDocument,
    PlacedList,
    PlacedMapping,
    PlacedScalar,
    find_duplicate_keys,
)


def scalar(value: str | bool | float | date | None, line: int = 1, column: int = 1) -> PlacedScalar:  # noqa: FBT001
    return PlacedScalar(value=value, line=line, column=column)


SHARED = PlacedMapping(
    entries=((scalar("x", 5, 1), scalar(1)), (scalar("x", 6, 3), scalar(2))), line=5, column=1
)
DOCUMENT = PlacedDocument(
    root=PlacedMapping(
        entries=(
            (scalar("a", 1, 1), SHARED),
            (scalar("b", 2, 1), PlacedList(items=(SHARED, scalar("c")), line=2, column=4)),
            (scalar("a", 3, 1), scalar(None)),
        ),
        line=1,
        column=1,
    ),
    source="a.yaml",
    lines=("a: ...",),
)


def test_values_can_be_had_without_their_places() -> None:
    assert DOCUMENT.root.plain() == {"a": None, "b": [{"x": 2}, "c"]}


def test_repeated_keys_are_found_at_any_depth_and_once() -> None:
    assert [str(problem) for problem in find_duplicate_keys(DOCUMENT)] == [
        "a.yaml:3:1: key `a` stands in line 1, column 1 already",
        "a.yaml:6:3: key `x` stands in line 5, column 1 already",
    ]


def test_an_error_shows_its_line_if_there_is_one() -> None:
    assert DOCUMENT.error(scalar("x", 1, 4), "bad").excerpt == "a: ...\n   ^"
    assert DOCUMENT.error(scalar("x", 9, 1), "bad").excerpt is None


@pytest.mark.parametrize(
    ("value", "description"),
    [
        (scalar("x"), "the text `x`"),
        (scalar(True), "the truth value `True`"),
        (scalar(1), "the number `1`"),
        (scalar(1.5), "the number `1.5`"),
        (scalar(date(2026, 11, 22)), "the value `2026-11-22`"),
        (scalar(None), "the value `None`"),
        (PlacedList(items=(), line=1, column=1), "a list"),
        (PlacedMapping(entries=(), line=1, column=1), "a mapping"),
    ],
)
def test_a_value_says_what_kind_it_is(value: PlacedScalar, description: str) -> None:
    assert value.description == description
