"""Calls of other workflows become calls of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsstinstall.core.errors import ExitCode, FormatError
from rubin_releng.adapters.ruamelfiles import parse_spanned
from rubin_releng.workflows.migrating import plan_migration
from rubin_releng.workflows.migrationrules import InputRule, ValueChange, WorkflowRule

if TYPE_CHECKING:
    from rubin_releng.workflows.migrations import FileMigration

OLD = "lsst/rubin_workflows/.github/workflows"
OURS = "lsst/ours/.github/workflows"
READ = "    permissions:\n      contents: read\n"
RULES = (
    WorkflowRule(old="lint", new="lint", old_checks=("lint",), new_checks=("lint",)),
    WorkflowRule(
        old="rebase_checker",
        new="rebase-checker",
        permissions=(("pull-requests", "read"), ("checks", "write")),
        old_checks=("rebase",),
        new_checks=("History", "Subjects"),
        note="it looks at pull requests alone",
    ),
    WorkflowRule(
        old="yamllint",
        new="yamllint",
        inputs=(
            InputRule(old="args", new="paths", change=ValueChange.LINES),
            InputRule(old="found", new="found", change=ValueChange.WORDS, excluding="exclude"),
            InputRule(old="level", new="level", note="`level` has no effect on comments"),
            InputRule(old="color", new=None, note="colors are left to GitHub"),
        ),
        added=(("strict", "false"),),
        old_checks=("lint",),
        new_checks=("lint",),
    ),
)


def migrated(text: str, *, ref: str = "v1") -> FileMigration:
    document = parse_spanned(text, source="a.yaml")
    return plan_migration(document, RULES, repository="lsst/ours", ref=ref)


def call(job: str) -> str:
    return f"on: push\npermissions: {{}}\njobs:\n  one:\n{job}"


def test_a_call_gets_its_new_name_and_its_permissions() -> None:
    text = f"name: lint\n\non: push\n\njobs:\n  call-workflow:\n    uses: {OLD}/lint.yaml@main\n"
    found = migrated(text)
    assert found.text == (
        "name: lint\n\non: push\n\npermissions: {}\n\njobs:\n  call-workflow:\n"
        "    uses: lsst/ours/.github/workflows/lint.yaml@v1\n    permissions:\n      contents: read\n"
    )
    assert [(one.line, one.job) for one in found.calls] == [(7, "call-workflow")]
    assert not found.notes
    assert not found.problems


def test_a_migrated_workflow_has_nothing_left_to_change() -> None:
    found = migrated(migrated(f"on: push\njobs:\n  one:\n    uses: {OLD}/yamllint.yaml@main\n").text)
    assert not found.changes
    assert not found.calls


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Quotes, comments and the order of keys stay.
        (
            f"    # as all do\n    uses: '{OLD}/lint.yml@abc123'  # pinned\n    needs: [two]  # first\n",
            (
                "    # as all do\n    uses: 'lsst/ours/.github/workflows/lint.yaml@v1'  # pinned\n"
                "    permissions:\n      contents: read\n    needs: [two]  # first\n"
            ),
        ),
        # Permissions that are there suffice, or are widened.
        (
            f"    permissions: read-all\n    uses: {OLD}/lint.yaml@main\n",
            "    permissions: read-all\n    uses: lsst/ours/.github/workflows/lint.yaml@v1\n",
        ),
        (
            f"    permissions:\n      issues: write  # why\n      contents: none\n    uses: {OLD}/lint@x\n",
            (
                "    permissions:\n      issues: write  # why\n      contents: read\n"
                "    uses: lsst/ours/.github/workflows/lint.yaml@v1\n"
            ),
        ),
        (
            f"    permissions: {{}}\n    uses: {OLD}/lint.yaml@main\n",
            "    permissions: {contents: read}\n    uses: lsst/ours/.github/workflows/lint.yaml@v1\n",
        ),
        # Inputs: renamed, of another form, dropped, added.
        (
            f'    uses: {OLD}/yamllint.yaml@main\n    with:\n      # two\n      args: "a b"  # why\n',
            (
                f"    uses: {OURS}/yamllint.yaml@v1\n{READ}"
                "    with:\n      # two\n      paths: |\n        a\n        b  # why\n      strict: false\n"
            ),
        ),
        (
            f"    uses: {OLD}/yamllint.yaml@main\n    with:\n      color: 'yes'\n      args: .\n",
            (f"    uses: {OURS}/yamllint.yaml@v1\n{READ}    with:\n      paths: .\n      strict: false\n"),
        ),
        (
            f"    uses: {OLD}/yamllint.yaml@main\n    with:\n      color: 'yes'\n    needs: two\n",
            (f"    uses: {OURS}/yamllint.yaml@v1\n{READ}    with:\n      strict: false\n    needs: two\n"),
        ),
        (
            f"    uses: {OLD}/yamllint.yaml@main\n    with:\n",
            (f"    uses: {OURS}/yamllint.yaml@v1\n{READ}    with:\n      strict: false\n"),
        ),
        (
            f"    uses: {OLD}/yamllint@main\n    with:\n      found: $(find a -name '*.py'|grep -v b)\n",
            (
                f"    uses: {OURS}/yamllint.yaml@v1\n{READ}    with:\n      found: a\n      strict: false\n"
                '      exclude: "*b*"\n'
            ),
        ),
        # No secrets are needed.
        (
            f"    uses: {OLD}/lint.yaml@main\n    secrets: inherit\n",
            "    uses: lsst/ours/.github/workflows/lint.yaml@v1\n    permissions:\n      contents: read\n",
        ),
    ],
)
def test_only_what_must_change_does(before: str, after: str) -> None:
    found = migrated(call(before))
    assert not found.problems
    assert found.text == call(after)


def test_a_workflow_in_braces_stays_in_braces() -> None:
    text = f'{{on: push, jobs: {{one: {{uses: "{OLD}/yamllint.yaml@main", with: {{color: x, args: a b}}}}}}}}'
    assert migrated(text).text == (
        '{on: push, jobs: {one: {uses: "lsst/ours/.github/workflows/yamllint.yaml@v1", '
        'permissions: {contents: read}, with: {paths: "a\\nb", strict: false}}}}'
    )


def test_permissions_of_the_workflow_suffice_if_they_are_wide_enough() -> None:
    text = f"on: push\npermissions:\n  contents: write\njobs:\n  one:\n    uses: {OLD}/lint.yaml@main\n"
    assert migrated(text).text == text.replace(
        f"{OLD}/lint.yaml@main", "lsst/ours/.github/workflows/lint.yaml@v1"
    )


@pytest.mark.parametrize("own", ["    runs-on: ubuntu-latest\n", "    runs-on: x\n    permissions: {}\n"])
def test_the_workflow_is_tightened_if_all_jobs_say_what_they_need(own: str) -> None:
    text = f"on: push\njobs:\n  one:\n    uses: {OLD}/lint.yaml@main\n  two:\n{own}"
    found = migrated(text)
    assert ("permissions: {}\n\njobs" in found.text) == ("permissions" in own)
    assert bool(found.notes) == ("permissions" not in own)


def test_notes_come_in_the_order_of_the_file() -> None:
    found = migrated(
        call(
            f"    name: Look\n    uses: {OLD}/rebase_checker.yaml@main\n"
            f"  two:\n    uses: {OLD}/yamllint.yaml@main\n    with:\n      level: x\n      color: y\n"
            "  three:\n    steps:\n    - run: curl https://h/lsst/rubin_workflows/main/bin/x\n"
        )
    )
    assert [(note.line, note.text) for note in found.notes] == [
        (4, "where checks are required, `Look / rebase` is now `Look / History`, `Look / Subjects`"),
        (6, "it looks at pull requests alone"),
        (10, "`level` has no effect on comments"),
        (11, "colors are left to GitHub"),
        (11, "the input `color` is dropped"),
        (14, "`lsst/rubin_workflows` is named here, too; look at it yourself"),
    ]


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (f"    uses: {OLD}/odd.yaml@main\n", "5:11: there is no counterpart of the workflow `odd`"),
        (f"    uses: {OLD}/lint.yaml@main\n    with: all\n", "6:11: `with` is no mapping of inputs"),
        (
            f"    uses: {OLD}/lint.yaml@main\n    with:\n      x: 1\n",
            "7:7: the workflow `lint` has no input `x`",
        ),
        (
            f"    uses: {OLD}/yamllint.yaml@main\n    with: {{args: [a]}}\n",
            "6:12: the value of `args` is no text",
        ),
        (
            f"    uses: {OLD}/yamllint.yaml@main\n    with:\n      args: -s $(ls)\n",
            "7:13: `-s $(ls)` is for a shell, and the new workflow gives inputs to none: it takes names",
        ),
        (
            f"    permissions: read-all\n    uses: {OLD}/rebase_checker.yaml@main\n",
            "5:18: the job needs `checks: write`, and its permissions are written another way",
        ),
    ],
)
def test_what_cannot_be_rewritten_is_told_with_its_place(job: str, message: str) -> None:
    (problem,) = migrated(call(job)).problems
    assert str(problem) == f"a.yaml:{message}"


@pytest.mark.parametrize("text", ["- a\n", "on: push\n", "jobs: all\n"])
def test_a_file_without_jobs_is_no_workflow(text: str) -> None:
    with pytest.raises(FormatError, match="this is no workflow") as caught:
        migrated(text)
    assert caught.value.code is ExitCode.CORRUPT


def test_other_calls_and_jobs_are_left_alone() -> None:
    text = call(
        "    uses: lsst/other/.github/workflows/lint.yaml@main\n  two: nothing\n  three:\n    uses: [odd]\n"
    )
    assert migrated(text).text == text


@settings(max_examples=40)
@given(
    comments=st.lists(st.from_regex(r"[ ]{0,6}# [a-z@$ ]{0,12}", fullmatch=True), min_size=4, max_size=4),
    quote=st.sampled_from(["", "'", '"']),
    ends=st.sampled_from(["\n", "\r\n"]),
    depth=st.integers(min_value=1, max_value=8),
    value=st.sampled_from([".", "a b", "'a'", '"a  b c"', "|\n{0}a\n{0}b"]),
)
def test_all_other_lines_stay_and_the_result_is_yaml(
    comments: list[str], quote: str, ends: str, depth: int, value: str
) -> None:
    inner = " " * depth
    args = f"args: {value}".replace("{0}", inner * 4).split("\n")
    lines: list[str] = [
        *("on: push", comments[0], "jobs:", f"{inner}one:", comments[1]),
        *(f"{inner * 2}uses: {quote}{OLD}/yamllint.yaml@main{quote} # x", comments[2], f"{inner * 2}with:"),
        *(f"{inner * 3}{args[0]}", *args[1:], comments[3].lstrip()),
    ]
    found = migrated(ends.join([*lines, ""]))
    assert not found.problems
    kept = [line for line in lines if "uses" not in line and line.strip() not in {"a", "b"} | set(args)]
    rest = iter(found.text.split(ends))
    assert all(line in rest for line in kept)
    assert not migrated(found.text).changes
    assert found.text.count("\n") == found.text.count(ends)
