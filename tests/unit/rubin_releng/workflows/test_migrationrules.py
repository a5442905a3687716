"""What becomes of values of inputs, and what names a ref."""

from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.workflows.migrationrules import InputRule, ValueChange, changed_value
from rubin_releng.workflows.migrations import parse_workflow_ref


def rule(change: ValueChange, *, excluding: str | None = None) -> InputRule:
    return InputRule(old="args", new="paths", change=change, excluding=excluding)


@pytest.mark.parametrize(
    ("value", "change", "after"),
    [
        ("-a $b", ValueChange.KEEP, "-a $b"),
        (" a  b/c ", ValueChange.LINES, "a\nb/c"),
        (".", ValueChange.LINES, "."),
        ("python 'a b'", ValueChange.WORDS, "python 'a b'"),
        ("mypy", ValueChange.REQUIREMENT, ""),
        ("mypy!=1.9.0", ValueChange.REQUIREMENT, "!=1.9.0"),
        ("mypy >=1, <2", ValueChange.REQUIREMENT, ">=1, <2"),
    ],
)
def test_a_value_gets_its_new_form(value: str, change: ValueChange, after: str) -> None:
    assert changed_value(value, rule(change)) == (after, "")


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("$(find python -name '*.py')", ("python", "")),
        ("$(find a b/c -name '*.py' | grep -v tests)", ("a b/c", "*tests*")),
        (
            "$(find python -name '*.py' | egrep -v 'parser/ply|parserYacc')",
            ("python", "*parser/ply* *parserYacc*"),
        ),
    ],
)
def test_what_a_shell_found_becomes_a_folder_and_what_is_left_out(value: str, after: tuple[str, str]) -> None:
    assert changed_value(value, rule(ValueChange.WORDS, excluding="exclude")) == after


@pytest.mark.parametrize(
    ("value", "change", "message"),
    [
        ("$(find . -name '*.py')", ValueChange.WORDS, "for a shell"),
        ("${{ github.ref }}", ValueChange.WORDS, "for a shell"),
        ("a 'b c'", ValueChange.LINES, "has quotes"),
        ("-f parsable .", ValueChange.LINES, "`-f` is an option"),
        ("git+https://h/mypy", ValueChange.REQUIREMENT, "no plain requirement"),
    ],
)
def test_a_value_without_a_new_form_is_refused(value: str, change: ValueChange, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed_value(value, rule(change))


@pytest.mark.parametrize("text", ["v1", "0.2.0", "tickets/DM-1", "08c6903cd8c0fde910a37f88322edcfb5dd907a8"])
def test_tags_branches_and_commits_are_refs(text: str) -> None:
    assert parse_workflow_ref(text) == text


@pytest.mark.parametrize("text", ["", "-x", "a b", "a..b", "a.lock", "a/", "v1\n", "v1@x", "v1."])
def test_what_git_does_not_take_is_no_ref(text: str) -> None:
    with pytest.raises(InvalidNameError, match="no tag, branch or commit"):
        parse_workflow_ref(text)
