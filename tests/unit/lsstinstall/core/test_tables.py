from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError, FormatError
from lsstinstall.core.statements import Verb
from lsstinstall.core.tables import TableFile, parse_table

REAL = """\
# What beta needs.
setupRequired(alpha >= 2.0)
setupOptional(gamma)      # only where it is

if (FLAVOR == Darwin) {
   envPrepend(DYLD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)
} else if (FLAVOR =~ Linux) {
   envPrepend(LD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)
} else {
   print(stderr, "no libraries, sorry")
}
envSet(BETA_MODE, "fast, and good")
"""
EXACT = """\
if (type == exact) {
   setupRequired(beta            -j 1.4+2)
   setupRequired(alpha           -j 2.0)
} else {
   setupRequired(beta 1.4+2 [>= 1.4+2])
   setupOptional(gamma)
}
envPrepend(PATH, ${PRODUCT_DIR}/bin)
"""


def read(text: str) -> TableFile:
    return parse_table(text, source="a.table")


def done(text: str, *, flavor: str = "Linux64", types: tuple[str, ...] = (), **environ: str) -> list[str]:
    statements = read(text).statements(flavor=flavor, types=types, environ=environ)
    return [statement.format() for statement in statements]


def needs(text: str, *, types: tuple[str, ...] = ()) -> list[tuple[str | None, str | None]]:
    found = read(text).dependencies(flavor="Linux64", types=types)
    return [(dependency.product, dependency.version) for dependency in found]


def warnings(text: str) -> list[str]:
    return [str(diagnostic) for diagnostic in read(text).diagnostics]


@pytest.mark.parametrize(
    ("flavor", "statement"),
    [
        ("Linux64", "envPrepend(LD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)"),
        ("Linux", "envPrepend(LD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)"),
        ("Darwin", "envPrepend(DYLD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)"),
        ("DarwinX86", 'print(stderr, "no libraries, sorry")'),
    ],
)
def test_the_flavor_chooses_the_statements_that_count(flavor: str, statement: str) -> None:
    assert done(REAL, flavor=flavor) == [
        "setupRequired(alpha >= 2.0)",
        "setupOptional(gamma)",
        statement,
        'envSet(BETA_MODE, "fast, and good")',
    ]


def test_a_sound_table_has_no_diagnostics() -> None:
    assert warnings(REAL) == []
    assert warnings(EXACT) == []


def test_the_exact_block_lists_the_closure_and_the_other_what_is_wanted() -> None:
    assert needs(EXACT, types=("exact",)) == [("beta", "1.4+2"), ("alpha", "2.0")]
    assert needs(EXACT) == [("beta", "1.4+2"), ("gamma", None)]


def test_statements_outside_blocks_keep_their_place() -> None:
    text = "envSet(A, 1)\nif (type == exact) {\nenvSet(B, 2)\n}\nenvSet(C, 3)\n"
    assert done(text, types=("exact",)) == ["envSet(A, 1)", "envSet(B, 2)", "envSet(C, 3)"]
    assert done(text) == ["envSet(A, 1)", "envSet(C, 3)"]


def test_conditions_may_ask_for_the_environment() -> None:
    text = "if (${SITE:-here} == there) {\nenvSet(A, 1)\n}\n"
    assert done(text) == []
    assert done(text, SITE="there") == ["envSet(A, 1)"]


def test_a_condition_that_cannot_be_answered_is_an_error_only_when_asked() -> None:
    table = read("if (${SITE} == there) {\nenvSet(A, 1)\n}\n")
    with pytest.raises(ConfigurationError, match="`SITE`"):
        table.statements(flavor="Linux64")


@pytest.mark.parametrize(
    "line",
    [
        "setupRequired(alpha)",
        "setupRequired (alpha)",
        "SETUPREQUIRED(alpha);",
        "  setuprequired(alpha) ;  # why",
        "setupRequired( alpha )",
        'setupRequired("alpha")',
        "setupRequired(alpha)\r",
    ],
)
def test_a_statement_may_be_written_in_several_ways(line: str) -> None:
    assert done(line) == ["setupRequired(alpha)"]


