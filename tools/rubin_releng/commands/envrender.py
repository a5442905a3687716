"""`rubin-releng env render`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.names import parse_subdir
from rubin_releng.adapters.ledgerfiles import load_ledger
from rubin_releng.adapters.recipefiles import find_recipe, stage_recipe
from rubin_releng.environments.recipeplans import plan_recipe
from rubin_releng.environments.rendering import RecipeFormat, render_recipe

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["render"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--version", help="Version, or VERSION=BUILD [default: the newest].")
@click.option("--build-number", type=click.IntRange(0), help="Build of it [default: the newest recorded].")
@click.option(
    "--platform", "platforms", multiple=True, help="What the recipe is for [default: all of the version's]."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([one.value for one in RecipeFormat]),
    default=RecipeFormat.RATTLER.value,
    show_default=True,
    help="recipe.yaml and variants.yaml, or meta.yaml and conda_build_config.yaml.",
)
@click.option("--output", type=_FOLDER, required=True, help="Folder to write the recipe into.")
@click.option("--root", type=_FOLDER, help="Checkout with recipes/ [default: found upward from here].")
@click.option("--dry-run", "-n", is_flag=True, help="Print the recipe and write nothing.")
@output_options
def render(
    console: Console,
    name: str,
    version: str | None,
    build_number: int | None,
    platforms: tuple[str, ...],
    form: str,
    output: Path,
    root: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Write the recipe of a version of NAME, from its limits ledger.

    NAME is a folder below recipes/, or a path. For one platform the recipe
    has no conditions; for several it has them where they differ.

    Example: rubin-releng env render rubin-env --version 4.0.5 --platform linux-64 --output recipe
    """
    loaded = load_ledger(find_recipe(name, root=root, start=Path.cwd()))
    ledger = loaded.ledger
    record = ledger.newest if version is None else ledger.record(version, build=build_number)
    if version is None and build_number is not None:
        record = ledger.record(record.version, build=build_number)
    plan = plan_recipe(ledger, record, [parse_subdir(one) for one in platforms])
    files = render_recipe(plan, RecipeFormat(form))
    if not dry_run:
        stage_recipe(output, files, scripts=loaded.folder)
    data = {
        "name": plan.name,
        "version": plan.version,
        "build_number": plan.build,
        "platforms": list(plan.platforms),
        "outputs": [one.name for one in plan.outputs],
        "files": [str(output / one) for one in files],
    }
    human = "\n".join(files.values()) if dry_run else "\n".join(f"wrote `{output / one}`" for one in files)
    console.answer(data, human)
