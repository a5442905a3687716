from __future__ import annotations

import pytest

from rubin_releng.workflows.rules import check_rules
from tests.support.workflowtexts import GOOD, NEW, OLD, a_workflow, some_pins

ACTION = """\
name: Act
description: Does.
inputs:
  what:
    description: It.
runs:
  using: composite
  steps:
    - name: Do
      shell: bash
      run: echo done
"""


def _found(text: str, *, pinned: bool = True) -> list[str]:
    findings = check_rules(a_workflow(text), some_pins() if pinned else None)
    return [f"{one.line}:{one.column} {one.rule}: {one.message}" for one in findings]


def _uses(uses: str, *, pinned: bool = True) -> list[str]:
    return _found(GOOD.replace(f"actions/checkout@{OLD}  # v1.0.0", uses), pinned=pinned)


def test_a_good_workflow_and_a_good_action_break_no_rule() -> None:
    assert _found(GOOD) == _found(GOOD, pinned=False) == _found(ACTION) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("permissions: {}\n", "", "1:1 permissions: there is no `permissions: {}`: every job would get more"),
        (
            "permissions: {}\n",
            "permissions: read-all\n",
            "8:14 permissions: on top stands `permissions: {}`; each job asks for what it needs",
        ),
        (
            "permissions: {}\n",
            "permissions: {contents: read}\n",
            "8:14 permissions: on top stands `permissions: {}`; each job asks for what it needs",
        ),
        (
            "concurrency:\n  group: good-${{ github.workflow }}-${{ github.ref }}\n",
            "",
            "1:1 concurrency: there is no `concurrency`: runs would pile up",
        ),
        ("name: Good\non", "on", "1:1 names: the workflow has no `name`"),
        ("    timeout-minutes: 5\n", "", "12:3 timeout: job `good` has no `timeout-minutes`"),
        (
            "    permissions:\n      contents: read\n",
            "",
            "12:3 permissions: job `good` does not say its `permissions`",
        ),
        (
            "    permissions:\n      contents: read\n",
            "    permissions: write-all\n",
            "16:18 permissions: name each permission, with `read` or `write`",
        ),
        ("    name: Good\n", "", "12:3 names: job `good` has no `name`"),
        ("name: Say\n        run", "run", "21:9 names: a step has no `name`"),
        (
            "echo good",
            "echo ${{ inputs.paths }}",
            "22:14 inputs: a script holds `${{`: give it the value by `env`",
        ),
        ("        description: What to check.\n", "", "5:7 descriptions: input `paths` has no `description`"),
        (
            "echo good",
            "|\n          # shellcheck disable=SC2086\n          echo",
            "23:11 ignores: a finding is ignored",
        ),
        (
            "echo good",
            "echo  # zizmor: ignore[artipacked]",
            "22:20 ignores: a finding is ignored without a reason",
        ),
    ],
)
def test_a_broken_rule_is_told_with_its_place(old: str, new: str, finding: str) -> None:
    assert old in GOOD
    (found,) = _found(GOOD.replace(old, new, 1))
    assert found.startswith(finding)


def test_a_job_that_calls_needs_no_limit_of_time() -> None:
    called = GOOD[: GOOD.index("    runs-on")] + "    permissions: {}\n    uses: ./.github/workflows/a.yaml\n"
    assert _found(called) == []


def test_a_reason_may_stand_beside_or_above() -> None:
    text = GOOD.replace(
        "echo good",
        "|\n          # shellcheck disable=SC2086  # words\n          # Words are wanted.\n"
        "          # shellcheck disable=SC2086,SC2046\n          echo  # zizmor: ignore[artipacked] read",
    )
    assert _found(text) == []


def test_an_action_must_have_descriptions_and_names_too() -> None:
    text = ACTION.replace("    description: It.\n", "    default: it\n").replace("name: Do\n      ", "")
    assert _found(text) == [
        "4:3 descriptions: input `what` has no `description`",
        "9:7 names: a step has no `name`",
    ]


@pytest.mark.parametrize(
    ("uses", "message"),
    [
        ("actions/checkout@v4", "`actions/checkout@v4` is not pinned by a commit"),
        (f"actions/checkout@{NEW}", "`actions/checkout` is not the v1.0.0"),
        (f"actions/checkout@{OLD}  # v1", "the comment says `v1`, and `pins.toml` `v1.0.0`"),
        (f"who/knows@{OLD}", "`pins.toml` has no action `who/knows`"),
        ("docker://alpine:3", "image `docker://alpine:3` is not pinned by a digest"),
        ("lsst/lsstinstall/.github/workflows/a.yaml@main", "our own workflows are called `@v1`, not `@main`"),
    ],
)
def test_pins_agree_with_the_table(uses: str, message: str) -> None:
    (found,) = _uses(uses)
    assert message in found


@pytest.mark.parametrize(
    "uses", ["docker://alpine@sha256:12", "./a", "lsst/lsstinstall/.github/workflows/a.yaml@v1"]
)
def test_other_ways_of_pinning_are_right(uses: str) -> None:
    assert _uses(uses) == []


def test_callers_may_name_our_series_and_any_commit() -> None:
    ours = "lsst/lsstinstall/.github/workflows/a.yaml"
    assert _uses(f"{ours}@v2", pinned=False) == _uses(f"who/knows@{NEW}", pinned=False) == []
    assert "not pinned by a commit" in _uses(f"{ours}@main", pinned=False)[0]
    assert "not pinned by a commit" in _uses("who/knows@v2", pinned=False)[0]


_CALLED = GOOD.replace("    inputs:\n", "    inputs:\n      runner: {description: Label.}\n")


@pytest.mark.parametrize(
    ("group", "findings"),
    [
        ("a-${{ github.workflow }}-${{ github.ref }}-${{ inputs.runner }}", []),
        ("${{ github.workflow }}-${{ github.ref }}-${{ inputs.runner }}", ["begins with its own name"]),
        ("a-${{ github.workflow }}-${{ github.ref_name }}", ["lacks `github.ref`", "lacks `inputs.runner`"]),
    ],
)
def test_calls_of_a_workflow_are_told_apart(group: str, findings: list[str]) -> None:
    texts = [
        one.partition(" concurrency: the group of a called workflow ")[2]
        for one in _found(
            _CALLED.replace("group: good-${{ github.workflow }}-${{ github.ref }}", f"group: {group}")
        )
    ]
    assert [one.split(":", 1)[0].split(",", 1)[0] for one in texts] == findings


def test_what_github_would_not_start_is_told() -> None:
    lines = "".join(f"        echo {number:05}\n" for number in range(2_000))
    text = ACTION.replace("run: echo done\n", f"run: |\n{lines}")
    assert _found(text) == ["11:12 size: a script has 22,000 characters; more than 20,000 may be refused"]
    many = GOOD + "# more\n" * 75_000
    assert _found(many) == ["1:1 size: GitHub runs no workflow of more than 512,000 bytes"]
