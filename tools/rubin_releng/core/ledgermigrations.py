"""Adds to a ledger the version that migrations make, with the number that the rules give it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.environmentnames import parse_env_version
from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.ledgerrows import LedgerEntry, VariantEntry, VersionRecord
from rubin_releng.core.versionids import VersionId, version_order

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgerrows import LedgerLine
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.core.migrations import MigrationStep, RowChange

__all__ = ["Level", "MigratedLedger", "decide_version", "line_to_migrate", "migrate_ledger", "newest_of"]

Row = TypeVar("Row", LedgerEntry, VariantEntry)


class Level(StrEnum):
    """Which number of a version is raised."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    BUILD = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedLedger:
    """A ledger with one more version.

    Parameters
    ----------
    ledger : `Ledger`
        All versions, the new one among them.
    record : `VersionRecord`
        The new one.
    previous : `VersionRecord`
        What it was made from, as it was.
    level : `Level`
        Which number was raised.
    notes : `tuple` [ `str`, ... ]
        What to know about the number.
    """

    ledger: Ledger
    record: VersionRecord
    previous: VersionRecord
    level: Level
    notes: tuple[str, ...] = ()


def line_to_migrate(ledger: Ledger, name: str | None) -> LedgerLine:
    """Find the line that gets the new version.

    Parameters
    ----------
    ledger : `Ledger`
        Has lines.
    name : `str` or `None`
        Its name; by default the one with the newest version.

    Returns
    -------
    line : `LedgerLine`
        One with versions.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    """
    line = ledger.line(name) if name is not None else ledger.line_of(ledger.newest.id)
    if line is None or not line.versions:
        which = f"the line `{line.name}`" if line else f"the newest version `{ledger.newest.id}`"
        raise NotFoundError(
            f"{which} has no versions" if line else f"{which} is on no line", hint="choose a line by `--line`"
        )
    return line


def newest_of(ledger: Ledger, line: LedgerLine) -> VersionRecord:
    """Give the newest build of a line's newest version."""
    return ledger.record(line.versions[-1].version)


def decide_version(ledger: Ledger, previous: VersionRecord, *, breaks: bool) -> tuple[str, Level]:
    """Decide on the number of the next version.

    Parameters
    ----------
    ledger : `Ledger`
        Knows which are taken.
    previous : `VersionRecord`
        Version that it follows.
    breaks : `bool`
        Whether binaries made before and after cannot be mixed: that is a new
        major version. Else only pins change, and it is a new build.

    Returns
    -------
    version : `str`
        The same version for a new build, and for every change of an early
        version, ``14.0.0dev``. Where the next major version is taken, as on
        a line that is kept alive, the next minor one or patch that no other
        line has passed.
    level : `Level`
        Which number it raises.

    Raises
    ------
    RefusedError
        Raised if all are taken.
    """
    numbers, finished, _ = version_order(previous.version)
    if not breaks or not finished:
        return previous.version, Level.BUILD
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    later = [
        version_order(record.version)
        for record in ledger.versions
        if version_order(record.version) > version_order(previous.version)
    ]
    for level, candidate in (
        (Level.MAJOR, f"{major + 1}.0.0"),
        (Level.MINOR, f"{major}.{minor + 1}.0"),
        (Level.PATCH, f"{major}.{minor}.{patch + 1}"),
    ):
        if all(version_order(parse_env_version(candidate)) < one for one in later):
            return candidate, level
    raise RefusedError(
        f"no number is free after {ledger.name} `{previous.version}`", hint="migrate a later line"
    )


def migrate_ledger(
    ledger: Ledger, line: LedgerLine, steps: Sequence[MigrationStep], *, today: dt.date
) -> MigratedLedger:
    """Add the version that steps make.

    Parameters
    ----------
    ledger : `Ledger`
        As it is.
    line : `LedgerLine`
        Gets the version, after its newest one.
    steps : `~collections.abc.Sequence` [ `MigrationStep` ]
        What changes.
    today : `~datetime.date`
        Date of the version and of new rows.

    Returns
    -------
    migrated : `MigratedLedger`
        All that held for the version before holds for it, but for the rows
        that the steps change.
    """
    previous = newest_of(ledger, line)
    breaks = any(step.breaks for step in steps)
    version, level = decide_version(ledger, previous, breaks=breaks)
    fresh = VersionId(version=parse_env_version(version))
    record = replace(previous, id=fresh, build=0, date=today, releases=(), default_since=None, line=0)
    before = previous
    if level is Level.BUILD:
        # The name without a number is that of the newest build.
        record = replace(previous, build=previous.build + 1, date=today, line=0)
        before = replace(
            previous, id=replace(previous.id, build=previous.build), releases=(), default_since=None
        )
    builder = _Builder(ledger, previous.id, before.id, fresh, today)
    kept = [one for one in ledger.versions if one is not previous]
    return MigratedLedger(
        ledger=replace(
            ledger,
            versions=tuple(sorted([*kept, before, record], key=lambda one: one.order)),
            outputs=tuple(replace(one, versions=builder.inherited(one.versions)) for one in ledger.outputs),
            lines=tuple(builder.line(one, extended=one is line) for one in ledger.lines),
            variants=builder.rows(ledger.variants, steps),
            entries=builder.rows(ledger.entries, steps),
        ),
        record=record,
        previous=previous,
        level=level,
        notes=tuple(_notes(ledger, version, level, breaks=breaks)),
    )


