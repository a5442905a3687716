"""`rubin-releng changelog where`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ExitCode, NotFoundError
from rubin_releng.changelog.answers import where_to_dict, where_to_text
from rubin_releng.changelog.whereabouts import find_ticket
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogstack import open_stack
from rubin_releng.core.tickets import parse_ticket

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.changelogoptions import ChangeLogOptions

__all__ = ["where"]


@click.command(epilog="Example: rubin-releng changelog where DM-1001 v30_0_0 --repos repos.yaml --offline")
@click.argument("key", metavar="KEY")
@click.argument("tag", metavar="[TAG]", required=False)
@changelog_options
@output_options
def where(console: Console, options: ChangeLogOptions, key: str, tag: str | None) -> int:
    """Tell which releases have a ticket.

    Names the first weekly and the first release with any of ticket KEY and
    with all of it, and for each product that it touched. With TAG the exit
    code is 1 unless TAG has it in every product that it touched.
    """
    ticket = parse_ticket(key.upper())
    stack = open_stack(options, reporter=console.reporter())
    found = find_ticket(
        ticket,
        histories=stack.histories,
        catalog=stack.catalog,
        timelines=stack.timelines,
        sources=stack.sources,
        name=tag,
    )
    if tag is not None and all(
        end.commit is None for end in stack.timelines.ends(stack.catalog.side(tag)).values()
    ):
        raise NotFoundError(f"no repository has `{tag}`", hint="update the mirrors if it is new")
    for warning in (*stack.warnings, *stack.problems):
        console.reporter().warn(warning)
    console.answer(where_to_dict(found), where_to_text(found))
    return int(ExitCode.FAILED if found.is_contained is False or not found.places else ExitCode.OK)