@pytest.mark.parametrize(
    "text",
    [
        "if(type==exact){\nenvSet(A, 1)\n}",
        "IF (type == exact) {\nenvSet(A, 1)\n}\n",
        "  if  ( type == exact )  {  \n  envSet(A, 1)\n  }\n",
        "if (type == build) {\nenvSet(B, 1)\n} else if(type == exact){\nenvSet(A, 1)\n}\n",
        "if (type == build) {\nenvSet(B, 1)\n} Else {\nenvSet(A, 1)\n}\n",
        "if (type == build) {\nenvSet(B, 1)\n}else{\nenvSet(A, 1)\n}\n",
    ],
)
def test_blocks_may_be_written_in_several_ways(text: str) -> None:
    assert done(text, types=("exact",)) == ["envSet(A, 1)"]


NESTED = """\
if (type == build) {
envSet(A, 1)
if (FLAVOR == Linux64) {
envSet(B, 2)
}
envSet(C, 3)
}
envSet(D, 4)
"""


def test_an_inner_if_ends_the_outer_and_what_follows_it_is_unconditional() -> None:
    assert done(NESTED) == ["envSet(B, 2)", "envSet(C, 3)", "envSet(D, 4)"]
    assert done(NESTED, types=("build",), flavor="Darwin") == ["envSet(A, 1)", "envSet(C, 3)", "envSet(D, 4)"]


def test_nesting_is_told() -> None:
    assert warnings(NESTED) == [
        "a.table:3: blocks do not nest: this `if` ends the block it stands in",
        "a.table:7: this `}` closes nothing",
    ]


def test_an_inner_if_at_the_start_of_a_block_replaces_its_condition() -> None:
    text = "if (type == build) {\nif (FLAVOR == Linux64) {\nenvSet(A, 1)\n}\n}\n"
    assert done(text) == ["envSet(A, 1)"]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "if (FLAVOR == Darwin) {\n} else if (FLAVOR == Linux64) {\nenvSet(A, 1)\n}\n",
            "a.table:2: the block before is empty, so this one stands under the condition of that",
        ),
        (
            "if (FLAVOR == Darwin) {\n# nothing\n} else {\nenvSet(A, 1)\n}\n",
            "a.table:3: the block before is empty, so this one stands under the condition of that",
        ),
    ],
)
def test_an_empty_block_hands_its_condition_on(text: str, warning: str) -> None:
    assert done(text) == []
    assert done(text, flavor="Darwin") == ["envSet(A, 1)"]
    assert warnings(text) == [warning]


def test_an_empty_else_is_told_for_what_stands_before_is_not_done_in_its_place() -> None:
    text = "if (FLAVOR == Linux64) {\nenvSet(A, 1)\n} else {\n}\n"
    assert done(text) == []
    assert warnings(text) == [
        "a.table:4: the `else` block is empty, so what stands before it is not done as written"
    ]


def test_an_empty_last_branch_does_nothing() -> None:
    text = "if (type == a) {\nenvSet(A, 1)\n} else if (type == b) {\n}\nenvSet(B, 2)\n"
    assert done(text, types=("a",)) == ["envSet(A, 1)", "envSet(B, 2)"]
    assert done(text, types=("b",)) == ["envSet(B, 2)"]


def test_a_block_that_is_not_closed_ends_with_the_file() -> None:
    text = "if (type == exact) {\nenvSet(A, 1)\n"
    assert (done(text), done(text, types=("exact",))) == ([], ["envSet(A, 1)"])
    assert warnings(text) == ["a.table:2: the last block is not closed"]


