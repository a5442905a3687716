"""`rubin-releng workflow render`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError, ToolkitError
from rubin_releng.adapters.workflowfiles import find_workflows, parse_all
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.renderplans import RenderChange, plan_rendering
from rubin_releng.workflows.sources import WorkflowText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if something would be written.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would change and write nothing.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkout with workflows/ [default: found upward from here].",
)
@output_options
def render(console: Console, names: tuple[str, ...], root: Path | None, *, check: bool, dry_run: bool) -> int:
    """Write the reusable workflows into .github/workflows.

    NAME is that of a file in workflows/reusable; by default all are written,
    and what was rendered from sources that are gone is removed. Commits of
    actions, versions of tools and the scripts of steps are put into the
    sources. Files that were not rendered are left alone.

    Example: rubin-releng workflow render --check
    """
    folders = find_workflows(root=root, start=Path.cwd())
    sources = workflow_texts(_named(folders.sources(), names), "sources of workflows")
    present = folders.rendered()
    if names:
        present = {path: text for path, text in present.items() if PurePosixPath(path).stem in names}
    files = plan_rendering(sources, present, read_pins(folders.pins()), folders.scripts())
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


def _named(texts: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    if not names:
        return texts
    found = {PurePosixPath(path).stem: path for path in texts}
    missing = [f"`{name}`" for name in names if name not in found]
    if missing:
        raise NotFoundError(
            f"there is no source of a workflow {', '.join(missing)}",
            hint=f"there are {', '.join(f'`{name}`' for name in found) or 'none'}",
        )
    return {found[name]: texts[found[name]] for name in names}
