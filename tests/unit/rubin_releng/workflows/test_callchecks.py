from __future__ import annotations

import pytest

from rubin_releng.workflows.callchecks import check_calls
from tests.support.workflowtexts import a_workflow

CALLED = """\
on:
  workflow_call:
    inputs:
      paths: {description: What., type: string}
      needed: {description: What., type: string, required: true}
    secrets:
      TOKEN: {description: It.}
jobs:
  one: {permissions: {contents: read}}
  two: {permissions: {contents: read, id-token: write}}
"""
ACTION = "inputs: {tag: {description: It.}}\nruns: {using: composite, steps: []}\n"
RIGHT = "permissions: {contents: read, id-token: write}, with: {needed: a}"


def _found(job: str, *, repository: str | None = "lsst/lsstinstall") -> list[str]:
    texts = [
        a_workflow(CALLED, path=".github/workflows/called.yaml"),
        a_workflow(ACTION, path="workflows/actions/act/action.yaml"),
        a_workflow(f"jobs:\n  call: {{{job}}}\n", path="a.yaml"),
    ]
    return [f"{one.line}:{one.column} {one.rule}: {one.message}" for one in check_calls(texts, repository)]


@pytest.mark.parametrize(
    "uses", ["./.github/workflows/called.yaml", "lsst/lsstinstall/.github/workflows/called.yaml@v1"]
)
def test_a_call_gives_what_is_asked_and_no_more(uses: str) -> None:
    assert _found(f"uses: {uses}, secrets: {{TOKEN: a}}, {RIGHT}") == []
    wrong = "permissions: {contents: write, actions: read}, with: {path: a}, secrets: {KEY: a}"
    path = ".github/workflows/called.yaml"
    assert _found(f"uses: {uses}, {wrong}") == [
        f"2:16 inputs: `{path}`: there is no input `path`; there are `paths`, `needed`",
        f"2:16 secrets: `{path}` has no secret `KEY`",
        f"2:16 permissions: `{path}` needs `actions: none`, and the job grants `read`",
        f"2:16 permissions: `{path}` needs `contents: read`, and the job grants `write`",
        f"2:16 permissions: `{path}` asks for `id-token: write`, and the job grants `none`",
    ]


def test_permissions_of_another_form_are_left_to_other_rules() -> None:
    uses = "uses: ./.github/workflows/called.yaml, with: {needed: a}"
    assert _found(f"{uses}, permissions: {{contents: all, id-token: write}}") == []


@pytest.mark.parametrize(
    "uses",
    ["./.github/workflows/other.yaml", "who/else/.github/workflows/called.yaml@v1", "actions/cache@v5"],
)
def test_what_is_not_there_is_left_to_others(uses: str) -> None:
    assert _found(f"uses: {uses}") == []
    assert _found(f"uses: {uses}", repository=None) == []


@pytest.mark.parametrize(
    "uses",
    [
        "./workflows/actions/act",
        "./.lsstinstall/workflows/actions/act",
        "lsst/lsstinstall/workflows/actions/act@v1",
    ],
)
def test_steps_give_an_action_inputs_that_it_has(uses: str) -> None:
    assert _found(f"steps: [{{uses: {uses}, with: {{tag: a}}}}]") == []
    assert _found(f"steps: [{{uses: {uses}, with: {{tags: a}}}}]") == [
        "2:25 inputs: `workflows/actions/act/action.yaml` has no input `tags`"
    ]
