"""`rubin-releng stack`: from repositories to a published build."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["stack"]

_COMMANDS = {
    "prepare": (
        "rubin_releng.commands.stackprepare:prepare",
        "Get sources and write the manifest of a build.",
    ),
    "build": ("rubin_releng.commands.stackbuild:build", "Build and install the products of a manifest."),
    "publish": ("rubin_releng.commands.stackpublish:publish", "Publish a build to a package root."),
    "cache": ("rubin_releng.commands.stackcache:cache", "Look at build caches and tidy them up."),
    "status": ("rubin_releng.commands.stackstatus:status", "Say how far a build is."),
    "versiondb": ("rubin_releng.commands.versiondb:versiondb", "Check recorded builds."),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def stack() -> None:
    """Build the stack from its repositories and publish it."""
