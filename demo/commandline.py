"""The demo's command line: which steps run, where, and what is shown of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from demo.bench import Bench
from demo.catalog import STEPS
from demo.material.interpreter import check_machine, running_interpreter
from demo.places import Places
from demo.report import Report
from demo.summary import print_summary
from lsstinstall.adapters.console import Console
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import run_main

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.bench import Step
    from lsstinstall.core.reporting import Reporter

__all__ = ["demo"]

CACHE_VARIABLE = "LSSTINSTALL_DEMO_CACHE"


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo-output",
    show_default=True,
    help="Folder for everything that is made.",
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=CACHE_VARIABLE,
    help=f"Folder for downloads; also by {CACHE_VARIABLE} [default: .cache in the output folder].",
)
@click.option(
    "--only",
    metavar="STEP",
    type=click.Choice([step.name for step in STEPS]),
    multiple=True,
    help="Run this step alone; repeatable.",
)
@click.option("--list", "listing", is_flag=True, help="Name the steps and stop.")
@click.option("--quiet", "-q", is_flag=True, help="Print the summary alone.")
def demo(output: Path, cache: Path | None, only: tuple[str, ...], *, listing: bool, quiet: bool) -> None:
    """Cut two weeklies and a release from real sources, and install the release.

    Everything is kept below the output folder. Run it again and nothing is
    done twice; interrupt it and the next run goes on.

    Example: python demo/run.py --output demo-output
    """
    if listing:
        for step in STEPS:
            click.echo(f"{step.name:<14} {step.title}")
        return
    # Told now, and not after the downloads.
    check_machine()
    running_interpreter()
    places = Places(output=output.resolve(), cache=(cache or output / ".cache").resolve())
    reporter = Console(json=False, quiet=quiet, verbose=True).reporter()
    chosen = [step for step in STEPS if not only or step.name in only]
    with hold_lock(places.output / ".lock", purpose="the demo"):
        report = _run_steps(chosen, places, reporter)
    print_summary(report, places, sys.stdout)


def _run_steps(steps: Sequence[Step], places: Places, reporter: Reporter) -> Report:
    report = Report(places.report)
    reporter.begin("from sources to an installed release", len(steps))
    try:
        for step in steps:
            reporter.note(step.title)
            report.run(step, Bench(places, os.environ, reporter), reporter)
    finally:
        reporter.end()
    return report


if __name__ == "__main__":
    sys.exit(run_main(demo, name="demo"))
