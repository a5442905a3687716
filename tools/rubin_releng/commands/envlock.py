"""`rubin-releng env lock`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.environments import lock_packages, parse_env_name
from rubin_releng.commands.solveoptions import SolveRequest, solve_options

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["lock"]


@click.command()
@solve_options
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."
)
@click.option("--name", help="Name of the environment, for the first line.")
@click.option("--dry-run", "-n", is_flag=True, help="Solve, and print what would be written.")
@output_options
def lock(console: Console, request: SolveRequest, output: Path, name: str | None, *, dry_run: bool) -> None:
    """Write a solved environment as an explicit list.

    Each package is a URL with its SHA-256 (MD5 where the channel knows no
    other), so that `conda create --file` and `lsstinstall -X` make exactly
    this environment.

    Example: rubin-releng env lock rubin-env=13.0.1 --channel conda-forge --output w_2026_42.env
    """
    solved = lock_packages(
        request.solve(),
        platform=request.platform,
        name=None if name is None else parse_env_name(name),
    )
    if not dry_run:
        write_atomic(output, solved.format())
    data = {"platform": request.platform, "path": str(output), "packages": len(solved.packages)}
    human = solved.format() if dry_run else f"locked {len(solved.packages)} packages in `{output}`"
    console.answer(data, human)
