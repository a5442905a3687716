"""What callers of a series rely on."""

from __future__ import annotations

import pytest

from selfrelease.series import WorkflowInterface, breaches, parse_interface

WORKFLOW = """\
on:
  workflow_call:
    inputs:
      paths: {type: string, default: .}
      strict: {type: boolean, required: true}
    secrets:
      token: {required: true}
    outputs:
      problems: {value: x}
jobs:
  one:
    name: First
    permissions: {contents: read, id-token: write}
  two:
    permissions: {contents: write}
  three: {}
  four: {name: "On ${{ matrix.os }}"}
"""


def interface(text: str = WORKFLOW) -> WorkflowInterface:
    found = parse_interface(text, source="a.yaml")
    assert found is not None
    return found


def test_an_interface_is_what_callers_see() -> None:
    assert interface() == WorkflowInterface(
        inputs={"paths": "string", "strict": "boolean"},
        outputs=frozenset({"problems"}),
        secrets=frozenset({"token"}),
        required=frozenset({"strict", "token"}),
        permissions={"contents": "write", "id-token": "write"},
        checks=frozenset({"First", "two", "three"}),
    )


@pytest.mark.parametrize("text", ["on: push\n", "on: {push: }\n", "[a]\n"])
def test_a_workflow_that_none_can_call_has_no_interface(text: str) -> None:
    assert parse_interface(text, source="a.yaml") is None


def test_a_call_without_inputs_has_an_empty_interface() -> None:
    found = interface("on:\n  workflow_call:\njobs: {}\n")
    assert not found.inputs
    assert not found.required


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("x", "x", []),
        ("default: .", "default: a", []),
        ("      problems", "      more: {value: y}\n      problems", []),
        ("paths:", "path:", ["the input `paths` is gone"]),
        ("type: boolean", "type: number", ["the input `strict` is a number and was a boolean"]),
        ("First", "Other", ["the job `First` is gone"]),
        ("problems", "found", ["the output `problems` is gone"]),
        ("default: .", "required: true", ["`paths` must be given now"]),
        ("token: {required: true}", "other: {}", ["the secret `token` is gone"]),
        (
            "three: {}",
            "three: {permissions: {pages: read}}",
            ["it needs the permission `pages: read` and had `none`"],
        ),
    ],
)
def test_what_callers_would_stumble_over_is_told(before: str, after: str, told: list[str]) -> None:
    assert list(breaches(interface(), interface(WORKFLOW.replace(before, after)))) == told


def test_a_workflow_that_is_gone_is_told() -> None:
    assert list(breaches(interface(), None)) == ["it is gone"]