def _notes(ledger: Ledger, version: str, level: Level, *, breaks: bool) -> Iterable[str]:
    if breaks and level in {Level.MINOR, Level.PATCH}:
        yield (
            f"binaries cannot be mixed, which asks for a new major version, but a later {ledger.name} "
            f"has it: `{version}` is the next number that is free"
        )
    if breaks and level is Level.BUILD:
        yield f"`{version}` is an early version: it gets a new build, whatever changes"


class _Builder:
    """Puts the new version where the one before is."""

    def __init__(
        self, ledger: Ledger, previous: VersionId, before: VersionId, fresh: VersionId, today: dt.date
    ) -> None:
        self._platforms = ledger.record(previous).platforms
        self._previous = previous
        self._before = before
        self._fresh = fresh
        self._today = today

    def renamed(self, versions: Iterable[VersionId]) -> frozenset[VersionId]:
        """Let a build have its number, if its version gets another one."""
        return frozenset(self._before if one == self._previous else one for one in versions)

    def inherited(self, versions: frozenset[VersionId]) -> frozenset[VersionId]:
        """Add the new version to those that have the one before."""
        more = {self._fresh} if self._previous in versions else set()
        return self.renamed(versions) | more

    def line(self, line: LedgerLine, *, extended: bool) -> LedgerLine:
        """Add it to the line that gets it, and to those that share the version of which it is a build."""
        names = [self._before if one == self._previous else one for one in line.versions]
        same_version = self._previous in line.versions and self._before != self._previous
        return replace(line, versions=(*names, *((self._fresh,) if extended or same_version else ())))

    def rows(self, rows: Sequence[Row], steps: Sequence[MigrationStep]) -> tuple[Row, ...]:
        """Change the rows that steps change; all others inherit."""
        changes = {id(change.row): change for step in steps for change in step.changes}
        result: list[Row] = []
        joined: list[tuple[Row, frozenset[VersionId]]] = []
        for row in rows:
            change = changes.get(id(row))
            if change is None:
                result.append(replace(row, versions=self.inherited(row.versions)))
                continue
            for new in self._new_rows(row, change):
                if any(_alike(new, other) for other in rows):
                    joined.append((new, new.versions))
                else:
                    result.append(new)
            result.append(replace(row, versions=self.renamed(row.versions)))
        for new, versions in joined:
            # It held before: the row of that time holds again.
            place = next(number for number, row in enumerate(result) if _alike(new, row))
            result[place] = replace(result[place], versions=result[place].versions | versions)
        return tuple(result)

    def _new_rows(self, row: Row, change: RowChange) -> Iterable[Row]:
        held = tuple(one for one in self._platforms if row.holds_on(one))
        rest = tuple(one for one in held if change.platforms and one not in change.platforms)
        where: tuple[CondaSubdir, ...] = change.platforms if rest else row.platforms
        only = frozenset({self._fresh})
        if isinstance(row, VariantEntry):
            yield replace(row, value=change.text, versions=only, platforms=where, line=0)
        else:
            yield replace(
                row,
                limit=change.text,
                versions=only,
                platforms=where,
                reason=change.reason,
                ticket=None,
                since=self._today,
                review=None,
                line=0,
            )
        if rest:
            yield replace(row, versions=only, platforms=rest, line=0)


def _alike(one: LedgerEntry | VariantEntry, other: LedgerEntry | VariantEntry) -> bool:
    return _identity(one) == _identity(other)


def _identity(row: LedgerEntry | VariantEntry) -> tuple[object, ...]:
    if isinstance(row, VariantEntry):
        return row.key, row.value, row.platforms
    return row.output, row.section, row.package, row.limit, row.platforms
