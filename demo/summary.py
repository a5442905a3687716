"""What a person reads at the end: steps, times, places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lsstinstall.adapters.streams import color_wanted
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from demo.places import Places
    from demo.report import Report

__all__ = ["print_summary"]

_WIDTH = 110
_STYLES = {Outcome.DONE: "green", Outcome.UNCHANGED: "dim", Outcome.FAILED: "bold red"}


def print_summary(report: Report, places: Places, stream: TextIO) -> None:
    """Print what was done and where it is.

    Parameters
    ----------
    report : `~demo.report.Report`
        Of the run.
    places : `~demo.places.Places`
        Where things are.
    stream : `~typing.TextIO`
        Gets the text; colored on a terminal only.
    """
    color = color_wanted(stream, os.environ)
    console = Console(file=stream, width=_WIDTH, no_color=not color, force_terminal=color, highlight=False)
    console.print(Group(_steps(report), _places(places)))


def _steps(report: Report) -> Table:
    table = Table(title="From sources to an installed release", title_style="bold", width=_WIDTH)
    table.add_column("#", justify="right", style="dim")
    table.add_column("Step")
    table.add_column("Result", ratio=1, overflow="fold")
    table.add_column("Outcome")
    table.add_column("Seconds", justify="right")
    for number, record in enumerate(report.records, start=1):
        outcome = Text(record.outcome.value, style=_STYLES[record.outcome])
        table.add_row(str(number), record.title, record.detail, outcome, f"{record.seconds:.1f}")
    done = sum(record.outcome is Outcome.DONE for record in report.records)
    table.add_section()
    table.add_row(
        "",
        Text("all", style="bold"),
        f"{done} of {len(report.records)} steps had something to do",
        "",
        f"{report.seconds:.1f}",
    )
    return table


def _places(places: Places) -> Panel:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column(overflow="fold")
    for name, path in (
        ("package root", places.pkgroot),
        ("conda channel", places.channel),
        ("change log", places.changelog),
        ("installation", places.install),
        ("OCI layout", places.image),
        ("report", places.report),
    ):
        if path.exists():
            rows.add_row(name, str(path))
    return Panel(rows, title="Places", width=_WIDTH)
