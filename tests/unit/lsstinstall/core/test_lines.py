from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.lines import Line, numbered_lines, refuse_partial_last_line
from lsstinstall.core.names import parse_product_name


def texts(text: str) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in numbered_lines(text, source="a")]


def test_both_kinds_of_line_ends_are_taken_off() -> None:
    assert texts("one\r\ntwo\n\nfour") == [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def test_a_final_line_end_opens_no_line() -> None:
    assert texts("one\n") == [(1, "one")]
    assert texts("") == []


def test_only_line_feeds_end_a_line() -> None:
    assert texts("a\x0bb\u2028c\x85d\re\n") == [(1, "a\x0bb\u2028c\x85d\re")]


@pytest.mark.parametrize(("field", "column"), [(0, 3), (1, 8), (2, 12), (9, 12)])
def test_a_column_is_that_of_the_field_or_behind_the_last(field: int, column: int) -> None:
    assert Line(1, "  afw  g123  ", "a").column_of(field) == column


def test_a_refused_field_is_pointed_at() -> None:
    with pytest.raises(FormatError) as error:
        Line(4, "good b-d", "x.list").read(parse_product_name, "b-d", field=1)
    assert str(error.value) == "x.list:4:6: `b-d` is not a product name"
    assert error.value.hint == "expected ASCII letters, digits and `_`"
    assert error.value.excerpt == "good b-d\n     ^"


def test_a_refused_part_is_pointed_at() -> None:
    with pytest.raises(FormatError, match=r"x\.list:4:7: `b-d` is not a product name"):
        Line(4, "#NAME=b-d", "x.list").read_at(parse_product_name, "b-d", column=7)


def test_a_field_that_is_fine_becomes_its_value() -> None:
    assert Line(1, "afw", "a").read(parse_product_name, "afw", field=0) == "afw"
    assert Line(1, "afw", "a").read_at(parse_product_name, "afw", column=1) == "afw"


def test_a_text_that_ends_with_its_line_is_whole() -> None:
    refuse_partial_last_line("one\ntwo\n", source="a")


def test_an_empty_text_was_cut() -> None:
    with pytest.raises(FormatError, match=r"a:1:1: the file is empty"):
        refuse_partial_last_line("", source="a")


def test_a_text_without_its_last_line_end_was_cut() -> None:
    with pytest.raises(FormatError, match=r"a:2:3: the file ends in the middle of a line"):
        refuse_partial_last_line("one\ntw", source="a")


def test_a_pattern_that_is_fine_is_compiled() -> None:
    assert Line(1, "a+", "a").read_pattern("a+", column=1).pattern == "a+"


def test_a_broken_pattern_is_pointed_at() -> None:
    with pytest.raises(FormatError, match=r"a:3:6: `a\(b` is not a regular expression: missing \)"):
        Line(3, "  x a(b", "a").read_pattern("a(b", column=5)
