"""``lsstinstall gc``: remove what nobody needs any more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.columns import format_columns, wrap_words
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import (
    flavor_option,
    lock_timeout_option,
    pick_flavor,
    pick_stacks,
    stack_option,
)
from lsstinstall.core.garbage import GarbageKind, TagRule
from lsstinstall.core.quantities import format_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.garbage import Garbage

__all__ = ["gc"]

_NOTHING = "nothing to remove"


@click.command(short_help="Remove what nobody needs any more.")
@click.option(
    "--keep",
    "-k",
    "patterns",
    multiple=True,
    metavar="TAG",
    help="Keep what this tag needs, or tags like `v*`; not what other tags of Rubin need.",
)
@click.option("--keep-last", metavar="N", type=click.IntRange(0), help="Keep the newest N tags of each kind.")
@click.option(
    "--all",
    "-a",
    "everything",
    is_flag=True,
    help="Also what EUPS or a developer put into the stack, what was moved out of the way, "
    "and all that servers said.",
)
@click.option(
    "--environments",
    is_flag=True,
    help="Also finished environments without products that no load script beside DIR names.",
)
@click.option(
    "--conda-path",
    "-p",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the conda environments.  [default: that of the stack]",
)
@click.option("--dry-run", "-n", is_flag=True, help="Only list it, even with --yes.")
@click.option("--yes", "-y", is_flag=True, help="Remove it; without this it is only listed.")
@stack_option
@flavor_option
@lock_timeout_option
@output_options
def gc(
    console: Console,
    patterns: tuple[str, ...],
    keep_last: int | None,
    conda_path: Path | None,
    stack: str | None,
    flavor: str | None,
    lock_timeout: float | None,
    *,
    everything: bool,
    environments: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """List, and with --yes remove, what nobody needs any more.

    That is: product versions that no kept tag needs, what interrupted runs
    left, unfinished environments, packages in our conda cache that are in no
    environment, and what servers said that were not asked for a month.
    Without --keep and --keep-last all tags are kept.
    What is set up in this shell, and what has a tag that a person gave, stays.

    Example: lsstinstall gc --keep-last 2 --keep 'v*' --stack ~/stack
    """
    # Imported here: the help should come at once.
    from lsstinstall.commands.collecting import Collector  # noqa: PLC0415

    collector = Collector(
        pick_stacks(stack, console.environ),
        flavor=pick_flavor(flavor, console.environ),
        rule=TagRule(patterns=patterns, newest=keep_last),
        everything=everything,
        environments=environments,
        conda_root=conda_path,
        environ=console.environ,
    )
    folder = collector.stack.path
    reporter = console.reporter()
    if dry_run or not yes:
        found = collector.find()
        return end_with(
            console, _data(folder, found, dry_run=True), _show(found, width=_width(console)), None
        )
    with collector.locked(wait_seconds=lock_timeout, waiting=reporter.note):
        found = collector.find()
        gone, problem = collector.remove(found, reporter=reporter)
    human = f"{_count(len(gone))} removed, {format_bytes(_sum(gone))} gained" if found else _NOTHING
    return end_with(console, _data(folder, gone, dry_run=False), human, problem)


def _data(stack: Path, found: Sequence[Garbage], *, dry_run: bool) -> dict[str, object]:
    rows = [one.to_dict() for one in found]
    return {"stack": str(stack), "dry_run": dry_run, "garbage": rows, "bytes": _sum(found)}


def _sum(found: Sequence[Garbage]) -> int:
    return sum(one.size_bytes for one in found)


def _count(number: int) -> str:
    return f"{number} thing{'' if number == 1 else 's'}"


def _width(console: Console) -> int | None:
    """Say how wide the terminal is; nobody has to read lines that go to a file or another program."""
    return shutil.get_terminal_size().columns if console.stdout.isatty() else None


def _show(found: Sequence[Garbage], *, width: int | None) -> str:
    if not found:
        return _NOTHING
    memory = [one for one in found if one.kind is GarbageKind.MEMORY]
    rows = [
        (one.kind.value, one.name, format_bytes(one.size_bytes), one.reason)
        for one in found
        if one not in memory
    ]
    if memory:
        # Their names are digests, which tell nobody anything.
        places = f"of {len(memory)} package root{'' if len(memory) == 1 else 's'}"
        rows.append((GarbageKind.MEMORY.value, places, format_bytes(_sum(memory)), memory[0].reason))
    table = format_columns(("kind", "name", "size", "why"), rows, width=width)
    total = f"{_count(len(found))}, {format_bytes(_sum(found))}; nothing was removed: add `--yes` to do it"
    return table + (total if width is None else "\n".join(wrap_words(total, width=width)))
