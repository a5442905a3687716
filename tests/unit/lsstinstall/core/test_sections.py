from __future__ import annotations

import pytest

from lsstinstall.core.conditions import ALWAYS, parse_condition
from lsstinstall.core.sections import Branch, Diagnostic, Section, SectionBuilder
from lsstinstall.core.statements import Statement, Verb

LINUX = parse_condition("FLAVOR =~ Linux", source="a.table")
EXACT = parse_condition("type == exact", source="a.table")


def does(text: str) -> Statement:
    return Statement(verb=Verb.PRINT, arguments=(text,))


def remark(text: str) -> Statement:
    return Statement(verb=Verb.COMMENT, arguments=(text,))


def chosen(section: Section, *, flavor: str = "Linux64", types: tuple[str, ...] = ("exact",)) -> list[str]:
    statements = section.chosen(flavor=flavor, types=types, environ={})
    return [statement.arguments[0] for statement in statements]


BOTH = Section(
    branches=(
        Branch(condition=LINUX, statements=(does("one"),)),
        Branch(condition=EXACT, statements=(does("two"), remark("but"))),
    ),
    otherwise=(does("three"),),
)


def test_the_first_branch_that_holds_is_taken() -> None:
    assert chosen(BOTH) == ["one"]
    assert chosen(BOTH, flavor="Darwin") == ["two", "but"]
    assert chosen(BOTH, flavor="Darwin", types=()) == ["three"]


def test_nothing_is_done_if_no_branch_holds() -> None:
    assert chosen(Section(branches=BOTH.branches), flavor="Darwin", types=()) == []


def test_only_a_section_without_if_is_unconditional() -> None:
    always = Branch(condition=ALWAYS, statements=(does("one"),))
    assert Section(branches=(always,)).unconditional
    assert not Section(branches=(always,), otherwise=(does("two"),)).unconditional
    assert not Section(branches=(always, always)).unconditional
    assert not BOTH.unconditional


def test_a_section_is_written_as_blocks() -> None:
    assert list(BOTH.lines()) == [
        "if (FLAVOR =~ Linux) {",
        "   print(one)",
        "} else if (type == exact) {",
        "   print(two)",
        "   #but",
        "} else {",
        "   print(three)",
        "}",
    ]


def test_what_is_unconditional_is_written_without_a_block() -> None:
    section = Section(branches=(Branch(condition=ALWAYS, statements=(does("one"), remark(" why"))),))
    assert list(section.lines()) == ["print(one)", "# why"]


def test_a_block_without_else_ends_with_its_brace() -> None:
    section = Section(branches=(Branch(condition=EXACT, statements=(does("one"),)),))
    assert list(section.lines()) == ["if (type == exact) {", "   print(one)", "}"]


def test_a_diagnostic_begins_with_its_place() -> None:
    assert str(Diagnostic(source="a.table", line=3, message="odd")) == "a.table:3: odd"


@pytest.fixture
def builder() -> SectionBuilder:
    return SectionBuilder("a.table")


def test_blocks_are_built_from_their_edges(builder: SectionBuilder) -> None:
    builder.open(LINUX, 1)
    builder.add(does("one"))
    builder.open_other(EXACT, 3)
    builder.add(does("two"))
    builder.add(remark("but"))
    builder.open_else(6)
    builder.add(does("three"))
    builder.close(8)
    builder.end(8)
    assert (builder.sections, builder.diagnostics) == ([BOTH], [])


def test_what_follows_without_a_block_is_one_section(builder: SectionBuilder) -> None:
    for statement in (remark("a"), does("b")):
        builder.add(statement)
    builder.end(2)
    assert builder.sections == [
        Section(branches=(Branch(condition=ALWAYS, statements=(remark("a"), does("b"))),))
    ]


def test_remarks_before_and_after_blocks_are_kept(builder: SectionBuilder) -> None:
    builder.add(remark("before"))
    builder.open(EXACT, 2)
    builder.add(does("it"))
    builder.close(4)
    builder.add(remark("after"))
    builder.end(5)
    assert [section.unconditional for section in builder.sections] == [True, False, True]


def test_an_empty_file_has_no_sections(builder: SectionBuilder) -> None:
    builder.end(0)
    assert (builder.sections, builder.diagnostics) == ([], [])
