"""`rubin-releng image extend`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.servers import open_engine, pick_settings
from lsstinstall.core.environments import parse_env_lock
from rubin_releng.adapters.condaprefixes import CondaPrefix
from rubin_releng.commands.imagefolders import FOLDER
from rubin_releng.images.extender import plan_extension

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["extend"]


@click.command(
    epilog="Example: rubin-releng image extend /opt/lsst/software/stack/conda/envs/rubin-env-exact lab.env"
)
@click.argument("environment", type=FOLDER)
@click.argument("lock", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be added, and change nothing.")
@output_options
def extend(console: Console, environment: Path, lock: Path, *, dry_run: bool) -> None:
    """Add to an environment what an explicit list has beside its packages.

    Refused if a package that is there would change or go: what was built on
    the environment stays valid.
    """
    CondaPrefix(environment).packages()
    settings = pick_settings(console.environ, warn=console.reporter().warn)
    engine = open_engine(environment.absolute().parents[1], settings, console.environ)
    wanted = engine.resolve(parse_env_lock(read_text(lock), source=str(lock)))
    added = plan_extension(engine.installed(environment), wanted)
    if added and not dry_run:
        needed = {spec.split()[0] for one in added for spec in one.depends}
        asked = [one.package.name for one in added if one.package.name not in needed]
        specs = [*engine.requested(environment), *asked]
        engine.install(wanted, environment, specs=specs, reporter=console.reporter())
    names = [one.package.file_name for one in added]
    told = "would be added" if dry_run else "added"
    data = {"environment": str(environment), "added": names, "dry_run": dry_run}
    console.answer(data, "\n".join([f"{len(names)} packages {told} to {environment}", *names]))
