from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.tablelines import TableLine, table_lines


def lines(text: str) -> list[TableLine]:
    return list(table_lines(text, source="a.table"))


def texts(text: str) -> list[str]:
    return [line.text for line in lines(text)]


def test_a_line_knows_its_place_and_what_was_taken_off() -> None:
    assert lines("\n  envSet(A, 1) # why\n") == [
        TableLine(text="envSet(A, 1) ", comment=" why", number=2, indent=2, excerpt="  envSet(A, 1) # why")
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(end: str) -> None:
    found = lines(f"a{end}{end}b")
    assert [(line.number, line.text) for line in found] == [(1, "a"), (3, "b")]


def test_a_comment_begins_at_the_first_mark_even_within_quotes() -> None:
    (line,) = lines('print("a # b")')
    assert (line.text, line.comment) == ('print("a ', ' b")')


def test_a_line_of_comment_has_no_text() -> None:
    assert [(line.text, line.comment) for line in lines("  # one\n#")] == [("", " one"), ("", "")]


def test_blank_lines_are_left_out() -> None:
    assert lines(" \n\t\n\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("${PROD_DIR}", "${PRODUCT_DIR}"),
        ("${UPS_PROD_DIR}", "${PRODUCT_DIR}"),
        ("${UPS_PROD_FLAVOR}", "${PRODUCT_FLAVOR}"),
        ("${UPS_PROD_NAME}", "${PRODUCT_NAME}"),
        ("${UPS_PROD_VERSION}", "${PRODUCT_VERSION}"),
        ("${UPS_DB}", "${PRODUCTS}"),
        ("${UPS_UPS_DIR}", "${UPS_DIR}"),
        ("${UPS_DIR}", "${UPS_DIR}"),
    ],
)
def test_old_names_of_variables_become_new_ones(old: str, new: str) -> None:
    assert texts(f"envSet(A, {old}/b)") == [f"envSet(A, {new}/b)"]


def test_old_names_in_a_comment_are_left_alone() -> None:
    assert lines("a # ${PROD_DIR}")[0].comment == " ${PROD_DIR}"


OLD_GROUP = """\
File = Table
Product = afw
Group:
  Flavor = Linux64
  Flavor=DarwinX86
  Qualifiers = ""
  Common:
    Action = setup
      envSet(A, 1)
End:
Group:
  Flavor=ANY
  Common:
    envSet(B, 2)
End:
envSet(C, 3)
"""


def test_old_groups_become_conditions() -> None:
    assert texts(OLD_GROUP) == [
        "if (FLAVOR == Linux64 || FLAVOR == DarwinX86) {",
        "envSet(A, 1)",
        "}",
        "if (FLAVOR =~ .*) {",
        "envSet(B, 2)",
        "}",
        "envSet(C, 3)",
    ]


def test_a_condition_made_of_a_group_stands_where_the_group_said_common() -> None:
    assert [line.number for line in lines(OLD_GROUP)] == [7, 9, 10, 13, 14, 15, 16]


def test_old_words_may_be_written_in_any_case() -> None:
    assert texts("GROUP:\nFLAVOR=Linux64\ncommon:\nenvSet(A, 1)\nend: \n") == [
        "if (FLAVOR == Linux64) {",
        "envSet(A, 1)",
        "}",
    ]


def test_old_sections_become_conditions() -> None:
    text = """\
envSet(A, 0)
Flavor=Linux64
Flavor=Linux+2.2
# both
Qualifiers="build"
envSet(A, 1)
envSet(B, 1)
Flavor=Darwin
envSet(A, 2)
"""
    assert texts(text) == [
        "envSet(A, 0)",
        "",
        "if (FLAVOR == Linux64 || FLAVOR == Linux+2.2) {",
        "envSet(A, 1)",
        "envSet(B, 1)",
        "}",
        "if (FLAVOR == Darwin) {",
        "envSet(A, 2)",
        "}",
    ]


def test_a_section_without_lines_ends_with_the_file() -> None:
    assert texts("Flavor=Linux64\n") == ["}"]


@pytest.mark.parametrize(
    "line",
    [
        "Product = afw",  # counts only after `File = Table`
        "Flavor = ",
        "Action = ",
        "Qualifiers = build",
        "File = ",
        "File = ${X}=version",
        "Common:",
        "End:",
        "Group: afw",
        "Flavors=Linux64",
    ],
)
def test_what_only_resembles_an_old_form_is_a_line_like_others(line: str) -> None:
    assert texts(line) == [line]


def test_a_flavor_that_names_none_is_left_in_its_group() -> None:
    assert texts("Group:\nFlavor=\nFlavor=Linux64\nCommon:\nEnd:") == [
        "Flavor=",
        "if (FLAVOR == Linux64) {",
        "}",
    ]


@pytest.mark.parametrize("action", ["setup", "SETUP", "setup_all", "unsetup"])
def test_actions_about_setting_up_are_left_out(action: str) -> None:
    assert texts(f"Action = {action}") == []


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("  File = Version", 10, "expected a table file, got `Version`"),
        ("file=chain", 6, "expected a table file, got `chain`"),
        ("Action =   configure", 12, "expected the action `setup`, got `configure`"),
    ],
)
def test_other_files_and_actions_are_refused_with_their_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        lines(f"envSet(A, 1)\n{line}\n")
    error = caught.value
    assert (error.source, error.line, error.column, error.problem) == ("a.table", 2, column, problem)
