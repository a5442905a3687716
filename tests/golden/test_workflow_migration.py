"""The table of a migration and our workflows fit each other."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rubin_releng.workflows.migrationcopies import COPIES
from rubin_releng.workflows.migrationtable import OUR_REPOSITORY, OUR_SERIES, RULES

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.workflows.migrationrules import WorkflowRule

# Workflows of lsst/rubin_workflows with their inputs, and the names of their jobs, of 2025-09-15.
OLD = {
    "rebase_checker": ((), ("rebase-checker",)),
    "lint": ((), ("lint",)),
    "formatting": (
        ("ruff_version", "flake8_version", "black_version", "isort_version"),
        (
            "check-tooling",
            "format_with_ruff",
            "format_with_black",
            "lint_with_ruff",
            "lint_with_flake8",
            "isort",
        ),
    ),
    "yamllint": (("args",), ("yamllint",)),
    "mypy": (("mypy_package", "folders"), ("mypy",)),
    "docstyle": (("args",), ("docstyle",)),
    "markdownlint": ((), ("lint",)),
    "build_docs": ((), ("build_sphinx_docs",)),
    "cmake": ((), ("cmake",)),
    "shellcheck": ((), ("shellcheck",)),
}
_LEVELS = ("none", "read", "write")


def source_of(root: Path, name: str) -> dict[Any, Any]:
    path = root / "workflows/reusable" / f"{name}.yaml"
    assert path.is_file(), f"the table names `{name}`, and there is no `{path}`"
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def called(source: dict[Any, Any]) -> dict[str, Any]:
    # YAML 1.1 takes `on` for a truth value.
    found: dict[str, Any] = source[True]["workflow_call"] or {}
    return found


def needed(source: dict[Any, Any]) -> dict[str, str]:
    scopes: dict[str, str] = {}
    for job in source["jobs"].values():
        for scope, level in job["permissions"].items():
            scopes[scope] = max(scopes.get(scope, "none"), level, key=_LEVELS.index)
    return scopes


def test_every_workflow_of_the_old_set_has_a_rule() -> None:
    assert {rule.old: (tuple(one.old for one in rule.inputs), rule.old_checks) for rule in RULES} == OLD


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.old)
def test_a_rule_names_inputs_that_its_workflow_has(rule: WorkflowRule, project_root: Path) -> None:
    inputs = called(source_of(project_root, rule.new)).get("inputs", {})
    given = {one.new for one in rule.inputs if one.new} | {name for name, _ in rule.added}
    given |= {one.excluding for one in rule.inputs if one.excluding}
    assert given <= inputs.keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.old)
def test_a_migrated_call_lacks_nothing(rule: WorkflowRule, project_root: Path) -> None:
    call = called(source_of(project_root, rule.new))
    required = {name for name, one in call.get("inputs", {}).items() if one.get("required")}
    assert required <= {name for name, _ in rule.added}
    assert not [name for name, one in call.get("secrets", {}).items() if one.get("required")]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.old)
def test_a_rule_gives_just_the_permissions_that_its_workflow_asks_for(
    rule: WorkflowRule, project_root: Path
) -> None:
    assert dict(rule.permissions) == needed(source_of(project_root, rule.new))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.old)
def test_a_rule_names_checks_as_pull_requests_show_them(rule: WorkflowRule, project_root: Path) -> None:
    jobs = source_of(project_root, rule.new)["jobs"]
    assert rule.new_checks == tuple(job.get("name", key) for key, job in jobs.items())


@pytest.mark.parametrize("workflow", sorted({mark.workflow for mark in COPIES}))
def test_a_workflow_that_is_suggested_exists(workflow: str, project_root: Path) -> None:
    assert source_of(project_root, workflow)


def test_ours_are_called_where_they_are(project_root: Path) -> None:
    pins = tomllib.loads((project_root / "workflows/pins.toml").read_text(encoding="utf-8"))
    assert pins["self"] == {"repository": OUR_REPOSITORY, "series": OUR_SERIES}


def test_the_manual_tells_what_callers_must_give(project_root: Path) -> None:
    manual = (project_root / "docs/howto/workflows.md").read_text(encoding="utf-8")
    table = manual.partition("\n## What")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*) \|([^|]*)\|$", table, re.MULTILINE)
    told = {
        name: (re.findall(r"`([^`]+)`", rights), re.findall(r"`([^`]+)`", keys))
        for name, rights, keys in rows
    }
    wanted = {}
    for path in sorted((project_root / "workflows/reusable").glob("*.yaml")):
        source = source_of(project_root, path.stem)
        rights = [f"{scope}: {level}" for scope, level in sorted(needed(source).items())]
        keys = list(called(source).get("secrets", {}))
        if keys or rights != ["contents: read"]:
            wanted[path.stem] = (rights, keys)
    assert told == wanted


def test_the_manual_tells_every_migration(project_root: Path) -> None:
    manual = (project_root / "docs/howto/workflows.md").read_text(encoding="utf-8")
    assert all(f"| `{rule.old}` | `{rule.new}` |" in manual for rule in RULES)
