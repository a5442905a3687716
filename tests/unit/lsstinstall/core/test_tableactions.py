from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.tableactions import Shell
from lsstinstall.core.tables import parse_table
from lsstinstall.core.variables import ProductVariables, UnsetVariableError

if TYPE_CHECKING:
    from lsstinstall.core.statements import Statement

AFW = ProductVariables(
    name="afw",
    version="1.4",
    flavor="Linux64",
    directory="/afw",
    stack="/stack",
    ups_dir="/afw/ups",
    extra_dir="/extra",
    extra_exists=False,
)


def statements(text: str) -> tuple[Statement, ...]:
    return parse_table(text, source="a.table").statements(flavor="Linux64")


def done(text: str, **environ: str) -> Shell:
    shell = Shell(environ)
    for statement in statements(text):
        shell.perform(statement, AFW)
    return shell


def undone(text: str, **environ: str) -> Shell:
    shell = Shell(environ)
    for statement in statements(text):
        shell.undo(statement, AFW)
    return shell


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("envPrepend(PATH, ${PRODUCT_DIR}/bin)", "/afw/bin:/bin"),
        ("pathPrepend(PATH, /bin)", "/bin"),
        ("envAppend(PATH, ${PRODUCT_DIR}/bin)", "/bin:/afw/bin"),
        ("pathAppend(PATH, $?{NONE}/bin)", "/bin"),
        ("envPrepend(PATH, $?{HOME}/bin)", "/me/bin:/bin"),
        ("envAppend(PATH, a, ;)", "/bin;a"),
        ("envPrepend(PATH, ${HOME}:)", "/me:/bin:"),
        ("envSet(PATH, ${AFW_DIR}/etc)", "/afw/etc"),
        ("setenv(PATH, one two  three)", "one two three"),
        ('pathSet(PATH, "one  two")', "one  two"),
        ("envSet(PATH, $?{NONE}/x)", "/bin"),
        ('envSet(PATH, "")', "/bin"),
        ("prodDir()", "/bin"),
        ("setupEnv()", "/bin"),
        ("declareOptions(flavor=generic)", "/bin"),
        ("print(hello)", "/bin"),
        ("addAlias(ll, ls -l)", "/bin"),
    ],
)
def test_statements_change_variables(text: str, result: str) -> None:
    assert done(text, PATH="/bin", HOME="/me").environ == {"PATH": result, "HOME": "/me"}


def test_later_statements_see_what_earlier_ones_did() -> None:
    shell = done("envSet(A, /a)\nenvSet(B, ${A}/b)\nenvPrepend(C, ${B})")
    assert shell.environ == {"A": "/a", "B": "/a/b", "C": "/a/b"}


def test_changed_variables_keep_their_order_and_new_ones_come_last() -> None:
    shell = done("envSet(Z, 1)\nenvSet(A, 1)\nenvPrepend(B, 1)", A="0", B="0")
    assert list(shell.environ) == ["A", "B", "Z"]


def test_the_environment_that_was_given_is_not_changed() -> None:
    environ = {"A": "0"}
    Shell(environ).perform(statements("envSet(A, 1)")[0], AFW)
    assert environ == {"A": "0"}


def test_a_value_that_needs_a_variable_which_is_not_set_fails() -> None:
    with pytest.raises(UnsetVariableError, match="`NONE`"):
        done("envSet(A, ${NONE}/x)")


@pytest.mark.parametrize("name", ["PRODUCT_DIR", "AFW_DIR"])
def test_only_the_own_directory_is_unset(name: str) -> None:
    assert done(f"envUnset({name})", AFW_DIR="/afw", B="b").environ == {"B": "b"}
    assert done(f"envUnset({name})", B="b").environ == {"B": "b"}


def test_other_variables_cannot_be_unset() -> None:
    assert done("unsetenv(HOME)\npathRemove(MEAS_DIR)", HOME="/me", MEAS_DIR="/m").environ == {
        "HOME": "/me",
        "MEAS_DIR": "/m",
    }


def test_an_alias_is_its_words_joined() -> None:
    shell = done('addAlias(ll, ls -l "a  b")\naddAlias(where, echo ${PRODUCT_DIR} ${HOME})')
    assert shell.aliases == {"ll": "ls -l a  b", "where": "echo /afw ${HOME}"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print(hello world)", "hello world"),
        ("print(stdout, hello)", "hello"),
        ("print(STDERR hello)", "hello"),
        ("print(stdwarn, hello)", "hello"),
        ("print(stdinfo, from ${PRODUCT_NAME})", "from afw"),
        ("print(stdnone, hello)", "stdnone hello"),
    ],
)
def test_messages_are_told_without_the_stream(text: str, message: str) -> None:
    assert done(text).messages == [message]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("envPrepend(PATH, ${PRODUCT_DIR}/bin)", {"PATH": "/bin"}),
        ("envAppend(PATH, /bin)", {"PATH": "/afw/bin"}),
        ("envPrepend(NEW, a)", {"PATH": "/bin:/afw/bin", "NEW": ""}),
        ("envSet(PATH, x)", {}),
        ("envSet(NEW, x)", {"PATH": "/bin:/afw/bin"}),
        ("envUnset(PRODUCT_DIR)", {"PATH": "/bin:/afw/bin"}),
        ("setupEnv()", {"PATH": "/bin:/afw/bin"}),
    ],
)
def test_undoing_takes_elements_out_and_unsets(text: str, result: dict[str, str]) -> None:
    assert undone(text, PATH="/bin:/afw/bin").environ == result


def test_a_variable_that_was_only_prepended_to_becomes_empty_but_stays_set() -> None:
    text = "envPrepend(A, x)"
    shell = done(text)
    shell.undo(statements(text)[0], AFW)
    assert shell.environ == {"A": ""}


def test_undoing_prints_nothing() -> None:
    assert undone("print(hello)").messages == []


def test_undoing_forgets_aliases_whoever_made_them() -> None:
    shell = done("addAlias(ll, ls)")
    for statement in statements("addAlias(ll, ls)\naddAlias(la, ls -a)"):
        shell.undo(statement, AFW)
    assert (shell.aliases, list(shell.forgotten)) == ({}, ["ll", "la"])
