"""`rubin-releng env create`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.condaroots import CondaRoot
from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.servers import open_engine, pick_settings
from lsstinstall.core.environmentplans import EnvironmentAction
from lsstinstall.core.environments import parse_env_lock, parse_env_name
from lsstinstall.core.platforms import binary_root, platform_of
from lsstinstall.install.environmentinstaller import run_environment
from rubin_releng.environments.creating import plan_locked

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.environmentplans import EnvironmentPlan
    from lsstinstall.core.names import CondaSubdir

__all__ = ["create"]

_DONE = {
    EnvironmentAction.KEEP: "is there already",
    EnvironmentAction.CREATE: "was made",
    EnvironmentAction.REBUILD: "was made anew",
    EnvironmentAction.REPAIR: "was repaired",
}


@click.command()
@click.argument("lock", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--root",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of environments; this one is made in `envs` of it.",
)
@click.option("--name", help="Name of the environment [default: from the version of rubin-env].")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be done, and change nothing.")
@output_options
def create(console: Console, /, lock: Path, folder: Path, name: str | None, *, dry_run: bool) -> None:
    """Make an environment of exactly the packages in LOCK.

    LOCK is an explicit list, as `rubin-releng env lock` and conda write it,
    with the package rubin-env. An environment that has these packages is left
    alone, one that was interrupted is made anew, another one is refused.

    Example: rubin-releng env create linux-64.env --root ~/conda
    """
    settings = pick_settings(console.environ, warn=console.reporter().warn)
    platform = machine_platform()
    store = CondaRoot(folder, now=lambda: datetime.now(tz=UTC))
    engine = open_engine(store.path, settings, console.environ)
    listed = parse_env_lock(read_text(lock), source=str(lock))
    named = None if name is None else parse_env_name(name)
    if dry_run:
        plan = plan_locked(listed, named, platform=platform, store=store, engine=engine)
        _answer(console, plan, store, platform, is_planned=True)
        return
    reporter = console.reporter()
    with store.locked(wait_seconds=None, waiting=reporter.note):
        plan = plan_locked(listed, named, platform=platform, store=store, engine=engine)
        run_environment(plan, store=store, engine=engine, reporter=reporter)
    _answer(console, plan, store, platform, is_planned=False)


def _answer(
    console: Console, plan: EnvironmentPlan, store: CondaRoot, platform: CondaSubdir, *, is_planned: bool
) -> None:
    prefix = store.prefix(plan.name)
    data = {
        "name": plan.name,
        "version": plan.version,
        "prefix": str(prefix),
        "action": plan.action.value,
        "packages": len(plan.packages),
        "added": [one.package.file_name for one in plan.added],
        "binary_root": binary_root(platform_of(platform), plan.version),
        "dry_run": is_planned,
    }
    done = f"{plan.action.value}, if it were not for `--dry-run`" if is_planned else _DONE[plan.action]
    console.answer(data, f"{prefix}: {done} ({len(plan.packages)} packages)")
