"""What a ledger alone tells of its limits: those to look at again, and those that a line lacks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.core.ledgerchecks import find_unexplained
from rubin_releng.core.versionspecs import exclusive

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, LedgerEntry, VersionRecord

__all__ = ["FindingKind", "LimitFinding", "Severity", "check_ledger", "has_upper_limit"]


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingKind(StrEnum):
    """What was found."""

    MISSING = "missing"
    ALONE = "alone"
    CONFLICT = "conflict"
    IDLE = "idle"
    LIFTABLE = "liftable"
    PAST_DATE = "past-date"
    UNEXPLAINED = "unexplained"
    LACKING = "lacking"
    UNKNOWN_VERSION = "unknown-version"

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _SEVERITIES[self]


_SEVERITIES = {
    FindingKind.MISSING: Severity.ERROR,
    FindingKind.ALONE: Severity.ERROR,
    FindingKind.CONFLICT: Severity.ERROR,
    FindingKind.UNKNOWN_VERSION: Severity.ERROR,
    FindingKind.IDLE: Severity.WARNING,
    FindingKind.PAST_DATE: Severity.WARNING,
    FindingKind.LACKING: Severity.WARNING,
    FindingKind.LIFTABLE: Severity.NOTE,
    FindingKind.UNEXPLAINED: Severity.NOTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFinding:
    """Something that a check found.

    Parameters
    ----------
    kind : `FindingKind`
        What it is.
    message : `str`
        One sentence; a conflict has several lines.
    place : `str` or `None`
        File and line.
    platform : `~lsstinstall.core.names.CondaSubdir` or `None`
        Where; `None` if it is the same everywhere.
    hint : `str` or `None`
        What to do about it.
    """

    kind: FindingKind
    message: str
    place: str | None = None
    platform: CondaSubdir | None = None
    hint: str | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.kind.severity

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "place": self.place,
            "platform": self.platform,
            "message": self.message,
            "hint": self.hint,
        }


def has_upper_limit(entry: LedgerEntry) -> bool:
    """Say whether a row keeps newer versions out that nothing else does.

    Parameters
    ----------
    entry : `LedgerEntry`
        Any row.

    Returns
    -------
    has_limit : `bool`
        False for a pin such as ``4.6.2.*``, which a migration moves.
    """
    versions = entry.limit.partition(" ")[0]
    return "<" in versions or "!=" in versions or versions.startswith("==")


def check_ledger(ledger: Ledger, record: VersionRecord, *, today: dt.date) -> Iterator[LimitFinding]:
    """Find what can be said without a channel.

    Parameters
    ----------
    ledger : `Ledger`
        All lines of it.
    record : `VersionRecord`
        Version to look at.
    today : `~datetime.date`
        To be compared with the dates of limits.

    Yields
    ------
    finding : `LimitFinding`
        Limits past their date, limits of other live lines that the version
        lacks, and the other way round; upper limits without a reason.
    """
    for entry in ledger.requirements(record.id):
        if entry.review is not None and entry.review < today:
            yield LimitFinding(
                kind=FindingKind.PAST_DATE,
                message=f"`{entry.spec}` was to be looked at again on {entry.review}",
                place=ledger.place(entry),
                hint=f"the reason was: {entry.reason}" if entry.reason else "no reason is on record",
            )
    yield from _lacking(ledger, record)
    for entry in find_unexplained(ledger, record):
        if has_upper_limit(entry):
            yield LimitFinding(
                kind=FindingKind.UNEXPLAINED,
                message=f"nobody knows why `{entry.spec}` has its upper limit",
                place=ledger.place(entry),
                hint="write `reason` or `ticket`",
            )


def _lacking(ledger: Ledger, record: VersionRecord) -> Iterator[LimitFinding]:
    ours = ledger.line_of(record.id)
    for line in ledger.lines:
        if line is ours or not line.live or not line.versions:
            continue
        theirs = ledger.record(line.versions[-1])
        here = ours.name if ours is not None else str(record.id)
        yield from _lacking_in(ledger, (theirs, line.name), (record, here))
        yield from _lacking_in(ledger, (record, here), (theirs, line.name))


def _lacking_in(
    ledger: Ledger, has: tuple[VersionRecord, str], lacks: tuple[VersionRecord, str]
) -> Iterator[LimitFinding]:
    """Find limits with a reason on packages that the other line needs without any upper limit."""
    pinned = {key for platform in lacks[0].platforms for key in ledger.variant(lacks[0].id, platform)}
    needed: dict[tuple[str, str], list[LedgerEntry]] = {}
    for entry in ledger.requirements(lacks[0].id):
        needed.setdefault((entry.section, entry.package), []).append(entry)
    for entry in ledger.requirements(has[0].id):
        others = needed.get((entry.section, entry.package), [])
        explained = entry.reason is not None or entry.ticket is not None
        if not others or entry.package in pinned or not explained or not has_upper_limit(entry):
            continue
        bare = all(not has_upper_limit(one) and "*" not in one.limit for one in others)
        if bare and not exclusive([entry.limit, *(one.limit for one in others)]):
            yield LimitFinding(
                kind=FindingKind.LACKING,
                message=f"line `{lacks[1]}` needs `{others[0].spec}` without the limit `{entry.limit}`"
                f" of line `{has[1]}`",
                place=ledger.place(others[0]),
                hint=f"{ledger.place(entry)}: {entry.reason or entry.ticket}",
            )
