"""What became of an environment's versions: lines, releases, and the weeklies they were the default of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.tags import EupsTag, TagKind
from lsstinstall.core.weeks import Week

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from lsstinstall.core.environmentnames import EnvVersion
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, VersionRecord

__all__ = ["DefaultPeriod", "VersionHistory", "default_periods", "version_histories"]

# Days from the Sunday with which a week begins to the Thursday on which its weekly is cut: w.2021.01 on
# 2020-12-31, w.2022.10 on 2022-03-03, w.2026.01 on 2026-01-01.
_CUT_DAY = timedelta(days=4)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultPeriod:
    """The time in which a version was the default.

    Parameters
    ----------
    version : `~lsstinstall.core.environmentnames.EnvVersion`
        The version.
    since : `~datetime.date`
        The day of the change to it.
    until : `~datetime.date` or `None`
        The day of the change to the next one; `None` if the ledger knows none.
    first_weekly : `~lsstinstall.core.tags.EupsTag` or `None`
        The first weekly that was cut with it; `None` if there was none.
    last_weekly : `~lsstinstall.core.tags.EupsTag` or `None`
        The last one; `None` if there was none, or there is no end yet.
    """

    version: EnvVersion
    since: date
    until: date | None
    first_weekly: EupsTag | None
    last_weekly: EupsTag | None

    @property
    def weeklies(self) -> str:
        """The weeklies in words, ``w_2022_10 .. w_2022_12``; empty if there were none."""
        if self.first_weekly is None:
            return ""
        if self.last_weekly is None:
            return f"{self.first_weekly.name} .."
        if self.first_weekly == self.last_weekly:
            return self.first_weekly.name
        return f"{self.first_weekly.name} .. {self.last_weekly.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionHistory:
    """What is known of one version.

    Parameters
    ----------
    version : `~lsstinstall.core.environmentnames.EnvVersion`
        The version.
    builds : `tuple` [ `int`, ... ]
        Build numbers that the ledger records, ascending; there were others.
    first, last : `~datetime.date` or `None`
        When the recipes of the first and the last of them were written.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Of the last one.
    lines : `tuple` [ `str`, ... ]
        Lines that it is on.
    releases : `tuple` [ `str`, ... ]
        Official releases that used it.
    default : `DefaultPeriod` or `None`
        When it was the default; `None` if it never was.
    """

    version: EnvVersion
    builds: tuple[int, ...]
    first: date | None
    last: date | None
    platforms: tuple[CondaSubdir, ...]
    lines: tuple[str, ...]
    releases: tuple[str, ...]
    default: DefaultPeriod | None


def default_periods(ledger: Ledger) -> tuple[DefaultPeriod, ...]:
    """List which version was the default when.

    Parameters
    ----------
    ledger : `~rubin_releng.core.ledgers.Ledger`
        Knows the days of the changes.

    Returns
    -------
    periods : `tuple` [ `DefaultPeriod`, ... ]
        Oldest first. A weekly that was cut on the day of a change had the
        old default.
    """
    changes = sorted(
        ((record.default_since, record.order, record) for record in ledger.versions if record.default_since),
        key=lambda change: change[:2],
    )
    ends = [day for day, _, _ in changes[1:]]
    return tuple(
        _period(record.version, day, end)
        for (day, _, record), end in zip(changes, [*ends, None], strict=False)
    )


def version_histories(ledger: Ledger) -> tuple[VersionHistory, ...]:
    """Say what is known of every version.

    Parameters
    ----------
    ledger : `~rubin_releng.core.ledgers.Ledger`
        Knows it.

    Returns
    -------
    histories : `tuple` [ `VersionHistory`, ... ]
        Newest first.
    """
    periods = {period.version: period for period in default_periods(ledger)}
    builds: dict[EnvVersion, list[VersionRecord]] = {}
    for record in ledger.versions:
        builds.setdefault(record.version, []).append(record)
    return tuple(
        _history(ledger, records, periods.get(version)) for version, records in reversed(builds.items())
    )


def _history(
    ledger: Ledger, records: Sequence[VersionRecord], period: DefaultPeriod | None
) -> VersionHistory:
    ids = {record.id for record in records}
    return VersionHistory(
        version=records[-1].version,
        builds=tuple(record.build for record in records),
        first=records[0].date,
        last=records[-1].date,
        platforms=records[-1].platforms,
        lines=tuple(line.name for line in ledger.lines if ids.intersection(line.versions)),
        releases=tuple(dict.fromkeys(name for record in records for name in record.releases)),
        default=period,
    )


def _period(version: EnvVersion, since: date, until: date | None) -> DefaultPeriod:
    first = _first_after(since)
    if until is None:
        return DefaultPeriod(
            version=version, since=since, until=None, first_weekly=_weekly(first), last_weekly=None
        )
    last = _first_after(until) - _WEEK
    some = first <= last
    return DefaultPeriod(
        version=version,
        since=since,
        until=until,
        first_weekly=_weekly(first) if some else None,
        last_weekly=_weekly(last) if some else None,
    )


def _first_after(day: date) -> date:
    """Find the first day after a day on which a weekly is cut."""
    cut = Week.of(day).first_day + _CUT_DAY
    return cut if cut > day else cut + _WEEK


def _weekly(cut: date) -> EupsTag:
    week = Week.of(cut)
    return EupsTag(
        kind=TagKind.WEEKLY, name=f"w_{week.year}_{week.number:02}", numbers=(week.year, week.number)
    )
