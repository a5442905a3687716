"""`rubin-releng env migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.names import parse_subdir
from rubin_releng.commands.machines import Machines
from rubin_releng.commands.migrationruns import MigrationOrder, run_migration
from rubin_releng.commands.solveoptions import EXCLUDE_NEWER_HELP, parse_newest
from rubin_releng.core.migrations import parse_migration

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["migrate"]


@click.command()
@click.argument("migrations", nargs=-1, required=True, metavar="KEY=VERSION...")
@click.option(
    "--recipe", "name", default=METAPACKAGE, show_default=True, help="Name or folder of the recipe."
)
@click.option("--line", "line_name", help="Line that gets the version [default: that of the newest one].")
@click.option("--channel", "channels", multiple=True, help="URI, name or folder to try it with.")
@click.option(
    "--platform", "platforms", multiple=True, help="Try this platform [default: all of the version]."
)
@click.option("--virtual", multiple=True, metavar="NAME=VERSION", help="What machines offer, `glibc=2.34`.")
@click.option("--exclude-newer", metavar="DATE", help=EXCLUDE_NEWER_HELP)
@click.option("--branch", help="Branch to make [default: migrate-KEY-VERSION].")
@click.option("--switch", is_flag=True, help="Check the branch out.")
@click.option("--dry-run", is_flag=True, help="Make no branch.")
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), help="The checkout.")
@output_options
def migrate(
    console: Console,
    *,
    migrations: tuple[str, ...],
    name: str,
    line_name: str | None,
    channels: tuple[str, ...],
    platforms: tuple[str, ...],
    virtual: tuple[str, ...],
    exclude_newer: str | None,
    branch: str | None,
    switch: bool,
    dry_run: bool,
    root: Path | None,
) -> int:
    """Move pins to new versions, as a migration of conda-forge does.

    KEY is a library's variant key (`cfitsio=4.7`), `python`, `numpy`,
    `compilers` or `clang`. The ledger gets a new version with the number that
    the rules ask for, on a branch of its own with one commit; what is checked
    out stays as it is. With a channel, it is told what has to be rebuilt
    first, and whether each platform has a solution.

    Example: rubin-releng env migrate cfitsio=4.7 --channel conda-forge
    """
    order = MigrationOrder(
        wanted=tuple(parse_migration(text) for text in migrations),
        recipe=name,
        root=root,
        line=line_name,
        platforms=tuple(dict.fromkeys(map(parse_subdir, platforms))),
        branch=branch,
        switch=switch,
        dry_run=dry_run,
    )
    machines = Machines(channels=channels, virtual=virtual, exclude_newer=parse_newest(exclude_newer))
    return run_migration(console, order, machines)
