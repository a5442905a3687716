"""`rubin-releng changelog backports`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, ExitCode, NotFoundError
from lsstinstall.core.tags import TagKind
from rubin_releng.changelog.answers import backports_to_dict, backports_to_text
from rubin_releng.changelog.catalogs import find_base
from rubin_releng.commands.changelogbetween import add_titles, refuse_other_than_weekly
from rubin_releng.commands.changeloglost import refuse_unknown
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogstack import open_stack

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.changelog.sides import Side
    from rubin_releng.commands.changelogoptions import ChangeLogOptions

__all__ = ["backports"]

_WITH_BACKPORTS = frozenset({TagKind.RELEASE, TagKind.CANDIDATE})


@click.command(epilog="Example: rubin-releng changelog backports v30_0_0 --repos repos.yaml --offline")
@click.argument("release", metavar="RELEASE")
@click.option("--base", metavar="WEEKLY", help="The weekly it was made from, if that is known better.")
@changelog_options
@output_options
def backports(console: Console, options: ChangeLogOptions, release: str, base: str | None) -> int:
    """List what was taken into a release after its weekly.

    The weekly that RELEASE was made from is the newest one that is in the
    history of nearly all products; what was merged after it came by the
    release branches.
    """
    stack = open_stack(options, reporter=console.reporter())
    side = stack.catalog.side(release)
    _refuse_others(side)
    if all(end.commit is None for end in stack.timelines.ends(side).values()):
        raise NotFoundError(f"no repository has `{release}`", hint="update the mirrors if it is new")
    if base is not None:
        refuse_other_than_weekly(stack.catalog.side(base))
    else:
        weekly = find_base(side, stack.catalog, stack.timelines)
        if weekly is None:
            raise NotFoundError(
                f"no weekly is in the history of `{release}`", hint="name the weekly with `--base`"
            )
        base = weekly.name
    found = stack.timelines.compare(stack.catalog.side(base), side)
    refuse_unknown(found)
    found = add_titles(replace(found, warnings=(*found.warnings, *stack.problems)), options)
    for warning in (*stack.warnings, *found.warnings):
        console.reporter().warn(warning)
    console.answer(backports_to_dict(found), backports_to_text(found))
    return int(ExitCode.OK)


def _refuse_others(side: Side) -> None:
    """Refuse what is made from the main line, where nothing is backported."""
    if side.name == "main" or (side.tag is not None and side.tag.kind not in _WITH_BACKPORTS):
        raise ConfigurationError(
            f"`{side.name}` is no release, so nothing is backported to it",
            hint="name a release, a candidate or a release branch, as `v30_0_0` and `v30.0.x`",
        )
