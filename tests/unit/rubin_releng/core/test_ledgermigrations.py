"""The version that a migration makes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.ledgerformats import format_ledger
from rubin_releng.core.ledgermigrations import (
    Level,
    MigratedLedger,
    decide_version,
    line_to_migrate,
    migrate_ledger,
    newest_of,
)
from tests.support.migrations import MIGRATED_LEDGER, migratable, steps_of

if TYPE_CHECKING:
    from rubin_releng.core.ledgers import Ledger

TODAY = dt.date(2026, 7, 15)
REASON = 'reason: "conda-forge migration cfitsio47"}'


def _migrated(ledger: Ledger, *migrations: str, line: str | None = None) -> MigratedLedger:
    chosen = line_to_migrate(ledger, line)
    steps = steps_of(ledger, *migrations, version=newest_of(ledger, chosen).version)
    return migrate_ledger(ledger, chosen, steps, today=TODAY)


def _change(before: Ledger, after: Ledger) -> list[str]:
    lines = unified_diff(format_ledger(before).splitlines(), format_ledger(after).splitlines(), n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_a_library_makes_a_major_version_and_touches_its_own_rows_alone() -> None:
    ledger = migratable()
    migrated = _migrated(ledger, "cfitsio=4.7")
    assert migrated.level is Level.MAJOR
    assert migrated.previous is ledger.newest
    assert migrated.notes == ()
    assert _change(ledger, migrated.ledger) == [
        '+  "4.0.0": {build: 0, date: 2026-07-15, platforms: [linux-64, osx-arm64]}',
        '-  - {value: "4.6.2", versions: ["2.0.0 .."]}',
        '+  - {value: "4.7", versions: ["4.0.0 .."]}',
        '+  - {value: "4.6.2", versions: ["2.0.0 .. 3.0.0"]}',
        '-      - {limit: "4.6.2.*", versions: ["2.0.0 .."],',
        '+      - {limit: "4.7.*", versions: ["4.0.0 .."], since: 2026-07-15, ' + REASON,
        '+      - {limit: "4.6.2.*", versions: ["2.0.0 .. 3.0.0"],',
    ]


def test_pins_alone_make_a_build_and_the_one_before_gets_its_number() -> None:
    ledger = migratable()
    migrated = _migrated(ledger, "numpy=2.3")
    assert migrated.level is Level.BUILD
    assert (str(migrated.record.id), migrated.record.build) == ("3.0.0", 3)
    assert _change(ledger, migrated.ledger)[2:5] == [
        '-  "3.0.0": {build: 2, date: 2026-02-03, platforms: [linux-64, osx-arm64], releases: ["31.0.0"]}',
        '+  "3.0.0": {build: 3, date: 2026-07-15, platforms: [linux-64, osx-arm64], releases: ["31.0.0"]}',
        '+  "3.0.0=2": {build: 2, date: 2026-02-03, platforms: [linux-64, osx-arm64]}',
    ]
    assert [str(one) for one in migrated.ledger.line("main").versions][-2:] == ["3.0.0=2", "3.0.0"]
    fresh, before = migrated.record.id, migrated.ledger.record("3.0.0", build=2).id
    assert migrated.ledger.variant(fresh, ledger.newest.platforms[0])["numpy"] == "2.3"
    assert migrated.ledger.variant(before, ledger.newest.platforms[0])["numpy"] == "2.0"
    assert all(fresh in output.versions for output in migrated.ledger.outputs)


def test_an_early_version_gets_builds_whatever_changes() -> None:
    ledger = migratable(MIGRATED_LEDGER.replace("3.0.0", "3.0.0dev"))
    migrated = _migrated(ledger, "cfitsio=4.7")
    assert (str(migrated.record.id), migrated.record.build, migrated.level) == ("3.0.0dev", 3, Level.BUILD)
    assert migrated.notes == ("`3.0.0dev` is an early version: it gets a new build, whatever changes",)


def test_a_line_that_is_kept_alive_gets_the_next_number_that_is_free() -> None:
    ledger = migratable()
    migrated = _migrated(ledger, "cfitsio=4.7", line="2.1")
    assert (str(migrated.record.id), migrated.level) == ("2.2.0", Level.MINOR)
    (note,) = migrated.notes
    assert note.endswith("but a later rubin-env has it: `2.2.0` is the next number that is free")
    assert [str(one) for one in migrated.ledger.line("2.1").versions] == ["2.1.0", "2.2.0"]
    assert migrated.ledger.line("main") == replace(
        ledger.line("main"), versions=migrated.ledger.line("main").versions
    )
    assert migrated.record.id not in migrated.ledger.line("main").versions


def test_a_version_whose_neighbors_are_taken_gets_a_patch_or_nothing() -> None:
    ledger = migratable()
    assert decide_version(ledger, ledger.record("2.0.0"), breaks=True) == ("2.0.1", Level.PATCH)
    taken = migratable(MIGRATED_LEDGER.replace("2.1.0", "2.0.1"))
    with pytest.raises(RefusedError, match=r"no number is free after rubin-env `2.0.0`"):
        decide_version(taken, taken.record("2.0.0"), breaks=True)


def test_a_value_that_held_before_holds_again_in_its_old_row() -> None:
    ledger = migratable()
    migrated = _migrated(ledger, "cfitsio=4.5.0")
    change = _change(ledger, migrated.ledger)
    assert '+  - {value: "4.5.0", versions: ["1.0.0", "4.0.0 .."]}' in change
    assert '+      - {limit: "4.5.0.*", versions: ["1.0.0", "4.0.0 .."]}' in change


def test_a_row_of_two_compilers_is_cut_in_two() -> None:
    text = MIGRATED_LEDGER.replace(
        '"3.0.0 .."], platforms: [linux-64]}\n  - {value: "19"', '"3.0.0 .."]}\n  - {value: "19"'
    )
    text = text.replace('  - {value: "19", versions: ["3.0.0 .."], platforms: [osx-arm64]}\n', "")
    ledger = migratable(text)
    migrated = _migrated(ledger, "compilers=15")
    values = {
        platform: migrated.ledger.variant(migrated.record.id, platform)["cxx_compiler_version"]
        for platform in migrated.record.platforms
    }
    assert list(values.values()) == ["15", "14"]


def test_the_line_of_the_newest_version_is_the_one() -> None:
    ledger = migratable()
    assert line_to_migrate(ledger, None).name == "main"
    assert newest_of(ledger, ledger.line("2.1")).version == "2.1.0"


def test_without_a_line_there_is_nowhere_to_go() -> None:
    ledger = replace(migratable(), lines=())
    with pytest.raises(NotFoundError, match=r"the newest version `3.0.0` is on no line"):
        line_to_migrate(ledger, None)
    empty = replace(ledger, lines=(replace(migratable().lines[0], versions=()),))
    with pytest.raises(NotFoundError, match="the line `main` has no versions"):
        line_to_migrate(empty, "main")
