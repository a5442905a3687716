"""`rubin-releng workflow list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.workflowfiles import find_workflows
from rubin_releng.commands.workflowrender import workflow_texts
from rubin_releng.workflows.outlines import outline
from rubin_releng.workflows.pins import read_pins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.workflows.outlines import Outline, Parameter
    from rubin_releng.workflows.pins import Pins

__all__ = ["list_workflows"]


@click.command("list")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkout with workflows/ [default: found upward from here].",
)
@output_options
def list_workflows(console: Console, names: tuple[str, ...], root: Path | None) -> None:
    """List reusable workflows and composite actions.

    With NAME also their inputs, outputs, secrets and the permissions that the
    job of a caller needs.

    Example: rubin-releng workflow list yamllint
    """
    folders = find_workflows(root=root, start=Path.cwd())
    pins = read_pins(folders.pins())
    rendered, sources = folders.rendered(), folders.sources()
    # As callers see them: with versions put in, as far as they were rendered.
    texts = {
        path: rendered.get(f".github/workflows/{Path(path).name}", text) for path, text in sources.items()
    }
    found = [outline(one) for one in workflow_texts({**texts, **folders.actions()}, "workflows")]
    wanted = [one for one in found if one.name in names] if names else found
    missing = [f"`{name}`" for name in names if name not in {one.name for one in found}]
    if missing:
        told = ", ".join(f"`{one.name}`" for one in found)
        raise NotFoundError(f"there is no workflow {', '.join(missing)}", hint=f"there are {told}")
    data = {"workflows": [{**one.to_dict(), "uses": _uses(one, pins)} for one in wanted]}
    console.answer(data, "\n".join(_told(wanted, pins, long=bool(names))))


def _uses(one: Outline, pins: Pins) -> str:
    folder = one.path.rpartition("/")[0] if one.action else f".github/workflows/{one.name}.yaml"
    return f"{pins.repository}/{folder}@{pins.series}"


def _told(outlines: Sequence[Outline], pins: Pins, *, long: bool) -> Iterator[str]:
    for one in outlines:
        if not long:
            inputs = ", ".join(parameter.name for parameter in one.inputs)
            yield f"{one.name:<20} {'action' if one.action else 'workflow':<8}  {inputs}"
            continue
        yield f"uses: {_uses(one, pins)}"
        for title, parameters in (("input", one.inputs), ("output", one.outputs), ("secret", one.secrets)):
            yield from (f"  {title} {_parameter(parameter)}" for parameter in parameters)
        yield from (f"  permission {name}: {level}" for name, level in one.permissions)


def _parameter(one: Parameter) -> str:
    kind = f" ({one.kind})" if one.kind else ""
    default = "" if one.default is None else f" [default: {one.default!r}]"
    return f"{one.name}{kind}: {one.description}{default}{' [required]' if one.required else ''}"
