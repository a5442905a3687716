"""`rubin-releng env build`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.conda import CondaEngine, channel_uri
from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.condaunpacked import unpack_indexes
from lsstinstall.commands.frame import output_options
from lsstinstall.core.platforms import PLATFORMS
from rubin_releng.adapters.condabuild import CondaBuild
from rubin_releng.adapters.condachannels import LocalChannel
from rubin_releng.adapters.rattlerbuild import RattlerBuild
from rubin_releng.commands.recipejobs import JobOptions, make_jobs
from rubin_releng.environments.packagebuilder import PackagePlan, plan_packages, run_packages
from rubin_releng.environments.rendering import RecipeFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.names import CondaSubdir

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
    help="Folder with a limits ledger, or a recipe.yaml; several are built in the order given.",
)
@click.option(
    "--requirements",
    type=_FILE,
    help="Limits ledger of the last recipe [default: requirements.yaml beside it].",
)
@click.option("--version", help="Version of the ledger, or VERSION=BUILD [default: the newest].")
@click.option("--build-number", type=click.IntRange(0), help="Build of it [default: the newest recorded].")
@click.option("--variants", type=_FILE, multiple=True, help="Variant file; later ones win.")
@click.option("--output", type=_FOLDER, required=True, help="Channel to put the packages into.")
@click.option("--channel", "channels", multiple=True, help="URI or folder of a channel to build against.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    help="Build for this platform, or `all` that the version has [default: this one].",
)
@click.option(
    "--compression-level",
    type=click.IntRange(1, 22),
    help="From 1, fast, to 22, small [default: rattler-build's own].",
)
@click.option(
    "--run-exports",
    is_flag=True,
    help="Install what outputs list in host, for what it adds to their requirements.",
)
@click.option(
    "--engine",
    type=click.Choice(["rattler", "conda-build"]),
    default="rattler",
    show_default=True,
    help="Who builds.",
)
@click.option("--conda", default="conda", show_default=True, help="Program that has conda-build.")
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
    version: str | None,
    build_number: int | None,
    engine: str,
    conda: str,
    *,
    run_exports: bool,
    test: bool,
    replace: bool,
    dry_run: bool,
) -> None:
    """Build recipes into a local channel, and index it.

    Packages that are there and were made from the same recipe, variants and
    platform are left alone. The channel itself is searched first for what a
    recipe needs. A version of a ledger is built with all its outputs, which
    are named alike by both engines.

    Example: rubin-releng env build --recipe recipes/rubin-env --channel conda-forge --output channel
    """
    machine, channel = machine_platform(), LocalChannel(output)
    packager = RattlerBuild(machine, compression_level=compression_level)
    options = JobOptions(
        recipes=recipes,
        requirements=requirements,
        variants=variants,
        channels=(channel.uri, *map(_plain, channels)),
        platforms=platforms,
        version=version,
        build_number=build_number,
        form=RecipeFormat.RATTLER if engine == "rattler" else RecipeFormat.CONDA_BUILD,
        host=run_exports,
        test=test,
    )
    builder = packager if engine == "rattler" else CondaBuild(conda, os.environ)
    with tempfile.TemporaryDirectory(prefix="rubin-releng-") as scratch:
        jobs = make_jobs(options, renderer=packager, machine=machine, scratch=Path(scratch))
        plan = plan_packages(jobs, packager=builder, channel=channel, replace=replace)
        _check_hosts(builder, plan)
        if dry_run:
            _answer(console, plan, channel, ())
            return
        if run_exports:
            _read_channels(channels, {step.job.platform for step in plan.steps if step.build})
        with channel.opened() as work:
            built = run_packages(
                plan, packager=builder, channel=channel, work=work, reporter=console.reporter()
            )
    _answer(console, plan, channel, built)


def _check_hosts(builder: RattlerBuild | CondaBuild, plan: PackagePlan) -> None:
    """Tell before anything is built what cannot be."""
    for step in plan.steps:
        if step.build and isinstance(builder, RattlerBuild):
            builder.check_host(step.job)


def _plain(channel: str) -> str:
    """Name a channel so that rattler-build can read it: it knows no folder whose indexes are all packed."""
    subdirs = [*(one.subdir for one in PLATFORMS), "noarch"]
    return unpack_indexes(channel_uri(channel).rstrip("/"), subdirs, cache=package_cache(None, os.environ))


def _read_channels(channels: Sequence[str], platforms: Iterable[CondaSubdir]) -> None:
    """Ask every channel for something: rattler-build passes over those that it cannot read."""
    engine = CondaEngine(package_cache(None, os.environ), keep_indexes=True)
    for platform in sorted(platforms):
        for channel in channels:
            engine.offers("python", channels=[channel], platform=platform)


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