def test_branches_before_one_that_is_not_closed_count_by_themselves() -> None:
    text = "if (type == a) {\nenvSet(A, 1)\n} else if (type == b) {\nenvSet(B, 2)\n"
    assert done(text, types=("a",)) == ["envSet(A, 1)"]
    assert done(text, types=("b",)) == ["envSet(B, 2)"]
    assert done(text, types=("a", "b")) == ["envSet(A, 1)", "envSet(B, 2)"]


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("frobnicate(A)", "unknown statement `frobnicate`, skipped: `frobnicate(A)`"),
        ("sourceRequired(x)", "unknown statement `sourceRequired`, skipped: `sourceRequired(x)`"),
        ("envSet A, 1", "unrecognized line, skipped: `envSet A, 1`"),
        ("envSet(A, 1", "unrecognized line, skipped: `envSet(A, 1`"),
        ("else {", "unrecognized line, skipped: `else {`"),
        ("} elif (x) {", "unrecognized line, skipped: `} elif (x) {`"),
        ("} else { ", "unrecognized line, skipped: `} else { `"),
        ("if (x) { envSet(A, 1) }", "unrecognized line, skipped: `if (x) { envSet(A, 1) }`"),
    ],
)
def test_unknown_lines_are_reported_and_skipped(line: str, warning: str) -> None:
    text = f"envSet(B, 1)\n{line}\nenvSet(C, 2)\n"
    assert done(text) == ["envSet(B, 1)", "envSet(C, 2)"]
    assert warnings(text) == [f"a.table:2: {warning}"]
    assert read(text).format() == text


def test_words_that_a_condition_does_not_read_are_told() -> None:
    text = "if (FLAVOR = Darwin) {\nenvSet(A, 1)\n}\n"
    assert warnings(text) == ["a.table:1: `= Darwin` in the condition is not read"]


def test_diagnostics_are_not_part_of_the_value() -> None:
    told = read("frobnicate()")
    untold = TableFile(sections=told.sections)
    other = read("envSet(A, 1)")
    assert told == untold
    assert told != other
    assert {told, untold, other} == {told, other}


def test_dependencies_come_in_file_order_with_duplicates() -> None:
    text = "setupRequired(b 1)\nsetupOptional(a)\nsetupRequired(b 2)\n"
    assert needs(text) == [("b", "1"), ("a", None), ("b", "2")]


def test_what_is_external_or_only_checked_is_no_dependency() -> None:
    text = "setupRequired(--external numpy)\nsetupRequired(eups [>= 2.0])\nsetupRequired(a)\n"
    assert needs(text) == [("a", None)]


def test_what_is_taken_away_again_is_no_dependency() -> None:
    text = "setupRequired(a)\nsetupRequired(b)\nunsetupRequired(a)\nunsetupOptional(c)\n"
    assert needs(text) == [("b", None)]
    assert needs(text + "setupOptional(a)\n") == [("b", None), ("a", None)]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        ("declareOptions(flavor=generic)", {"flavor": "generic"}),
        ("declareOptions(flavor=NULL,   name = foo)", {"flavor": "NULL", "name": "foo"}),
        ("declareOptions(a=1, b=2)\ndeclareOptions(a=3)", {"a": "3", "b": "2"}),
        ("envSet(A, 1)\nif (FLAVOR == Darwin) {\ndeclareOptions(flavor=X)\n}", {}),
    ],
)
def test_options_for_the_declaration_are_collected(text: str, options: dict[str, str]) -> None:
    assert read(text).declare_options(flavor="Linux64") == options


def test_a_table_is_written_in_one_way() -> None:
    text = """\
FLAVOR=Linux64
pathPrepend( PATH , ${PROD_DIR}/bin ); # mine
setupRequired("alpha", ">=", 2.0)
"""
    assert (
        read(text).format()
        == """\
if (FLAVOR == Linux64) {
   # mine
   envPrepend(PATH, ${PRODUCT_DIR}/bin)
   setupRequired(alpha >= 2.0)
}
"""
    )


