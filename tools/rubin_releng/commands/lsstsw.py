"""The `lsstsw` program: the developers' commands of old, on top of `rubin-releng stack`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from lsstinstall import __version__
from lsstinstall.commands.frame import LazyGroup, run_main
from lsstinstall.commands.leaving import leave

__all__ = ["Phase", "main", "make_cli"]

_AFTER_PREPARE = 128

_COMMANDS = {
    "deploy": ("rubin_releng.commands.lsstswdeploy:deploy", "Make an lsstsw folder, or complete it."),
    "envconfig": ("rubin_releng.commands.lsstswenvconfig:envconfig", "Print what activates an environment."),
    "rebuild": ("rubin_releng.commands.lsstswrebuild:rebuild", "Prepare and build products."),
    "set_prereleased_env": (
        "rubin_releng.commands.lsstswprereleased:set_prereleased_env",
        "Refused; says what does it.",
    ),
    "publish": ("rubin_releng.commands.lsstswpublish:publish", "Publish what was built."),
}


@dataclass(slots=True)
class Phase:
    """How far a rebuild came; tells callers whether preparing or building failed.

    Parameters
    ----------
    prepared : `bool`
        Whether the manifest is written.
    """

    prepared: bool = False


def make_cli(phase: Phase) -> click.Command:
    """Make the whole program.

    Parameters
    ----------
    phase : `Phase`
        Is told when a manifest is written.

    Returns
    -------
    cli : `click.Command`
        With all subcommands.
    """
    group = LazyGroup(
        name="lsstsw",
        lazy=_COMMANDS,
        context_settings={"max_content_width": 100, "obj": phase, "help_option_names": ["-h", "--help"]},
        help="Build and publish the stack in an lsstsw folder.",
    )
    return click.version_option(__version__, message="%(prog)s %(version)s")(group)


def main() -> int:
    """Run `lsstsw` with the arguments of this process.

    Returns
    -------
    code : `int`
        Exit code; 128 is added to that of a failure after the manifest was
        written, as scripts of old expect.
    """
    phase = Phase()
    code = run_main(make_cli(phase), name="lsstsw")
    return leave(code + _AFTER_PREPARE if phase.prepared and 0 < code < _AFTER_PREPARE else code)
