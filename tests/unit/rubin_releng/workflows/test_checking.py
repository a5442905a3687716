from __future__ import annotations

from rubin_releng.core.workflowfindings import WorkflowFinding
from rubin_releng.workflows.checking import check_workflows, differences
from rubin_releng.workflows.renderplans import RenderedFile
from tests.support.workflowtexts import GOOD, FakeLinters, a_workflow, some_pins

ACTION = """\
name: Act
runs:
  using: composite
  steps:
    - {name: a, shell: bash, run: echo a}
    - name: b
      shell: sh
      run: |
        echo b
    - {name: c, shell: python, run: print()}
    - {name: d, uses: ./e}
"""


def _finding(path: str, line: int, tool: str) -> WorkflowFinding:
    return WorkflowFinding(path=path, line=line, column=1, tool=tool, rule="r", message="m")


def test_each_linter_gets_what_it_can_read_and_all_findings_are_sorted() -> None:
    linters = FakeLinters(
        {
            "actionlint": (_finding("b.yaml", 2, "actionlint"), _finding("b.yaml", 2, "actionlint")),
            "zizmor": (_finding("b.yaml", 1, "zizmor"),),
            "shellcheck": (_finding("a/action.yaml", 9, "shellcheck"),),
        }
    )
    texts = [a_workflow(GOOD, path="b.yaml"), a_workflow(ACTION, path="a/action.yaml")]
    findings = check_workflows(texts, some_pins(), linters)
    assert [str(one) for one in findings] == [
        "a/action.yaml:9:1: m [shellcheck: r]",
        "b.yaml:1:1: m [zizmor: r]",
        "b.yaml:2:1: m [actionlint: r]",
    ]
    assert linters.asked == [
        ("actionlint", "b.yaml"),
        ("zizmor", "b.yaml", "a/action.yaml"),
        ("shellcheck", "echo a", "bash", "a/action.yaml", 5),
        ("shellcheck", "echo b\n", "sh", "a/action.yaml", 9),
    ]
    assert findings[0].to_dict() == {
        "path": "a/action.yaml",
        "line": 9,
        "column": 1,
        "tool": "shellcheck",
        "rule": "r",
        "message": "m",
    }


def test_our_own_rules_are_among_the_findings() -> None:
    findings = check_workflows([a_workflow(GOOD.replace("permissions: {}\n", ""))], None, FakeLinters())
    assert [one.rule for one in findings] == ["permissions"]


def test_differences_have_the_first_line_that_differs() -> None:
    files = [
        RenderedFile(path="a", before=None, after="x"),
        RenderedFile(path="b", before="x", after=None),
        RenderedFile(path="c", before="1\n2\n3", after="1\n0\n3"),
        RenderedFile(path="d", before="1\n2", after="1\n2\n3"),
        RenderedFile(path="e", before="1", after="1"),
    ]
    assert [(one.path, one.line) for one in differences(files)] == [("a", 1), ("b", 1), ("c", 2), ("d", 2)]