@pytest.mark.parametrize("text", [EXACT, NESTED, REAL, "", "# only\n"])
def test_what_is_written_means_the_same(text: str) -> None:
    assert read(read(text).format()) == read(text)


def test_an_expanded_table_is_written_as_it_was_but_for_the_padding() -> None:
    written = read(EXACT).format()
    assert [line.split() for line in written.splitlines()] == [line.split() for line in EXACT.splitlines()]


def test_a_statement_knows_its_line() -> None:
    found = read("\n# a\nenvSet(A, 1)\n").statements(flavor="Linux64")
    assert [(statement.verb, statement.line) for statement in found] == [(Verb.ENV_SET, 3)]


def test_a_reader_who_wants_no_dependencies_may_pass_over_the_exact_block() -> None:
    table = parse_table(EXACT, source="a.table", dependencies=False)
    (statement,) = table.statements(flavor="Linux64", types=("exact",))
    assert (statement.format(), statement.line) == ("envPrepend(PATH, ${PRODUCT_DIR}/bin)", 8)


@pytest.mark.parametrize(
    "text",
    [
        REAL,
        EXACT.replace("   setupOptional(gamma)\n", "   setupOptional(gamma)\n   envSet(A, 1)\n"),
        EXACT.replace("   setupOptional(gamma)", "   setupOptional(gamma) # why"),
        "if (FLAVOR == Darwin) {\nenvSet(A, 1)\n}\n" + EXACT,
    ],
)
def test_nothing_else_is_passed_over(text: str) -> None:
    whole, part = read(text), parse_table(text, source="a.table", dependencies=False)
    for flavor in ("Linux64", "Darwin"):
        for types in ((), ("exact",)):
            assert [
                one for one in whole.statements(flavor=flavor, types=types) if not one.verb.names_product
            ] == [one for one in part.statements(flavor=flavor, types=types) if not one.verb.names_product]


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("envPrepend(A)", 12, "`envPrepend` takes 2 or 3 arguments, got `A`"),
        ("  envAppend(A, b, c, d)", 13, "`envAppend` takes 2 or 3 arguments, got `A` `b` `c` `d`"),
        ("pathPrepend()", 13, "`envPrepend` takes 2 or 3 arguments, got none"),
        ("envSet(A)", 8, "`envSet` takes at least 2 arguments, got `A`"),
        ("\tenvUnset( A, B)", 11, "`envUnset` takes 1 argument, got `A` `B`"),
        ("envUnset()", 10, "`envUnset` takes 1 argument, got none"),
        ("addAlias()", 10, "`addAlias` takes at least 1 argument, got none"),
        ("print()", 7, "`print` takes at least 1 argument, got none"),
        ("setupRequired()", 15, "`setupRequired()` names no product"),
        ("setupOptional(-j)", 15, "`setupOptional(-j)` names no product"),
        ("setupRequired(-f alpha)", 15, "`setupRequired(-f alpha)` names no product"),
        ("setupRequired(alpha -t)", 15, "the option `-t` lacks its value"),
        ("unsetupRequired(-j alpha --vro)", 17, "the option `--vro` lacks its value"),
        ("setupRequired(alpha -t -f Linux64)", 15, "the option `-t` lacks its value"),
        ("if ((type == exact) {", 5, "expected `)` in the condition, got its end"),
        ("  if ( ((a b) {", 8, "expected `)` in the condition, got `b`"),
        ("} else if ((a) {", 12, "expected `)` in the condition, got its end"),
    ],
)
def test_a_broken_statement_is_refused_with_its_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(f"if (type == exact) {{\nenvSet(A, 1)\n\n{line}\n}}\n")
    error = caught.value
    assert (error.source, error.line, error.column, error.problem) == ("a.table", 4, column, problem)
    assert error.excerpt is not None
    assert line.strip() in error.excerpt
