"""`rubin-releng stack build`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.errors import InterruptedWorkError
from rubin_releng.adapters.workshops import log_path
from rubin_releng.commands.building import BuildOptions, build_products, plan_products
from rubin_releng.stack.builder import BuildFailedError, BuildOutcome

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.stack.builder import BuildReport, BuildResult
    from rubin_releng.stack.buildplans import BuildPlan

__all__ = ["answer_built", "build", "check_report"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


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
@click.option("--keep-going", is_flag=True, help="After a failure, build what does not need it.")
@click.option("--rebuild", is_flag=True, help="Replace products that were built from other inputs.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be built.")
@output_options
def build(
    console: Console,
    build_dir: Path,
    stack: Path,
    env: Path | None,
    flavor: str | None,
    jobs: int,
    *,
    keep_going: bool,
    rebuild: bool,
    dry_run: bool,
) -> None:
    """Build and install the products of the prepared manifest.

    Products that are installed already are left alone. After a failure or
    an interruption run the same command again: what was built stays. Logs
    are in BUILD_DIR/<product>/_build.log, the outcome in BUILD_DIR/status.yaml.

    Example: rubin-releng stack build --build-dir build --stack stack --env ~/conda/envs/lsst-scipipe
    """
    options = BuildOptions(
        build_dir=build_dir,
        stack=stack,
        env=env,
        flavor=pick_flavor(flavor, os.environ),
        jobs=jobs,
        keep_going=keep_going,
        rebuild=rebuild,
    )
    if dry_run:
        _answer_plan(console, plan_products(options)[0])
        return
    report = build_products(options, console.reporter())
    check_report(report)
    answer_built(console, report, options)


def check_report(report: BuildReport) -> None:
    """Raise what a build that did not come to its end should end with.

    Parameters
    ----------
    report : `~rubin_releng.stack.builder.BuildReport`
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
    report : `~rubin_releng.stack.builder.BuildReport`
        How it ended.
    options : `~rubin_releng.commands.building.BuildOptions`
        What was wanted.
    """
    built = report.having(BuildOutcome.BUILT)
    data = {
        "build": report.build,
        "stack": str(options.stack),
        "built": len(built),
        "unchanged": len(report.having(BuildOutcome.UNCHANGED)),
        "products": [_describe(result, options) for result in report.results],
    }
    human = f"build {report.build}: {len(built)} of {len(report.results)} products built into {options.stack}"
    console.answer(data, human)


def _describe(result: BuildResult, options: BuildOptions) -> dict[str, object]:
    product = result.step.product
    log = log_path(options.build_dir, product.name)
    return {
        "name": product.name,
        "version": product.version,
        "outcome": result.outcome.value,
        "seconds": result.seconds,
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
