"""`rubin-releng changelog`: what merged between releases."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["changelog"]

_COMMANDS = {
    "between": (
        "rubin_releng.commands.changelogbetween:between",
        "Tell what merged between two tags, builds, branches or commits.",
    ),
    "all": (
        "rubin_releng.commands.changelogall:all_releases",
        "Write the pages of all weeklies and releases.",
    ),
    "where": ("rubin_releng.commands.changelogwhere:where", "Tell which releases have a ticket."),
    "lost": ("rubin_releng.commands.changeloglost:lost", "Tell what moving between two releases would lose."),
    "backports": (
        "rubin_releng.commands.changelogbackports:backports",
        "List what was taken into a release after its weekly.",
    ),
    "mirror": ("rubin_releng.commands.changelogmirror:mirror", "Mirror repositories, to work offline."),
}


@click.command(
    cls=LazyGroup,
    lazy=_COMMANDS,
    default="between",
    subcommand_metavar="FROM TO | COMMAND [ARGS]...",
    epilog="Example: rubin-releng changelog w_2026_42 w_2026_43 --repositories clones",
)
def changelog() -> None:
    """Tell what merged between releases.

    With FROM and TO it tells what merged between two tags, builds, branches
    or commits; `rubin-releng changelog FROM TO --help` has its options.
    """
