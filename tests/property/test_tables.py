"""Table files: section 3 of what EUPS 2.2.15 reads."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lsstinstall.core.conditions import parse_condition
from lsstinstall.core.errors import ConfigurationError, FormatError
from lsstinstall.core.statements import join_arguments, split_arguments
from lsstinstall.core.tables import TableFile, parse_table
from lsstinstall.core.variables import ListValue
from tests.property import strategies

if TYPE_CHECKING:
    from lsstinstall.core.sections import Section

SMALL = settings(max_examples=50)


@SMALL
@given(strategies.table_files)
def test_a_table_survives_writing_and_reading(table: TableFile) -> None:
    again = parse_table(table.format(), source="test")
    assert again == table
    assert again.format() == table.format()


@SMALL
@given(strategies.table_files)
def test_a_table_as_we_write_it_has_nothing_to_remark_upon(table: TableFile) -> None:
    assert parse_table(table.format(), source="test").diagnostics == ()


@SMALL
@given(strategies.table_texts)
def test_what_was_read_from_any_text_survives_writing_and_reading(text: str) -> None:
    with suppress(FormatError):
        table = parse_table(text, source="test")
        assert parse_table(table.format(), source="test") == table


def place_of_refusal(text: str) -> tuple[int, int] | None:
    try:
        parse_table(text, source="test")
    except FormatError as error:
        return error.line, error.column
    return None


@SMALL
@given(strategies.table_texts)
def test_a_refused_text_is_refused_at_a_place_that_is_there(text: str) -> None:
    line, column = place_of_refusal(text) or (1, 1)
    assert 1 <= column <= len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[line - 1]) + 1


@SMALL
@given(strategies.table_texts, st.sampled_from(["Linux64", "Darwin"]), strategies.setup_types)
def test_a_table_that_was_read_can_be_asked(text: str, flavor: str, types: frozenset[str]) -> None:
    with suppress(FormatError):
        table = parse_table(text, source="test")
        with suppress(ConfigurationError):
            acting = table.statements(flavor=flavor, types=types)
            assert all(statement.verb.acts for statement in acting)
            assert len(table.dependencies(flavor=flavor, types=types)) <= len(acting)


@SMALL
@given(strategies.table_files, strategies.setup_types)
def test_one_branch_of_each_block_counts(table: TableFile, types: frozenset[str]) -> None:
    def choices(section: Section) -> list[tuple[object, ...]]:
        return [*(branch.statements for branch in section.branches), section.otherwise, ()]

    for section in table.sections:
        chosen = section.chosen(flavor="Linux64", types=types, environ={})
        assert chosen in choices(section)


@SMALL
@given(st.lists(strategies.table_arguments, max_size=5).map(tuple), st.sampled_from([" ", ", "]))
def test_arguments_survive_joining_and_splitting(arguments: tuple[str, ...], separator: str) -> None:
    assert split_arguments(join_arguments(arguments, separator)) == arguments


@SMALL
# An argument that ends with a backslash and mixes quotes of both kinds has no way to be written.
@given(st.lists(st.sampled_from(["a", "b", ",", '"', " ", '\\"', "\\a", "\t", ";", "'", "é"])).map("".join))
@example('A, b"c d"e\\')
@example('"a", "b"')
def test_whatever_was_split_survives_joining_and_splitting(text: str) -> None:
    arguments = split_arguments(text)
    assert split_arguments(join_arguments(arguments)) == arguments


@SMALL
@given(strategies.table_conditions, strategies.setup_types)
def test_a_negation_says_the_opposite(text: str, types: frozenset[str]) -> None:
    def answer(text: str) -> bool:
        return parse_condition(text, source="test").holds(flavor="Linux64", types=types, environ={})

    assert answer(f"!({text})") is not answer(text)


_ELEMENTS = st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=4)
_CURRENT = st.text("abc:", max_size=12)


@SMALL
@given(_ELEMENTS, _CURRENT)
def test_adding_twice_is_adding_once(elements: list[str], current: str) -> None:
    value = ListValue.parse(":".join(elements))
    once = value.before(current)
    assert value.before(once) == once
    assert value.behind(once) == once


@SMALL
@given(_ELEMENTS, _CURRENT)
def test_what_was_added_is_in_the_list_once_and_the_rest_keeps_its_order(
    elements: list[str], current: str
) -> None:
    kept = [one for one in dict.fromkeys(current.split(":")) if one and one not in elements]
    value = ListValue.parse(":".join(elements))
    for result in (value.before(current).split(":"), value.behind(current).split(":")):
        assert len(result) == len(set(result))
        assert [one for one in result if one not in elements] == kept
        assert set(elements) <= set(result)


@SMALL
@given(_ELEMENTS, _CURRENT)
def test_what_was_added_can_be_taken_away(elements: list[str], current: str) -> None:
    value = ListValue.parse(":".join(elements))
    without = value.removed_from(current)
    assert value.removed_from(value.before(current)) == without
    assert not set(elements) & set(without.split(":"))
