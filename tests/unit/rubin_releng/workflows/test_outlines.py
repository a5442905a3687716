from __future__ import annotations

from rubin_releng.workflows.outlines import outline
from rubin_releng.workflows.sources import scalars_of, text_of
from tests.support.workflowtexts import GOOD, a_workflow


def test_a_workflow_tells_what_callers_need_to_know() -> None:
    text = GOOD.replace(
        "permissions: {}",
        "    outputs:\n      count: {description: How many., value: x}\n"
        "    secrets:\n      token: {description: For it., required: true}\npermissions: {}",
    ).replace(
        "jobs:\n",
        "jobs:\n  odd: 1\n  first:\n    permissions: {contents: write, packages: none, id-token: odd}\n",
    )
    told = outline(a_workflow(text))
    assert told.to_dict() == {
        "name": "good",
        "path": "workflows/reusable/good.yaml",
        "kind": "workflow",
        "inputs": [
            {
                "name": "paths",
                "description": "What to check.",
                "type": "string",
                "default": None,
                "required": False,
            }
        ],
        "outputs": [{"name": "count", "description": "How many."}],
        "secrets": [{"name": "token", "description": "For it.", "required": True}],
        "permissions": {"contents": "write"},
    }


def test_an_action_is_named_after_its_folder() -> None:
    text = (
        "inputs:\n  a:\n  b: {default: [1], description: B}\nruns: {using: composite, steps: [1, {run: 1}]}\n"
    )
    told = outline(a_workflow(text, path="workflows/actions/setup/action.yaml"))
    assert (told.name, told.action) == ("setup", True)
    assert [(one.name, one.description, one.default) for one in told.inputs] == [
        ("a", "", None),
        ("b", "B", None),
    ]


def test_odd_files_offer_nothing() -> None:
    assert outline(a_workflow("- 1\n")).inputs == ()
    assert outline(a_workflow("runs: 1\n", path="x/y/action.yaml")).name == "y"
    text = a_workflow("a: [1, {b: 2}]\n")
    assert [one.value for one in scalars_of(text.root)] == [1, 2]
    assert text_of(None) is None
