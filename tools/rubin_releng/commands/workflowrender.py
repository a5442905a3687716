"""`rubin-releng workflow render`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ToolkitError
from rubin_releng.adapters.workflowfiles import find_workflows, parse_all
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.renderplans import RenderChange, plan_rendering
from rubin_releng.workflows.sources import WorkflowText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console

__all__ = ["render", "workflow_texts"]


def workflow_texts(texts: Mapping[str, str], what: str) -> tuple[WorkflowText, ...]:
    """Read workflows.

    Parameters
    ----------
    texts : `~collections.abc.Mapping` [ `str`, `str` ]
        Path below the checkout to text.
    what : `str`
        They are, for the message.

    Returns
    -------
    workflows : `tuple` [ `WorkflowText`, ... ]
        In the given order.

    Raises
    ------
    ProblemsError
        Raised if some are no YAML; it names all of them.
    """
    return tuple(
        WorkflowText(name=PurePosixPath(path).stem, path=path, text=texts[path], document=document)
        for path, document in parse_all(texts, what)
    )


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if something would be written.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would change and write nothing.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkout with workflows/ [default: found upward from here].",
)
@output_options
def render(console: Console, root: Path | None, *, check: bool, dry_run: bool) -> int:
    """Write the reusable workflows into .github/workflows.

    Commits of actions, versions of tools and the scripts of steps are put into
    the sources in workflows/reusable. Files that were not rendered are left
    alone.

    Example: rubin-releng workflow render --check
    """
    folders = find_workflows(root=root, start=Path.cwd())
    sources = workflow_texts(folders.sources(), "sources of workflows")
    files = plan_rendering(sources, folders.rendered(), read_pins(folders.pins()), folders.scripts())
    changed = [one for one in files if one.change is not RenderChange.KEEP]
    if not check and not dry_run:
        for one in changed:
            folders.write(one.path, one.after)
    data = {"files": [{"path": one.path, "change": one.change.value} for one in files]}
    shown = "".join(one.diff for one in changed) if check or dry_run else ""
    rows = "".join(f"{one.change.value:<6} {one.path}\n" for one in changed)
    told = f"{shown}{rows}{len(changed)} of {len(files)} workflows " + (
        "would be written" if check or dry_run else "written"
    )
    problem = None
    if check and changed:
        problem = ToolkitError(
            "the workflows in `.github/workflows` differ from their sources",
            hint="run `rubin-releng workflow render`",
        )
    return end_with(console, data, told, problem)
