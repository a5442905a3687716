from __future__ import annotations

import pytest

from lsstinstall.core.statements import Statement, Verb, join_arguments, split_arguments, verb_of


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("setupRequired", Verb.SETUP_REQUIRED),
        ("SETUPREQUIRED", Verb.SETUP_REQUIRED),
        ("setupoptional", Verb.SETUP_OPTIONAL),
        ("unsetupRequired", Verb.UNSETUP_REQUIRED),
        ("unsetupOptional", Verb.UNSETUP_OPTIONAL),
        ("envPrepend", Verb.ENV_PREPEND),
        ("pathPrepend", Verb.ENV_PREPEND),
        ("envAppend", Verb.ENV_APPEND),
        ("pathAppend", Verb.ENV_APPEND),
        ("envSet", Verb.ENV_SET),
        ("pathSet", Verb.ENV_SET),
        ("setenv", Verb.ENV_SET),
        ("envUnset", Verb.ENV_UNSET),
        ("pathRemove", Verb.ENV_UNSET),
        ("unsetEnv", Verb.ENV_UNSET),
        ("addAlias", Verb.ADD_ALIAS),
        ("declareOptions", Verb.DECLARE_OPTIONS),
        ("print", Verb.PRINT),
        ("prodDir", Verb.PROD_DIR),
        ("setupEnv", Verb.SETUP_ENV),
        ("sourceRequired", Verb.UNKNOWN),
        ("if", Verb.UNKNOWN),
        ("#", Verb.UNKNOWN),
        ("?", Verb.UNKNOWN),
    ],
)
def test_names_and_their_aliases_mean_a_verb_in_any_case(name: str, verb: Verb) -> None:
    assert verb_of(name) is verb


def test_four_verbs_name_a_product() -> None:
    assert {verb for verb in Verb if verb.names_product} == {
        Verb.SETUP_REQUIRED,
        Verb.SETUP_OPTIONAL,
        Verb.UNSETUP_REQUIRED,
        Verb.UNSETUP_OPTIONAL,
    }


def test_comments_and_unknown_lines_do_nothing() -> None:
    assert {verb for verb in Verb if not verb.acts} == {Verb.COMMENT, Verb.UNKNOWN}


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", ()),
        (" , ,", ()),
        ("A", ("A",)),
        ("A, b", ("A", "b")),
        ("A b,c", ("A", "b", "c")),
        ("A,,b", ("A", "b")),
        ("A\tb", ("A\tb",)),
        ('A, "b c"', ("A", "b c")),
        ('A, "b, c", d', ("A", "b, c", "d")),
        ('A, "b"', ("A", "b")),
        ('"A b", c', ("A b", "c")),
        ('A, say \\"hi\\"', ("A", "say", '"hi"')),
        ('A, "say \\"hi there\\"" x', ("A", 'say "hi there"', "x")),
        ('A, ""', ("A", "")),
        ('A, b, " "', ("A", "b", " ")),
        ('A, b, ","', ("A", "b", ",")),
        ('"A b"', ("A", "b")),
        ('"A", "b"', ('A", "b',)),
        ("'A b'", ("'A", "b'")),
        ('A, b"c d"e', ("A", 'b"c d"e')),
        ('A, "b', ("A", '"b')),
    ],
)
def test_commas_and_blanks_separate_unless_double_quotes_protect_them(
    text: str, arguments: tuple[str, ...]
) -> None:
    assert split_arguments(text) == arguments


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("A",),
        ("A", ""),
        ("A", "b c"),
        ("A", "b,c"),
        ("A", 'say "hi"'),
        ("A", '"'),
        ("A", "b", " "),
        ("A b", "c d"),
        ("A b",),
        ("A", 'b"c d"e\\'),
        ("A", "back\\slash"),
        ("A", "C:\\"),
        ("A", "é ü"),
    ],
)
@pytest.mark.parametrize("separator", [" ", ", "])
def test_joined_arguments_are_split_as_they_were(arguments: tuple[str, ...], separator: str) -> None:
    assert split_arguments(join_arguments(arguments, separator)) == arguments


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (Statement(verb=Verb.SETUP_REQUIRED, arguments=("afw", "-j", "1.0")), "setupRequired(afw -j 1.0)"),
        (Statement(verb=Verb.ENV_PREPEND, arguments=("PATH", "a b")), 'envPrepend(PATH, "a b")'),
        (Statement(verb=Verb.SETUP_ENV, arguments=()), "setupEnv()"),
        (Statement(verb=Verb.COMMENT, arguments=(" why",)), "# why"),
        (Statement(verb=Verb.UNKNOWN, arguments=("some words",)), "some words"),
    ],
)
def test_a_statement_is_one_line(statement: Statement, text: str) -> None:
    assert statement.format() == text


@pytest.mark.parametrize(
    ("arguments", "operands"),
    [
        (("afw", "1.0"), ("afw", "1.0")),
        (("afw", "-f", "Linux64", "1.0"), ("afw", "1.0")),
        (("-f", "Linux64", "afw"), ("afw",)),
        (("afw", "-f"), ("afw",)),
        (("A", "-f", "x", "-f", "y"), ("A", "-f", "y")),
    ],
)
def test_the_flavor_option_is_dropped_with_its_value(
    arguments: tuple[str, ...], operands: tuple[str, ...]
) -> None:
    assert Statement(verb=Verb.SETUP_REQUIRED, arguments=arguments).operands == operands


def test_where_a_statement_stands_is_not_part_of_its_value() -> None:
    one = Statement(verb=Verb.SETUP_ENV, arguments=(), line=1)
    same = Statement(verb=Verb.SETUP_ENV, arguments=(), line=2)
    other = Statement(verb=Verb.PROD_DIR, arguments=(), line=1)
    assert one == same
    assert one != other
    assert {one, same, other} == {one, other}
