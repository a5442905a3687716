"""``lsstinstall tags``: what package roots offer."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.columns import format_columns
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import (
    flavor_option,
    pick_flavor,
    pick_pkgroots,
    pick_stacks,
    pkgroot_option,
    stack_option,
)
from lsstinstall.core.errors import ConfigurationError, InvalidNameError, NotFoundError
from lsstinstall.core.tags import EupsTag, TagKind
from lsstinstall.install.packageroots import PackageRoot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lsstinstall.adapters.console import Console

__all__ = ["tags"]


@click.command(short_help="List the tags of a package root.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in TagKind if kind is not TagKind.OTHER]),
    help="Only tags of this kind.",
)
@click.option(
    "--limit", "--last", metavar="N", type=click.IntRange(1), help="Only the newest N of each kind."
)
@pkgroot_option
@stack_option
@flavor_option
@output_options
def tags(
    console: Console,
    kind: str | None,
    limit: int | None,
    pkgroot: str | None,
    stack: str | None,
    flavor: str | None,
) -> None:
    """List the tags that can be installed, by kind, the newest first.

    Example: lsstinstall tags --kind weekly --limit 3
    """
    roots = pick_pkgroots(pkgroot, console.environ, stack=_first_stack(stack, console))
    chosen = pick_flavor(flavor, console.environ)
    open_root = root_opener(pick_settings(console.environ, warn=console.reporter().warn), console.environ)
    found: dict[EupsTag, list[str]] = {}
    lost: list[NotFoundError] = []
    for url in roots:
        try:
            names = PackageRoot(open_root(url), flavor=chosen).list_tags()
        except NotFoundError as error:
            lost.append(error)
            continue
        for tag in _parse(names):
            if kind in {None, tag.kind.value}:
                found.setdefault(tag, []).append(url)
    if len(lost) == len(roots):
        raise lost[0]
    for missing in lost:
        console.reporter().warn(str(missing), hint=missing.hint)
    rows = _newest_first(found, limit)
    data = [{"tag": tag.name, "kind": tag.kind.value, "pkgroots": found[tag]} for tag in rows]
    human = format_columns(("tag", "kind"), [(tag.name, tag.kind.value) for tag in rows])
    console.answer({"tags": data}, human if rows else _nothing(roots))


def _newest_first(found: Iterable[EupsTag], limit: int | None) -> list[EupsTag]:
    ordered = sorted(found, key=lambda tag: tag.listing_key)
    rows = []
    for _, group in itertools.groupby(ordered, key=lambda tag: tag.kind):
        rows += list(group)[::-1][:limit]
    return rows


def _first_stack(stack: str | None, console: Console) -> Path | None:
    try:
        return pick_stacks(stack, console.environ)[0]
    except ConfigurationError:
        # A package root can be asked without a stack.
        return None


def _nothing(roots: Iterable[str]) -> str:
    places = ", ".join(f"<{root}>" for root in roots)
    return f"there are no such tags at {places}; where packages of several kinds lie, `src` has the tags"


def _parse(names: Iterable[str]) -> Iterator[EupsTag]:
    """Read the names that have a form of Rubin's tags; others are nobody's release."""
    for name in names:
        try:
            tag = EupsTag.parse(name)
        except InvalidNameError:
            continue
        yield tag
