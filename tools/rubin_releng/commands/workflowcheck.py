"""`rubin-releng workflow check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError, ToolkitError
from rubin_releng.adapters.workflowfiles import WorkflowFolders, has_sources, nearest_checkout
from rubin_releng.adapters.workflowlinters import find_linters
from rubin_releng.commands.workflowrender import workflow_texts
from rubin_releng.workflows.checking import check_workflows, differences
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.renderplans import plan_rendering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.workflowfindings import WorkflowFinding

__all__ = ["check"]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkout with .github/ [default: found upward from here].",
)
@output_options
def check(console: Console, files: tuple[Path, ...], root: Path | None) -> int:
    """Check workflows and composite actions of a repository.

    FILES are those to check; by default all of the checkout. They are read by
    actionlint with shellcheck, by zizmor as an auditor, and by rules of our
    own: permissions, limits of time, concurrency, pins, descriptions. A
    checkout with workflows/pins.toml must agree with it, and its rendered
    workflows with their sources.

    Example: rubin-releng workflow check
    """
    folders = WorkflowFolders(root=root or nearest_checkout(Path.cwd()))
    texts = workflow_texts(_texts(folders, files), "workflows")
    if not texts:
        raise NotFoundError(
            f"there are no workflows in `{folders.root}`", hint="looked in `.github/workflows`"
        )
    linters = find_linters(folders.root)
    versions = linters.versions()
    reporter = console.reporter()
    reporter.note(", ".join(f"{name} {version}" for name, version in versions.items()))
    pins = read_pins(folders.pins()) if has_sources(folders.root) else None
    findings = list(check_workflows(texts, pins, linters))
    if pins is not None and not files:
        sources = workflow_texts(folders.sources(), "sources of workflows")
        findings += differences(plan_rendering(sources, folders.rendered(), pins, folders.scripts()))
    return _answer(console, versions, [one.path for one in texts], sorted(findings))


def _texts(folders: WorkflowFolders, files: Sequence[Path]) -> dict[str, str]:
    if not files:
        return folders.everything()
    root = folders.root.resolve()
    return {os.path.relpath(path.resolve(), root): read_text(path) for path in files}


def _answer(
    console: Console, versions: dict[str, str], paths: Sequence[str], findings: Sequence[WorkflowFinding]
) -> int:
    data = {
        "tools": versions,
        "files": list(paths),
        "findings": [one.to_dict() for one in findings],
    }
    count = len(findings)
    told = f"{count} finding{'' if count == 1 else 's'} in {len(paths)} file{'' if len(paths) == 1 else 's'}"
    problem = ToolkitError(told) if findings else None
    human = "\n".join([*map(str, findings), *([] if problem else [told])])
    return end_with(console, data, human, problem)
