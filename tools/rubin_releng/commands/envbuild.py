"""`rubin-releng env build`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.conda import channel_uri
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.core.names import parse_subdir
from rubin_releng.adapters.condachannels import LocalChannel
from rubin_releng.adapters.rattlerbuild import RattlerBuild
from rubin_releng.adapters.recipefiles import REQUIREMENTS, stage_recipe
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.packagejobs import PackageJob
from rubin_releng.core.requirements import merge_requirements, parse_requirements
from rubin_releng.environments.packagebuilder import PackagePlan, plan_packages, run_packages

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.condapackages import CondaPackage

__all__ = ["build"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--recipe",
    "recipes",
    type=_FOLDER,
    multiple=True,
    required=True,
    help="Folder with a recipe.yaml (format v1); several are built in the order given.",
)
@click.option(
    "--requirements",
    type=_FILE,
    help="Version and requirements of the last recipe's outputs; by default requirements.yaml beside it.",
)
@click.option("--variants", type=_FILE, multiple=True, help="Variant file; later ones win.")
@click.option("--output", type=_FOLDER, required=True, help="Channel to put the packages into.")
@click.option("--channel", "channels", multiple=True, help="URI or folder of a channel to build against.")
@click.option("--platform", "platforms", multiple=True, help="Build for this platform [default: this one].")
@click.option(
    "--compression-level",
    type=click.IntRange(1, 22),
    help="From 1, fast, to 22, small [default: rattler-build's own].",
)
@click.option("--test", is_flag=True, help="Run the recipe's tests.")
@click.option("--replace", is_flag=True, help="Replace packages of the same name made from other inputs.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be built.")
@output_options
def build(
    console: Console,
    recipes: tuple[Path, ...],
    requirements: Path | None,
    variants: tuple[Path, ...],
    output: Path,
    channels: tuple[str, ...],
    platforms: tuple[str, ...],
    compression_level: int | None,
    *,
    test: bool,
    replace: bool,
    dry_run: bool,
) -> None:
    """Build recipes into a local channel, and index it.

    Packages that are there and were made from the same recipe, variants and
    platform are left alone. The channel itself is searched first for what a
    recipe needs.

    Example: rubin-releng env build --recipe recipes/rubin-env --channel conda-forge --output channel
    """
    machine = machine_platform()
    packager, channel = RattlerBuild(machine, compression_level=compression_level), LocalChannel(output)
    subdirs = [parse_subdir(name) for name in platforms] or [machine]
    with tempfile.TemporaryDirectory(prefix="rubin-releng-") as scratch:
        files = [
            _complete(
                folder, requirements if number == len(recipes) - 1 else None, Path(scratch) / str(number)
            )
            for number, folder in enumerate(recipes)
        ]
        jobs = [
            PackageJob(
                recipe=file,
                variants=variants,
                platform=subdir,
                channels=(channel.uri, *(channel_uri(one) for one in channels)),
                test=test,
            )
            for file in files
            for subdir in subdirs
        ]
        plan = plan_packages(jobs, packager=packager, channel=channel, replace=replace)
        if dry_run:
            _answer(console, plan, channel, ())
            return
        with channel.opened() as work:
            built = run_packages(
                plan, packager=packager, channel=channel, work=work, reporter=console.reporter()
            )
    _answer(console, plan, channel, built)


def _complete(folder: Path, requirements: Path | None, scratch: Path) -> Path:
    recipe = folder / "recipe.yaml"
    if requirements is None and (folder / REQUIREMENTS).is_file():
        requirements = folder / REQUIREMENTS
    if requirements is None:
        return recipe.absolute()
    document = parse_yaml(read_text(recipe), source=str(recipe))
    wanted = parse_requirements(parse_yaml(read_text(requirements), source=str(requirements)))
    return stage_recipe(folder, scratch, merge_requirements(document, wanted))


def _answer(
    console: Console, plan: PackagePlan, channel: LocalChannel, built: tuple[CondaPackage, ...]
) -> None:
    planned = [(step, package) for step in plan.steps for package in step.packages]
    data = {
        "channel": channel.uri,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "build": package.build,
                "subdir": package.subdir,
                "action": "build" if step.build else "unchanged",
            }
            for step, package in planned
        ],
        "built": [f"{package.subdir}/{package.file_name}" for package in built],
    }
    human = [f"{'build' if step.build else 'keep'}  {one.subdir}/{one.file_name}" for step, one in planned]
    console.answer(data, "\n".join(human))
