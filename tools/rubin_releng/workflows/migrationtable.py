"""The table of a migration: each workflow of `lsst/rubin_workflows` and its counterpart of ours."""

from __future__ import annotations

from rubin_releng.workflows.migrationrules import InputRule, ValueChange, WorkflowRule

__all__ = ["OUR_REPOSITORY", "OUR_SERIES", "RULES"]

OUR_REPOSITORY = "lsst/lsstinstall"
"""Where our workflows are, as `workflows/pins.toml` has it."""

OUR_SERIES = "v1"
"""The tag that moves with each release, as `workflows/pins.toml` has it."""

_VERSIONS = ("ruff", "flake8", "black", "isort")

RULES: tuple[WorkflowRule, ...] = (
    WorkflowRule(
        old="rebase_checker",
        new="rebase-checker",
        old_checks=("rebase-checker",),
        new_checks=("rebase-checker",),
    ),
    WorkflowRule(
        old="lint",
        new="lint",
        old_checks=("lint",),
        new_checks=("lint",),
        note="settings decide between flake8 and ruff now; `lint-tool: flake8` keeps flake8",
    ),
    WorkflowRule(
        old="formatting",
        new="formatting",
        inputs=tuple(InputRule(old=f"{tool}_version", new=f"{tool}-version") for tool in _VERSIONS),
        old_checks=(
            *("check-tooling", "format_with_ruff", "format_with_black"),
            *("lint_with_ruff", "lint_with_flake8", "isort"),
        ),
        new_checks=("formatting",),
    ),
    WorkflowRule(
        old="yamllint",
        new="yamllint",
        inputs=(InputRule(old="args", new="paths", change=ValueChange.LINES),),
        added=(("strict", "false"),),
        old_checks=("yamllint",),
        new_checks=("yamllint",),
    ),
    WorkflowRule(
        old="mypy",
        new="mypy",
        inputs=(
            InputRule(old="mypy_package", new="mypy-version", change=ValueChange.REQUIREMENT),
            InputRule(old="folders", new="paths", change=ValueChange.WORDS),
        ),
        old_checks=("mypy",),
        new_checks=("mypy",),
    ),
    WorkflowRule(
        old="docstyle",
        new="docstyle",
        inputs=(InputRule(old="args", new="paths", change=ValueChange.WORDS, excluding="exclude"),),
        old_checks=("docstyle",),
        new_checks=("docstyle",),
        note="ruff checks docstrings now, by the settings for pydocstyle",
    ),
    WorkflowRule(old="markdownlint", new="markdownlint", old_checks=("lint",), new_checks=("markdownlint",)),
    WorkflowRule(
        old="build_docs",
        new="docs",
        added=(("nitpick", "false"), ("warnings-are-errors", "false")),
        old_checks=("build_sphinx_docs",),
        new_checks=("Build the documentation",),
        note="documenteer comes from `doc/requirements.txt` now, of the version that stands there",
    ),
    WorkflowRule(old="cmake", new="cmake", old_checks=("cmake",), new_checks=("Build and test",)),
    WorkflowRule(old="shellcheck", new="shellcheck", old_checks=("shellcheck",), new_checks=("shellcheck",)),
)
"""Every workflow that the old repository has."""
