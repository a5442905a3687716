"""`rubin-releng server`: keep package roots in order."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["server"]

_COMMANDS = {
    "check": ("rubin_releng.commands.servercheck:check", "Tell what a package root has of a tag."),
    "index": ("rubin_releng.commands.serverindex:index", "Write the lists of files that EUPS asks for."),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def server() -> None:
    """Keep package roots in order."""
