"""`rubin-releng env solve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from rubin_releng.commands.solveoptions import SolveRequest, solve_options

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["solve"]


@click.command()
@solve_options
@output_options
def solve(console: Console, request: SolveRequest) -> None:
    """Find the packages that satisfy some specs.

    Example: rubin-releng env solve rubin-env=13.0.1 --channel conda-forge --platform linux-64
    """
    packages = [solved.package for solved in request.solve()]
    data = {
        "platform": request.platform,
        "specs": list(request.specs),
        "virtual_packages": {one.name: one.version for one in request.virtual_packages},
        "packages": [
            {"name": one.name, "version": one.version, "build": one.build, "subdir": one.subdir}
            for one in packages
        ],
    }
    rows = [f"{one.name:<32} {one.version:<16} {one.build:<24} {one.subdir}" for one in packages]
    console.answer(data, "\n".join([*rows, f"{len(packages)} packages"]))
