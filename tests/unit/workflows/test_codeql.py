"""The workflow `codeql`, which no runner but GitHub's can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def test_it_has_the_rights_it_needs_and_no_others(project_root: Path) -> None:
    workflow = yaml.safe_load((project_root / ".github/workflows/codeql.yaml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["codeql"]
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"actions": "read", "contents": "read", "security-events": "write"}
    starter = yaml.safe_load((project_root / "workflows/starters/codeql.yaml").read_text(encoding="utf-8"))
    assert starter["jobs"]["codeql"]["permissions"] == job["permissions"]


def test_its_steps_are_of_one_commit_and_given_their_inputs(project_root: Path) -> None:
    workflow = yaml.safe_load((project_root / ".github/workflows/codeql.yaml").read_text(encoding="utf-8"))
    steps = {step["name"]: step for step in workflow["jobs"]["codeql"]["steps"]}
    prepare, analyze = steps["Prepare CodeQL"], steps["Analyze"]
    assert prepare["uses"].partition("@")[2] == analyze["uses"].partition("@")[2]
    assert prepare["with"] == {
        "languages": "${{ matrix.language }}",
        "build-mode": "${{ inputs.build-mode }}",
        "queries": "${{ inputs.queries }}",
        "config-file": "${{ inputs.config-file }}",
    }
    assert all("run" not in step for step in steps.values())
