"""The linters on all workflows, composite actions and starters."""

from __future__ import annotations

from pathlib import Path

import pytest

from rubin_releng.adapters.workflowfiles import WorkflowFolders
from rubin_releng.adapters.workflowlinters import find_linters
from rubin_releng.commands.workflowrender import workflow_texts
from rubin_releng.workflows.checking import check_workflows
from rubin_releng.workflows.pins import read_pins

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[3]


def test_no_linter_finds_anything(capsys: pytest.CaptureFixture[str]) -> None:
    folders = WorkflowFolders(root=ROOT)
    linters = find_linters(ROOT)
    with capsys.disabled():
        print(f"\n{', '.join(f'{name} {version}' for name, version in linters.versions().items())}")  # noqa: T201
    texts = workflow_texts(folders.everything(), "workflows")
    assert len(texts) > 40
    findings = check_workflows(texts, read_pins(folders.pins()), linters)
    assert [str(one) for one in findings] == []
