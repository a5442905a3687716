"""What becomes of values of inputs, and what names a ref."""

from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.workflows.migrationrules import ValueChange, changed_value
from rubin_releng.workflows.migrations import parse_workflow_ref


@pytest.mark.parametrize(
    ("value", "change", "after"),
    [
        ("-a $b", ValueChange.KEEP, "-a $b"),
        (" a  b/c ", ValueChange.LINES, "a\nb/c"),
        (".", ValueChange.LINES, "."),
        ("==7.3.0", ValueChange.VERSION, "7.3.0"),
        ("7.3", ValueChange.VERSION, "7.3"),
        ("mypy", ValueChange.REQUIREMENT, ""),
        ("mypy!=1.9.0", ValueChange.REQUIREMENT, "!=1.9.0"),
        ("mypy >=1, <2", ValueChange.REQUIREMENT, ">=1, <2"),
    ],
)
def test_a_value_gets_its_new_form(value: str, change: ValueChange, after: str) -> None:
    assert changed_value(value, change) == after


@pytest.mark.parametrize(
    ("value", "change", "message"),
    [
        ("$(find . -name a)", ValueChange.LINES, "for a shell"),
        ("${{ github.ref }}", ValueChange.LINES, "for a shell"),
        ("-f parsable .", ValueChange.LINES, "`-f` is an option"),
        (">=0.13,<0.14", ValueChange.VERSION, "is not one version"),
        ("git+https://h/mypy", ValueChange.REQUIREMENT, "no plain requirement"),
    ],
)
def test_a_value_without_a_new_form_is_refused(value: str, change: ValueChange, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed_value(value, change)


@pytest.mark.parametrize("text", ["v1", "0.2.0", "tickets/DM-1", "08c6903cd8c0fde910a37f88322edcfb5dd907a8"])
def test_tags_branches_and_commits_are_refs(text: str) -> None:
    assert parse_workflow_ref(text) == text


@pytest.mark.parametrize("text", ["", "-x", "a b", "a..b", "a.lock", "a/", "v1\n", "v1@x", "v1."])
def test_what_git_does_not_take_is_no_ref(text: str) -> None:
    with pytest.raises(InvalidNameError, match="no tag, branch or commit"):
        parse_workflow_ref(text)
