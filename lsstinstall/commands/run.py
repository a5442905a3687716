"""``lsstinstall run``: a command in a set-up stack, without a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lsstinstall.adapters.process import replace_process
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.setupanswers import answer_setup
from lsstinstall.commands.setupoptions import SetupOptions
from lsstinstall.commands.stackplaces import pick_stacks
from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console

__all__ = ["run"]


class _SplitCommand(click.Command):
    """A command that leaves all after ``--`` to somebody else."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Cut the arguments at the first ``--``."""
        place = args.index("--") if "--" in args else len(args)
        ctx.meta[__name__] = args[place + 1 :]
        return super().parse_args(ctx, args[:place])


@click.command(cls=_SplitCommand)
@click.argument("products", nargs=-1, metavar="PRODUCT... -- COMMAND [ARGUMENT]...")
@click.option("--tag", "-t", "tags", multiple=True, metavar="TAG|FILE", help="Look for this tag first.")
@click.option("--root", "-r", metavar="DIR", help="Set up this folder, too, after the products.")
@click.option("--stack", metavar="DIR[:DIR]", help="Stacks to search, the best first.  [default: EUPS_PATH]")
@click.option("--flavor", "-f", metavar="F", help="EUPS flavor.  [default: that of this machine]")
@output_options
def run(console: Console, /, *, products: tuple[str, ...], root: str | None, **values: Any) -> None:
    """Run COMMAND with PRODUCTS set up, and end with its exit code.

    Example: lsstinstall run -t w_2026_42 lsst_distrib -- pipetask --help
    """
    command: list[str] = click.get_current_context().meta[__name__]
    if not command:
        raise ConfigurationError(
            "no command to run", hint="put it after two dashes: `lsstinstall run PRODUCT -- COMMAND`"
        )
    if not products and root is None:
        raise ConfigurationError("no product to set up", hint="name one before the dashes, or use `--root`")
    wanted = [SetupOptions(words=(product,), **values) for product in products]
    if root is not None:
        # Keep what was just set up: the folder's own table may name other versions.
        wanted.append(SetupOptions(words=(), root=root, keep=True, **values))
    environ = dict(console.environ)
    for options in wanted:
        environ = _set_up(options, environ, console)
    if values["stack"] is not None:
        # The program may set up more, or ask what is installed.
        environ["EUPS_PATH"] = ":".join(map(str, pick_stacks(values["stack"], environ)))
    replace_process(command, env=environ)


def _set_up(options: SetupOptions, environ: Mapping[str, str], console: Console) -> dict[str, str]:
    changes = answer_setup(options, environ, manifests={}).changes
    for warning in changes.warnings:
        console.stderr.write(f"warning: {warning}\n")
    return changes.applied_to(environ)
