"""Reads the parts of a limits ledger, and collects what is wrong with them."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, shown
from lsstinstall.core.names import CondaSubdir, parse_subdir
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar
from rubin_releng.core.versionids import VersionId, VersionSpan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.errors import FormatError
    from rubin_releng.core.ledgerrows import VersionRecord
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["LedgerReader"]

# What conda takes as the name of a package.
_PACKAGE = re.compile(r"[a-z0-9_][a-z0-9_.-]*")

# Machines that conda packages can be made for; `noarch` is none.
_MACHINES = (
    "linux-64", "linux-aarch64", "linux-ppc64le", "linux-s390x", "linux-riscv64", "linux-loongarch64",
    "linux-32", "linux-armv6l", "linux-armv7l", "osx-64", "osx-arm64", "win-64", "win-arm64", "win-32",
    "freebsd-64", "emscripten-wasm32", "wasi-wasm32", "zos-z",
)  # fmt: skip


class LedgerReader:
    """Turns placed values into what the ledger means by them.

    Whatever is wrong becomes a problem and an empty value, so that one run
    finds everything.

    Parameters
    ----------
    document : `PlacedDocument`
        The ledger.
    """

    def __init__(self, document: PlacedDocument) -> None:
        self._document = document
        self._positions: dict[VersionId, int] = {}
        self._held: dict[str, frozenset[VersionId] | str] = {}
        self.records: tuple[VersionRecord, ...] = ()
        self.problems: list[FormatError] = []

    def complain(self, place: PlacedValue, problem: str, hint: str | None = None) -> None:
        """Collect a problem."""
        self.problems.append(self._document.error(place, problem, hint=hint))

    def know_versions(self, records: Sequence[VersionRecord]) -> None:
        """Learn which versions there are, oldest first; `versions` needs them."""
        self.records = tuple(records)
        self._positions = {record.id: number for number, record in enumerate(self.records)}

    def mapping(self, value: PlacedValue, known: Sequence[str]) -> dict[str, PlacedValue]:
        """Read a mapping of known keys."""
        if not isinstance(value, PlacedMapping):
            self.complain(value, f"{value.description} instead of a mapping")
            return {}
        for key, _ in value.entries:
            if key.value not in known:
                names = ", ".join(f"`{name}`" for name in known)
                self.complain(key, f"unknown key `{key.value}`", f"known are {names}")
        return {str(key.value): item for key, item in value.entries}

    def optional_mapping(self, value: PlacedValue, known: Sequence[str]) -> dict[str, PlacedValue]:
        """Read a mapping of known keys, or nothing."""
        return {} if value.plain() is None else self.mapping(value, known)

    def named(self, value: PlacedValue | None) -> tuple[tuple[PlacedScalar, PlacedValue], ...]:
        """Read a mapping of names that the writer chose; what is missing was told already."""
        if value is None:
            return ()
        if not isinstance(value, PlacedMapping):
            self.complain(value, f"{value.description} instead of a mapping")
            return ()
        for key, _ in value.entries:
            if not isinstance(key.value, str):
                self.complain(key, f"{key.description} instead of a name", "put quotes round it")
        return tuple((key, item) for key, item in value.entries if isinstance(key.value, str))

    def optional_named(self, value: PlacedValue | None) -> tuple[tuple[PlacedScalar, PlacedValue], ...]:
        """Read a mapping of names, or nothing."""
        return () if value is None or value.plain() is None else self.named(value)

    def rows(self, value: PlacedValue) -> tuple[PlacedValue, ...]:
        """Read a list of rows; a single one may stand alone."""
        return value.items if isinstance(value, PlacedList) else (value,)

    def text(self, value: PlacedValue | None) -> str | None:
        """Read a text."""
        if value is None or (isinstance(value, PlacedScalar) and value.value is None):
            return None
        if isinstance(value, PlacedScalar) and isinstance(value.value, str):
            return value.value.strip()
        hint = "put quotes round it" if isinstance(value, PlacedScalar) else None
        self.complain(value, f"{value.description} instead of a text", hint)
        return None

    def texts(self, value: PlacedValue | None) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(self.text(item) or "" for item in self._list(value, "texts"))

    def number(self, value: PlacedValue | None) -> int:
        """Read a number from 0, which is also what stands for none."""
        if value is None:
            return 0
        number = value.plain()
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return number
        self.complain(value, f"{value.description} is no build number", "expected a number from 0")
        return 0

    def truth(self, value: PlacedValue | None, *, default: bool) -> bool:
        """Read a truth value."""
        if value is None:
            return default
        truth = value.plain()
        if isinstance(truth, bool):
            return truth
        self.complain(value, f"{value.description} is neither `true` nor `false`")
        return default

    def date(self, value: PlacedValue | None) -> date | None:
        """Read a date."""
        if value is None:
            return None
        day = value.plain()
        # A time of day is a date too, for Python.
        if type(day) is date:
            return day
        self.complain(value, f"{value.description} is no date", "expected something like 2026-11-22")
        return None

    def package(self, key: PlacedScalar) -> str:
        """Read the name of a conda package."""
        name = str(key.value)
        if _PACKAGE.fullmatch(name) is None:
            hint = "conda takes small letters, digits, and `_`, `.` and `-`"
            self.complain(key, f"`{shown(name)}` is no name of a conda package", hint)
        return name

    def version_id(self, key: PlacedScalar) -> VersionId | None:
        """Read the name of a version."""
        try:
            return VersionId.parse(str(key.value))
        except InvalidNameError as error:
            self.complain(key, str(error), error.hint)
            return None

    def platforms(
        self, value: PlacedValue | None, *, of: frozenset[VersionId] | None
    ) -> tuple[CondaSubdir, ...]:
        """Read a list of platforms; those ``of`` versions must have each of them."""
        found = []
        for item in self._list(value, "platforms"):
            try:
                platform = parse_subdir(str(item.plain()))
            except InvalidNameError as error:
                self.complain(item, str(error), error.hint)
                continue
            if of is not None:
                self._check_platform(item, platform, of)
            elif platform not in _MACHINES:
                near = get_close_matches(platform, _MACHINES, n=1)
                hint = f"near is `{near[0]}`" if near else f"for example `{_MACHINES[0]}`"
                self.complain(item, f"`{platform}` is no platform that conda knows", hint)
            if platform in found:
                self.complain(item, f"`{platform}` stands here twice", "remove one of them")
            found.append(platform)
        if isinstance(value, PlacedList) and not value.items:
            self.complain(value, "a list of no platforms", "leave `platforms` out where all are meant")
        return tuple(found)

    def _check_platform(self, item: PlacedValue, platform: CondaSubdir, of: frozenset[VersionId]) -> None:
        records = [record for record in self.records if record.id in of]
        if not records or any(platform in record.platforms for record in records):
            return
        known = {one: None for record in records for one in record.platforms}
        near = get_close_matches(platform, known, n=1)
        hint = f"near is `{near[0]}`" if near else f"they are built for {', '.join(known)}"
        self.complain(item, f"no version of this row is built for `{platform}`", hint)

    def versions(self, value: PlacedValue | None) -> frozenset[VersionId]:
        """Read a list of versions and ranges; all of them if there is none."""
        if value is None:
            return frozenset(self._positions)
        held: set[VersionId] = set()
        for item in self._list(value, "versions"):
            text = item.plain()
            if not isinstance(text, str):
                self.complain(item, f"{item.description} instead of a version", "put quotes round it")
                continue
            if text not in self._held:
                self._held[text] = self._span(text)
            span = self._held[text]
            if isinstance(span, str):
                self.complain(item, span, "`versions` at the top of the file lists them")
            else:
                held |= span
        if isinstance(value, PlacedList) and not value.items:
            self.complain(value, "a list of no versions", "leave `versions` out where all are meant")
        return frozenset(held)

    def _span(self, text: str) -> frozenset[VersionId] | str:
        """Find the versions of a range, or say what is wrong with it."""
        try:
            span = VersionSpan.parse(text)
        except InvalidNameError as error:
            return str(error)
        for end in (span.first, span.last):
            if end is not None and end not in self._positions:
                return f"there is no version `{end}`"
        first = self._positions[span.first]
        last = len(self.records) - 1 if span.last is None else self._positions[span.last]
        if last < first:
            return f"the range `{text}` ends before it begins"
        return frozenset(record.id for record in self.records[first : last + 1])

    def _list(self, value: PlacedValue | None, what: str) -> tuple[PlacedValue, ...]:
        if value is not None and not isinstance(value, PlacedList):
            self.complain(value, f"{value.description} instead of a list of {what}")
        return value.items if isinstance(value, PlacedList) else ()
