from __future__ import annotations

import pytest

from lsstinstall.core.conditions import ALWAYS, Condition, parse_condition
from lsstinstall.core.errors import ConfigurationError, FormatError


def read(text: str) -> Condition:
    return parse_condition(text, source="a.table")


def holds(
    text: str,
    *,
    flavor: str = "Linux64",
    types: tuple[str, ...] = ("exact", "build"),
    environ: dict[str, str] | None = None,
) -> bool:
    return read(text).holds(flavor=flavor, types=types, environ=environ or {})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("FLAVOR == Linux64", True),
        ("flavor == Linux64", True),
        ("FLAVOR == 'Linux64'", True),
        ('FLAVOR == "Darwin"', False),
        ("FLAVOR == linux64", False),
        ("FLAVOR != Darwin", True),
        ("FLAVOR != Linux64", False),
        ("FLAVOR =~ Linux", True),
        ("FLAVOR =~ ux64", True),
        ("FLAVOR =~ .*", True),
        ("FLAVOR =~ Darwin", False),
        ("FLAVOR !~ Darwin", True),
        ("FLAVOR !~ Linux", False),
        ("FLAVOR < Linux65", True),
        ("FLAVOR < Linux64", False),
        ("FLAVOR <= Linux64", True),
        ("FLAVOR > Darwin", True),
        ("FLAVOR > Linux64", False),
        ("FLAVOR >= Linux64", True),
        ("FLAVOR >= Linux65", False),
    ],
)
def test_the_flavor_is_compared_in_every_way(text: str, *, answer: bool) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize(
    ("text", "types", "answer"),
    [
        ("type == exact", ("exact",), True),
        ("type == exact", ("build", "exact"), True),
        ("type == exact", ("build",), False),
        ("type == exact", (), False),
        ("type == build", ("build",), True),
        ("type != exact", ("build",), True),
        ("type != exact", ("exact", "build"), False),
        ("type != exact", (), True),
        ("TYPE == exact", ("exact",), True),
    ],
)
def test_the_type_is_a_list_that_is_asked_for_a_member(
    text: str,
    types: tuple[str, ...],
    *,
    answer: bool,
) -> None:
    assert holds(text, types=types) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 < 2", True),
        ("10 > 9", True),
        ("10 <= 9", False),
        ("2 == 2", True),
        ("2 != 2", False),
        ("True", True),
        ("False", False),
        ("1", True),
        ("0", False),
        ("anything", True),
        ("", False),
    ],
)
def test_numbers_are_numbers_and_a_word_alone_is_true_unless_it_says_no(
    text: str,
    *,
    answer: bool,
) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("type == exact && FLAVOR == Linux64", True),
        ("type == exact and FLAVOR == Darwin", False),
        ("FLAVOR == Darwin || type == build", True),
        ("FLAVOR == Darwin or type == other", False),
        ("type == exact&&FLAVOR == Darwin", False),
        ("! FLAVOR == Darwin", True),
        ("not FLAVOR == Linux64", False),
        ("!(FLAVOR == Linux64)", False),
        ("FLAVOR == Darwin || (type == exact && FLAVOR == Linux64)", True),
        ("(FLAVOR == Darwin || type == other) && type == exact", False),
        ("((FLAVOR == Linux64))", True),
    ],
)
def test_answers_are_joined_negated_and_grouped(text: str, *, answer: bool) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize(
    "text",
    [
        # `and` does not bind closer: the first true term before an `or` settles all.
        "True || False && False",
        "False && True || True",
    ],
)
def test_the_first_term_that_settles_the_answer_ends_the_evaluation(text: str) -> None:
    assert holds(text) is text.startswith("True")


def test_what_is_not_evaluated_may_ask_for_anything() -> None:
    assert holds("True || ${NOT_SET} == 1")
    assert not holds("False && FLAVOR < 1")


@pytest.mark.parametrize(
    ("text", "environ", "answer"),
    [
        ("${SITE} == ncsa", {"SITE": "ncsa"}, True),
        ("${SITE} == ncsa", {"SITE": "slac"}, False),
        ("${COUNT} > 9", {"COUNT": "10"}, True),
        ("${SITE:-slac} == slac", {}, True),
        ("${SITE:-slac} == slac", {"SITE": "ncsa"}, False),
        ("${SITE:-false}", {}, False),
        ("${SITE:-}", {}, False),
        ("${SITE:-false}", {"SITE": "1"}, True),
        ("${SITE}", {"SITE": ""}, False),
        ("FLAVOR =~ ${PATTERN}", {"PATTERN": "^(Linux|Darwin)"}, True),
    ],
)
def test_environment_variables_stand_for_their_values_or_defaults(
    text: str,
    environ: dict[str, str],
    *,
    answer: bool,
) -> None:
    assert holds(text, environ=environ) is answer


def test_a_variable_without_default_must_be_set() -> None:
    with pytest.raises(ConfigurationError, match="variable `SITE`, which is not set") as caught:
        holds("${SITE} == ncsa")
    assert caught.value.hint == "set it, or write `${SITE:-false}`"


@pytest.mark.parametrize(
    "text",
    ["FLAVOR < 12", "12 =~ 12", "1 =~ Linux", "type < exact", "type =~ exact"],
)
def test_only_like_values_have_an_order_or_a_pattern(text: str) -> None:
    with pytest.raises(ConfigurationError, match="what cannot be compared so"):
        holds(text)


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999999999999}", "(" * 3000 + ")" * 3000])
def test_a_pattern_that_is_none_is_reported(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="which is no regular expression"):
        holds("FLAVOR =~ ${PATTERN}", environ={"PATTERN": pattern})


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("FLAVOR == Linux64", ""),
        ("FLAVOR = Linux64", "= Linux64"),
        ("FLAVOR == Linux64 Darwin", "Darwin"),
        ("FLAVOR == Linux64) || True", ") || True"),
        ("FLAVOR =~ .*", "*"),
    ],
)
def test_words_after_the_condition_are_told_and_do_not_count(text: str, unread: str) -> None:
    assert read(text).unread == unread
    assert holds(text)


def test_a_condition_keeps_its_text_without_outer_blanks() -> None:
    assert read("  type  ==  exact ").text == "type  ==  exact"


def test_what_stands_outside_blocks_always_holds() -> None:
    assert ALWAYS.holds(flavor="generic", environ={})
    assert read("True") == ALWAYS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(FLAVOR == Linux64", "expected `)` in the condition, got its end"),
        ("()", "expected `)` in the condition, got its end"),
        ("(FLAVOR == Linux64 Darwin)", "expected `)` in the condition, got `Darwin`"),
        ("(" * 50 + "1" + ")" * 50, "a condition with more than 40 levels of parentheses"),
        ("! " * 50 + "1", "a condition with more than 40 levels of parentheses"),
    ],
)
def test_parentheses_that_do_not_match_are_refused_where_the_condition_begins(
    text: str, problem: str
) -> None:
    line = f"if ({text}) {{"
    with pytest.raises(FormatError) as caught:
        parse_condition(text, source="a.table", line=3, column=5, excerpt=line)
    error = caught.value
    assert (error.source, error.line, error.column, error.problem) == ("a.table", 3, 5, problem)


def test_an_excerpt_is_the_condition_itself_if_no_line_is_given() -> None:
    with pytest.raises(FormatError, match=r"a\.table:1:1: expected `\)`"):
        read("(")
