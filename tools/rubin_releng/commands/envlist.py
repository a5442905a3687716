"""`rubin-releng env list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.columns import format_columns
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError
from rubin_releng.commands.ledgeroptions import nearest_ledger
from rubin_releng.core.environmenthistory import default_periods, version_histories

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.core.environmenthistory import DefaultPeriod, VersionHistory
    from rubin_releng.core.ledgers import Ledger

__all__ = ["list_versions"]


@click.command(name="list")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger of versions [default: that of recipes/rubin-env].",
)
@click.option("--line", help="List the versions of this line, `main` or `0.8` [default: of all].")
@output_options
def list_versions(console: Console, ledger: Path | None, line: str | None) -> None:
    """List lines and versions of rubin-env, and what used them.

    Weeklies follow from the days on which the default changed: one that was
    cut later, on a Thursday, was built with it until the next change.

    Example: rubin-releng env list --line 0.8
    """
    known = nearest_ledger(ledger)
    if known is None:
        raise NotFoundError("there is no ledger here", hint="name it: `--ledger recipes/rubin-env`")
    histories = version_histories(known)
    periods = default_periods(known)
    if line is not None:
        name = known.line(line).name
        histories = tuple(one for one in histories if name in one.lines)
        versions = {one.version for one in histories}
        periods = tuple(period for period in periods if period.version in versions)
    data = {
        "name": known.name,
        "lines": [
            {"name": one.name, "live": one.live, "versions": [str(version) for version in one.versions]}
            for one in known.lines
            if line in {None, one.name}
        ],
        "versions": [_version(one) for one in histories],
        "defaults": [_period(period) for period in periods],
    }
    console.answer(data, _human(known, histories, periods, line).rstrip("\n"))


def _version(one: VersionHistory) -> dict[str, object]:
    return {
        "version": one.version,
        "builds": list(one.builds),
        "first_date": None if one.first is None else one.first.isoformat(),
        "last_date": None if one.last is None else one.last.isoformat(),
        "platforms": list(one.platforms),
        "lines": list(one.lines),
        "releases": list(one.releases),
        "default": None if one.default is None else _period(one.default),
    }


def _period(period: DefaultPeriod) -> dict[str, object]:
    return {
        "version": period.version,
        "since": period.since.isoformat(),
        "until": None if period.until is None else period.until.isoformat(),
        "first_weekly": None if period.first_weekly is None else period.first_weekly.name,
        "last_weekly": None if period.last_weekly is None else period.last_weekly.name,
    }


def _human(
    ledger: Ledger,
    histories: tuple[VersionHistory, ...],
    periods: tuple[DefaultPeriod, ...],
    line: str | None,
) -> str:
    lines = format_columns(
        ("line", "state", "versions", "newest"),
        [
            (
                one.name,
                "live" if one.live else "ended",
                len({version.version for version in one.versions}),
                one.versions[-1].version,
            )
            for one in ledger.lines
            if line in {None, one.name}
        ],
    )
    versions = format_columns(
        ("version", "builds", "recipes", "lines", "platforms", "releases", "default since", "weeklies"),
        [
            (
                one.version,
                "-".join(map(str, one.builds)),
                _span(one),
                ", ".join(one.lines),
                ", ".join(one.platforms),
                ", ".join(one.releases),
                "" if one.default is None else one.default.since.isoformat(),
                "" if one.default is None else one.default.weeklies,
            )
            for one in histories
        ],
    )
    defaults = format_columns(
        ("default", "since", "until", "weeklies"),
        [
            (
                period.version,
                period.since.isoformat(),
                "" if period.until is None else period.until.isoformat(),
                period.weeklies,
            )
            for period in periods
        ],
    )
    return "\n".join([lines, versions, *([defaults] if periods else [])])


def _span(one: VersionHistory) -> str:
    days = [day.isoformat() for day in dict.fromkeys((one.first, one.last)) if day is not None]
    return " .. ".join(days)
