"""The `lsstinstall` program."""

from __future__ import annotations

import click

from lsstinstall import __version__
from lsstinstall.commands.frame import LazyGroup, run_main

__all__ = ["cli", "main"]

_COMMANDS = {
    "install": ("lsstinstall.commands.install:install", "Install the environment and products."),
    "add": ("lsstinstall.commands.add:add", "Install products of a tag into a stack."),
    "setup": ("lsstinstall.commands.setup:setup", "Print shell commands that set a product up."),
    "unsetup": ("lsstinstall.commands.setup:unsetup", "Print shell commands that undo a set-up."),
    "run": ("lsstinstall.commands.run:run", "Run a command with products set up."),
    "list": ("lsstinstall.commands.list:list_products", "List what is installed."),
    "tags": ("lsstinstall.commands.tags:tags", "List the tags of a package root."),
    "verify": ("lsstinstall.commands.verify:verify", "Compare what is installed with its digests."),
    "repair": ("lsstinstall.commands.repair:repair", "Restore changed and missing files of products."),
    "remove": ("lsstinstall.commands.remove:remove", "Remove products from a stack."),
    "gc": ("lsstinstall.commands.gc:gc", "Remove what nobody needs any more."),
    "doctor": ("lsstinstall.commands.doctor:doctor", "Say what is wrong with machine and stack."),
}


@click.command(
    cls=LazyGroup,
    lazy=_COMMANDS,
    default="install",
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Install the Rubin/LSST Science Pipelines and set their products up.

    Without a command, the environment and the products that are named are
    installed; `lsstinstall -h` tells the options of this.

    Example: lsstinstall -T w_2026_42 lsst_distrib
    """


def main() -> int:
    """Run `lsstinstall` with the arguments of this process.

    Returns
    -------
    code : `int`
        Exit code.
    """
    return run_main(cli, name="lsstinstall")
