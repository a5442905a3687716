"""`rubin-releng stack build`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.errors import ConfigurationError, InterruptedWorkError
from rubin_releng.adapters.workshops import log_path
from rubin_releng.commands.building import BuildOptions, build_products, dry_run
from rubin_releng.commands.buildresults import GANTT, find_critical_path
from rubin_releng.stack.buildreports import BuildFailedError, BuildOutcome

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.stack.buildplans import BuildPlan
    from rubin_releng.stack.buildreports import BuildReport, BuildResult

__all__ = ["answer_built", "build", "cache_option", "check_report"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)

cache_option = click.option(
    "--cache",
    "caches",
    multiple=True,
    envvar="LSSTINSTALL_BUILD_CACHE",
    show_envvar=True,
    help="Build cache: a folder, s3://... or gs://...; repeatable, the nearest first.",
)
"""Names build caches, here and in `lsstsw rebuild`."""


@click.command()
@click.option("--build-dir", type=_FOLDER, required=True, help="Folder that `stack prepare` filled.")
@click.option("--stack", type=_FOLDER, required=True, help="Stack to install into; made if it is missing.")
@click.option(
    "--env",
    type=_FOLDER,
    envvar="CONDA_PREFIX",
    show_envvar=True,
    help="Prefix of the conda environment to build with.",
)
@click.option("--flavor", help="EUPS flavor [default: this machine's].")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Products at once.")
@click.option("--cores", type=click.IntRange(min=1), help="Cores of all builds together [default: all].")
@click.option(
    "--memory", "memory_gib", type=click.FloatRange(min=0.1), help="Their memory, in GiB [default: all]."
)
@click.option("--weights", type=_FILE, help="TOML file: cores and memory_gib of each product.")
@cache_option
@click.option(
    "--executor",
    type=click.Choice(["local", "parsl"]),
    default="local",
    show_default=True,
    help="Where products are built.",
)
@click.option("--parsl-config", type=_FILE, help="Python file that sets `config` to a parsl.Config.")
@click.option("--keep-going", is_flag=True, help="After a failure, build what does not need it.")
@click.option("--rebuild", is_flag=True, help="Replace products that were built from other inputs.")
@click.option("--dry-run", "-n", "only_plan", is_flag=True, help="Print what would be built.")
@output_options
def build(
    console: Console,
    build_dir: Path,
    stack: Path,
    env: Path | None,
    flavor: str | None,
    jobs: int,
    cores: int | None,
    memory_gib: float | None,
    weights: Path | None,
    caches: tuple[str, ...],
    executor: str,
    parsl_config: Path | None,
    *,
    keep_going: bool,
    rebuild: bool,
    only_plan: bool,
) -> None:
    """Build and install the products of the prepared manifest.

    Products that are installed already are left alone. After a failure or
    an interruption run the same command again: what was built stays. Logs
    are in BUILD_DIR/<product>/_build.log, the outcome in BUILD_DIR/status.yaml,
    a picture of the run in BUILD_DIR/build.svg.

    Example: rubin-releng stack build --build-dir build --stack stack --env ~/conda/envs/lsst-scipipe
    """
    if (executor == "parsl") != (parsl_config is not None):
        raise ConfigurationError("`--executor parsl` and `--parsl-config` go together")
    options = BuildOptions(
        build_dir=build_dir,
        stack=stack,
        env=env,
        flavor=pick_flavor(flavor, os.environ),
        jobs=jobs,
        keep_going=keep_going,
        rebuild=rebuild,
        caches=caches,
        weights=weights,
        cores=cores,
        memory_gib=memory_gib,
        parsl_config=parsl_config,
    )
    if only_plan:
        _answer_plan(console, dry_run(options))
        return
    report = build_products(options, console.reporter())
    check_report(report)
    answer_built(console, report, options)


def check_report(report: BuildReport) -> None:
    """Raise what a build that did not come to its end should end with.

    Parameters
    ----------
    report : `~rubin_releng.stack.buildreports.BuildReport`
        How it ended.

    Raises
    ------
    BuildFailedError
        Raised if a product could not be built.
    InterruptedWorkError
        Raised if the user stopped it.
    """
    if report.having(BuildOutcome.FAILED):
        raise BuildFailedError(report)
    if report.interrupted:
        done = len(report.having(BuildOutcome.BUILT, BuildOutcome.UNCHANGED))
        raise InterruptedWorkError(
            f"build {report.build} was stopped; {done} of {len(report.results)} products are installed",
            hint="run the same command again to go on",
        )


def answer_built(console: Console, report: BuildReport, options: BuildOptions) -> None:
    """Print what was built.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to print.
    report : `~rubin_releng.stack.buildreports.BuildReport`
        How it ended.
    options : `~rubin_releng.commands.building.BuildOptions`
        What was wanted.
    """
    built = report.having(BuildOutcome.BUILT)
    cached = sum(result.made is not None and result.made.cached for result in built)
    critical = find_critical_path(report)
    picture = options.build_dir / GANTT
    data = {
        "build": report.build,
        "stack": str(options.stack),
        "built": len(built),
        "cached": cached,
        "unchanged": len(report.having(BuildOutcome.UNCHANGED)),
        "critical_path": list(critical),
        "gantt": str(picture) if picture.exists() else None,
        "products": [_describe(result, options) for result in report.results],
    }
    human = f"build {report.build}: {len(built)} of {len(report.results)} products built into {options.stack}"
    if cached:
        human += f", {cached} of them from a cache"
    if critical:
        seconds = {result.step.product.name: result.seconds or 0.0 for result in built}
        path = " ".join(f"{name} {seconds[name]:.1f} s" for name in critical)
        human += f"\ncritical path: {path}\npicture: {picture}"
    console.answer(data, human)


def _describe(result: BuildResult, options: BuildOptions) -> dict[str, object]:
    product = result.step.product
    log = log_path(options.build_dir, product.name)
    made = result.made
    return {
        "name": product.name,
        "version": product.version,
        "outcome": result.outcome.value,
        "seconds": result.seconds,
        "cached": made is not None and made.cached,
        "cpu_seconds": None if made is None else made.cpu_seconds,
        "peak_bytes": None if made is None else made.peak_bytes,
        "log": str(log) if log.exists() else None,
    }


def _answer_plan(console: Console, plan: BuildPlan) -> None:
    steps = [
        {
            "name": step.product.name,
            "version": step.product.version,
            "action": step.action.value,
            "key": step.key,
        }
        for step in plan.steps
    ]
    human = "".join(f"{step['action']:<8} {step['name']:<24} {step['version']}\n" for step in steps)
    console.answer({"build": plan.build, "steps": steps}, human)
