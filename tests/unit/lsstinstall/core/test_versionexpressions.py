from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.versionexpressions import (
    Joint,
    Relation,
    VersionExpression,
    VersionTerm,
    is_version_expression,
)
from lsstinstall.core.versions import parse_eups_version

# A condition, a version, and whether EUPS 2.2.15 takes the one for the other.
MATCHES = [
    ("1.2", "1.2", True),
    ("1.2", "1_2", True),
    ("1.2", "1.3", False),
    ("== 1.2", "1.2", True),
    (">= 1.2", "1.2", True),
    (">=1.2", "1.10", True),
    (">= 1.2", "1.1", False),
    ("> 1.2", "1.2", False),
    ("> 1.2", "1.2+1", True),
    ("< 1.2", "1.2-rc1", True),
    ("<= 1.2", "1.2", True),
    ("<= 1.2", "1.3", False),
    (">= 1.2 && < 2", "1.9", True),
    (">= 1.2 && < 2", "2", False),
    (">= 1.2 and < 2", "1.1", False),
    ("1.2 || 1.4", "1.4", True),
    ("1.2||1.4", "1.2", True),
    ("1.2 or 1.4", "1.3", False),
    ("1.2 || 1.4 || 1.6", "1.6", True),
    ("< 1 || > 2 && < 3", "2.5", True),
    ("> 2 && < 3 || 1", "1", False),
    ("> 2 && < 1 || 3", "3", True),
    (">= ga1b2c3d4e5", "gb1b2c3d4e5", False),
    ("<= ga1b2c3d4e5", "gb1b2c3d4e5", False),
    (">= ga1b2c3d4e5", "ga1b2c3d4e5", True),
    (">= ga1b2c3d4e5+111", "ga1b2c3d4e5+222", True),
    (">= ga1b2c3d4e5 || 1.2", "gb1b2c3d4e5", False),
    ("gb1b2c3d4e5 || ga1b2c3d4e5", "gb1b2c3d4e5", False),
]


@pytest.mark.parametrize(("condition", "version", "matches"), MATCHES)
def test_a_condition_matches_what_eups_matches(condition: str, version: str, *, matches: bool) -> None:
    assert VersionExpression.parse(condition).matches(parse_eups_version(version)) is matches


def test_a_condition_is_read_into_its_terms() -> None:
    expression = VersionExpression.parse(">= 1.2 and <2 || 3.1")
    assert expression.first == VersionTerm(relation=Relation.AT_LEAST, version=parse_eups_version("1.2"))
    assert expression.rest == (
        (Joint.AND, VersionTerm(relation=Relation.LESS, version=parse_eups_version("2"))),
        (Joint.OR, VersionTerm(relation=Relation.EQUAL, version=parse_eups_version("3.1"))),
    )


def test_a_condition_is_written_in_one_way() -> None:
    assert str(VersionExpression.parse("  >=1.2   and <2 || 3.1 ")) == ">= 1.2 && < 2 || == 3.1"


def test_two_commits_have_no_order() -> None:
    term = VersionTerm(relation=Relation.LESS, version=parse_eups_version("ga1b2c3d4e5"))
    assert term.holds(parse_eups_version("gb1b2c3d4e5")) is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "a version is missing in the condition ``", ">= 1.2 && < 2"),
        ("   ", "a version is missing in the condition `   `", ">= 1.2 && < 2"),
        (">=", "a version is missing in the condition `>=`", ">= 1.2 && < 2"),
        ("1.2 &&", "a version is missing in the condition `1.2 &&`", ">= 1.2 && < 2"),
        ("|| 1.2", "a version is missing in the condition `|| 1.2`", ">= 1.2 && < 2"),
        (">= && 1.2", "a version is missing in the condition `>= && 1.2`", ">= 1.2 && < 2"),
        ("1.2 1.4", "`1.4` stands where `&&` or `||` is expected in `1.2 1.4`", "join comparisons"),
        ("= 1.2", "`=` is not an EUPS version in the condition `= 1.2`", "the operators are"),
        ("!= 1.2", "`!=` is not an EUPS version in the condition `!= 1.2`", "the operators are"),
        (">= 1.2&& < 2", "`1.2&&` is not an EUPS version in the condition `>= 1.2&& < 2`", "put blanks"),
        ("(1.2)", "`(1.2)` is not an EUPS version in the condition `(1.2)`", ">= 1.2 && < 2"),
    ],
)
def test_a_condition_that_eups_would_misread_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        VersionExpression.parse(text)
    assert str(caught.value) == message
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "is_expression"),
    [("1.2", False), (">= 1.2", True), ("<2", True), ("== 3", True), ("1.2 || 1.4", False), ("= 3", False)],
)
def test_a_condition_is_told_from_a_version_as_eups_does(text: str, *, is_expression: bool) -> None:
    assert is_version_expression(text) is is_expression


def test_a_condition_of_a_megabyte_is_read_in_a_moment() -> None:
    expression = VersionExpression.parse(" && ".join(["1"] * 50_000))
    assert len(expression.rest) == 49_999
