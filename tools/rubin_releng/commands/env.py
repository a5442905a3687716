"""`rubin-releng env`: build, solve and lock conda environments."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["env"]

_COMMANDS = {
    "list": ("rubin_releng.commands.envlist:list_versions", "List lines and versions, and what used them."),
    "render": ("rubin_releng.commands.envrender:render", "Write the recipe of a version from its ledger."),
    "build": ("rubin_releng.commands.envbuild:build", "Build recipes into a local channel."),
    "index": ("rubin_releng.commands.envindex:index", "Write the index of a local channel."),
    "solve": ("rubin_releng.commands.envsolve:solve", "Find the packages that satisfy some specs."),
    "check": ("rubin_releng.commands.envcheck:check", "Check the limits of a recipe."),
    "migrate": ("rubin_releng.commands.envmigrate:migrate", "Move pins to new versions, on a branch."),
    "lock": (
        "rubin_releng.commands.envlock:lock",
        "Write solved environments so that they can be made again.",
    ),
    "create": (
        "rubin_releng.commands.envcreate:create",
        "Make an environment of exactly the packages of a lock.",
    ),
    "diff": ("rubin_releng.commands.envdiff:diff", "Tell what differs between versions, recipes or locks."),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def env() -> None:
    """Build, solve and lock rubin-env."""
