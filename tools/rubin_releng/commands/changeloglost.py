"""`rubin-releng changelog lost`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ExitCode, NotFoundError
from rubin_releng.changelog.answers import lost_to_dict, lost_to_text
from rubin_releng.commands.changelogbetween import add_titles
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogstack import open_stack

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.commands.changelogoptions import ChangeLogOptions

__all__ = ["lost", "refuse_unknown"]


@click.command(epilog="Example: rubin-releng changelog lost v29_2_0 v30_0_0 --repos repos.yaml --offline")
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@changelog_options
@output_options
def lost(console: Console, options: ChangeLogOptions, old: str, new: str) -> int:
    """Tell what moving between two releases would lose.

    Lists the tickets, commits and products of FROM that TO does not have.
    """
    stack = open_stack(options, reporter=console.reporter())
    found = stack.timelines.compare(stack.catalog.side(old), stack.catalog.side(new))
    refuse_unknown(found)
    found = add_titles(replace(found, warnings=(*found.warnings, *stack.problems)), options)
    for warning in (*stack.warnings, *found.warnings):
        console.reporter().warn(warning)
    console.answer(lost_to_dict(found), lost_to_text(found))
    return int(ExitCode.OK)


def refuse_unknown(found: ChangeLog) -> None:
    """Refuse to answer when one end is nowhere."""
    for side, commits in (
        (found.old, [product.from_commit for product in found.products]),
        (found.new, [product.to_commit for product in found.products]),
    ):
        if not any(commits):
            raise NotFoundError(f"no repository has `{side.name}`", hint="update the mirrors if it is new")
