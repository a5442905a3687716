"""`rubin-releng changelog mirror`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, ExitCode
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogstack import update_mirrors

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.changelogoptions import ChangeLogOptions

__all__ = ["mirror"]


@click.command(epilog="Example: rubin-releng changelog mirror --repos repos.yaml --cache cache")
@changelog_options
@output_options
def mirror(console: Console, options: ChangeLogOptions) -> int:
    """Bring mirrors of all repositories up to date.

    They hold commits and tags, no files. All other commands work from them
    without a network when they are called with `--offline`. It fails if there
    is nothing of a repository; one that is kept as it was is a warning.
    """
    if options.places.offline:
        raise ConfigurationError("mirrors cannot be updated offline", hint="leave `--offline` out")
    found = update_mirrors(options, reporter=console.reporter())
    for url, why in found.kept.items():
        console.reporter().warn(f"<{url}> is as it was: {why}")
    for url, why in found.missing.items():
        console.reporter().warn(f"<{url}> is not mirrored: {why}")
    data = {
        "folder": str(options.mirror),
        "changed": found.changed,
        "unchanged": found.unchanged,
        "kept": dict(found.kept),
        "missing": dict(found.missing),
    }
    console.answer(
        data,
        f"{options.mirror}: {found.changed} changed, {found.unchanged} unchanged,"
        f" {len(found.kept)} kept as they were, {len(found.missing)} missing",
    )
    if not found.missing:
        return int(ExitCode.OK)
    return int(ExitCode.FAILED if found.changed or found.unchanged or found.kept else ExitCode.UNAVAILABLE)
