"""The `rubin-releng` program."""

from __future__ import annotations

import click

from lsstinstall import __version__
from lsstinstall.commands.frame import LazyGroup, run_main
from lsstinstall.commands.leaving import leave

__all__ = ["cli", "main"]

_COMMANDS = {
    "env": ("rubin_releng.commands.env:env", "Build, solve and lock rubin-env."),
    "stack": ("rubin_releng.commands.stack:stack", "Build the stack from its repositories and publish it."),
    "release": ("rubin_releng.commands.release:release", "Show and check release documents."),
    "tag": ("rubin_releng.commands.tag:tag", "Parse tags."),
    "changelog": ("rubin_releng.commands.changelog:changelog", "Tell what merged between two tags."),
    "image": ("rubin_releng.commands.image:image", "Build and check OCI images."),
    "server": ("rubin_releng.commands.server:server", "Index package roots."),
    "workflow": ("rubin_releng.commands.workflow:workflow", "Render, check and run GitHub workflows."),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Build, publish and release the Rubin/LSST Science Pipelines."""


def main() -> int:
    """Run `rubin-releng` with the arguments of this process.

    Returns
    -------
    code : `int`
        Exit code.
    """
    return leave(run_main(cli, name="rubin-releng"))
