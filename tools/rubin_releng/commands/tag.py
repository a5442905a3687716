"""`rubin-releng tag`: the grammar of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.columns import format_columns
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import InvalidNameError, ProblemsError
from lsstinstall.core.tags import EupsTag, parse_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console

__all__ = ["tag"]

_HEADER = ("TAG", "KIND", "EUPS", "GIT", "THIRD-PARTY GIT", "PREVIOUS", "NEXT")


@click.group()
def tag() -> None:
    """Work with tags."""


@tag.command()
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--external", is_flag=True, help="Read git tags as third-party repositories spell them.")
@output_options
def parse(console: Console, tags: tuple[str, ...], *, external: bool) -> None:
    """Tell the kind of tags, and their other spellings.

    Takes EUPS's spelling (w_2026_10, v30_0_0) and git's (w.2026.10, 30.0.0).
    Each tag gets its neighbors, too: the tags that stand before and after it
    if none is left out.

    Example: rubin-releng tag parse w.2026.10 v30_0_0_rc1
    """
    rows = [
        _describe(text, found) for text, found in zip(tags, _parse_all(tags, external=external), strict=True)
    ]
    human = format_columns(_HEADER, [list(row.values()) for row in rows])
    console.answer({"tags": rows}, human)


def _parse_all(texts: Sequence[str], *, external: bool) -> list[EupsTag]:
    found: list[EupsTag] = []
    problems: list[InvalidNameError] = []
    for text in texts:
        try:
            found.append(parse_tag(text, external=external))
        except InvalidNameError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemsError("some of these are not tags", problems)
    return found


def _describe(text: str, found: EupsTag) -> dict[str, str | None]:
    spellings = {"git": found.git(), "git_external": found.git(external=True)}
    neighbors = {"previous": found.previous_tag(), "next": found.next_tag()}
    return {
        "input": text,
        "kind": found.kind.value,
        "eups": found.name,
        **{key: None if value is None else value.name for key, value in (spellings | neighbors).items()},
    }
