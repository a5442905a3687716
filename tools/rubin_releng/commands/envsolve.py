"""`rubin-releng env solve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import UnsatisfiableError
from rubin_releng.commands.solveoptions import SolveRequest, solve_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.environments import SolvedPackage

__all__ = ["solve"]


@click.command()
@solve_options
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger with the reasons for limits, if there is no solution "
    "[default: recipes/rubin-env upward from here].",
)
@output_options
def solve(console: Console, request: SolveRequest, ledger: Path | None) -> int:
    """Find the packages that satisfy some specs.

    If there is no solution, the smallest sets of requirements that exclude
    one another are told, each requirement with its reason, and the nearest
    changes with which there would be one.

    Example: rubin-releng env solve rubin-env=13.0.1 --channel conda-forge --platform linux-64
    """
    solver = request.solver()
    asked: dict[str, object] = {
        "platform": request.platform,
        "specs": list(request.specs),
        "virtual_packages": {one.name: one.version for one in request.virtual_packages},
    }
    try:
        packages = solver.solve(request.specs)
    except UnsatisfiableError:
        # Imported here: most requests have a solution.
        from rubin_releng.commands.explaining import explain  # noqa: PLC0415

        explanation, problem = explain(request, solver, ledger)
        return end_with(console, {**asked, **explanation.to_dict()}, "", problem)
    _answer(console, asked, packages)
    return 0


def _answer(console: Console, asked: dict[str, object], solved: Sequence[SolvedPackage]) -> None:
    packages = [one.package for one in solved]
    data = {
        **asked,
        "packages": [
            {"name": one.name, "version": one.version, "build": one.build, "subdir": one.subdir}
            for one in packages
        ],
    }
    rows = [f"{one.name:<32} {one.version:<16} {one.build:<24} {one.subdir}" for one in packages]
    console.answer(data, "\n".join([*rows, f"{len(packages)} packages"]))
