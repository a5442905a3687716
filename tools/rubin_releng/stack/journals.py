"""The journal of a stack: what was begun, done and failed, one line of JSON each, only ever added to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "History",
    "Journal",
    "JournalEntry",
    "JournalEvent",
    "TextJournal",
    "histories",
    "measured",
    "parse_journal",
]

_SCHEMA = 1


class JournalEvent(StrEnum):
    """What became of a product."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One event.

    Parameters
    ----------
    event : `JournalEvent`
        What happened.
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    key : `str`
        Digest of all inputs of the work.
    time : `~datetime.datetime`
        When, in UTC.
    seconds : `float` or `None`
        How long the work took; `None` for one that was only begun.
    replaces : `bool`
        Whether an older folder of the product stood there when it was begun.
    run : `str`
        Beginning of the run it belongs to; empty in old journals.
    cached : `bool`
        Whether it came out of a build cache.
    cpu_seconds : `float` or `None`
        Of all processors; `None` if nobody measured.
    peak_bytes : `int` or `None`
        Memory at its peak; likewise.
    """

    event: JournalEvent
    product: ProductName
    version: EupsVersion
    key: str
    time: datetime
    seconds: float | None = None
    replaces: bool = False
    run: str = ""
    cached: bool = False
    cpu_seconds: float | None = None
    peak_bytes: int | None = None

    def format(self) -> str:
        """Write the entry as one line, with its end."""
        record = {
            "schema": _SCHEMA,
            "time": self.time.isoformat(timespec="milliseconds"),
            "event": self.event.value,
            "product": self.product,
            "version": self.version,
            "key": self.key,
            "seconds": self.seconds,
            "replaces": self.replaces,
            "run": self.run,
            "cached": self.cached,
            "cpu_seconds": self.cpu_seconds,
            "peak_bytes": self.peak_bytes,
        }
        return json.dumps(record, separators=(",", ":")) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the journal knows of one version of a product.

    Parameters
    ----------
    last : `JournalEntry`
        The newest event.
    done : `JournalEntry` or `None`
        The newest success; `None` if there was none.
    """

    last: JournalEntry
    done: JournalEntry | None


class Journal(Protocol):
    """Where entries are kept."""

    def entries(self) -> tuple[JournalEntry, ...]:
        """Read all entries, the oldest first."""

    def append(self, *entries: JournalEntry) -> None:
        """Add entries in one step; what is begun is on the disk when this returns."""


class TextJournal:
    """A journal in a text that somebody keeps.

    Parameters
    ----------
    read : `~collections.abc.Callable`
        Gives the whole text.
    append : `~collections.abc.Callable`
        Adds lines and, if its second argument is true, returns when they are
        on the disk: an end that is forgotten is found out again.
    """

    def __init__(self, read: Callable[[], str], append: Callable[[str, bool], None]) -> None:
        self._read = read
        self._append = append

    def entries(self) -> tuple[JournalEntry, ...]:
        """Read all entries, the oldest first."""
        return parse_journal(self._read())

    def append(self, *entries: JournalEntry) -> None:
        """Add entries in one step; what is begun is on the disk when this returns."""
        is_begun = any(entry.event is JournalEvent.BEGUN for entry in entries)
        self._append("".join(entry.format() for entry in entries), is_begun)


def parse_journal(text: str) -> tuple[JournalEntry, ...]:
    """Read a journal.

    Parameters
    ----------
    text : `str`
        The file. A writer that was killed leaves a part of a line, and a
        later version may write events we do not know: what cannot be read is
        passed over, since each step can be done again.

    Returns
    -------
    entries : `tuple` [ `JournalEntry`, ... ]
        In file order.
    """
    return tuple(entry for line in text.splitlines() if (entry := _read_line(line)) is not None)


def _read_line(line: str) -> JournalEntry | None:
    try:
        record = json.loads(line)
        return JournalEntry(
            event=JournalEvent(record["event"]),
            product=record["product"],
            version=record["version"],
            key=record["key"],
            time=datetime.fromisoformat(record["time"]),
            seconds=record["seconds"],
            replaces=record["replaces"],
            run=record.get("run", ""),
            cached=record.get("cached", False),
            cpu_seconds=record.get("cpu_seconds"),
            peak_bytes=record.get("peak_bytes"),
        )
    except (ValueError, KeyError, TypeError):
        return None


def measured(entries: Iterable[JournalEntry]) -> dict[ProductName, JournalEntry]:
    """Find what each product took when it was last built.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `JournalEntry` ]
        The oldest first.

    Returns
    -------
    measured : `dict`
        From product, of any version, to its newest success with a time that
        was no unpacking of a cache.
    """
    return {
        entry.product: entry
        for entry in entries
        if entry.event is JournalEvent.DONE and not entry.cached and entry.seconds is not None
    }


def histories(entries: Iterable[JournalEntry]) -> dict[tuple[ProductName, EupsVersion], History]:
    """Sort a journal by product.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `JournalEntry` ]
        The oldest first.

    Returns
    -------
    histories : `dict`
        From product and version to what became of it.
    """
    found: dict[tuple[ProductName, EupsVersion], History] = {}
    for entry in entries:
        before = found.get((entry.product, entry.version))
        done = entry if entry.event is JournalEvent.DONE else None if before is None else before.done
        found[entry.product, entry.version] = History(last=entry, done=done)
    return found
