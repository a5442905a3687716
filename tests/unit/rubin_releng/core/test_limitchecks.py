"""What a ledger tells of its limits without any channel."""

from __future__ import annotations

from datetime import date

import pytest

from rubin_releng.core.ledgerrows import LedgerEntry, Section
from rubin_releng.core.limitchecks import FindingKind, Severity, check_ledger, has_upper_limit
from tests.support.ledgers import SMALL_LEDGER, read_ledger

BEFORE, AFTER = date(2026, 7, 1), date(2026, 8, 2)

TWO_LINES = """\
schema: 1
name: rubin-env
outputs:
  rubin-env: {}
lines:
  "main": {versions: ["2.0.0"], live: true}
  "1": {versions: ["1.0.0"], live: true}
  "0": {versions: ["0.1.0"], live: false}
versions:
  "2.0.0": {build: 0, platforms: [linux-64]}
  "1.0.0": {build: 0, platforms: [linux-64]}
  "0.1.0": {build: 0, platforms: [linux-64]}
variants:
  python:
  - {value: "3.10", versions: ["1.0.0"]}
requirements:
  rubin-env:
    run:
      astroquery:
      - {limit: "<1", versions: ["2.0.0"]}
      - {versions: ["0.1.0 .. 1.0.0"]}
      numpy:
      - {limit: "2.3.*", versions: ["1.0.0"]}
      - {limit: "<3", versions: ["2.0.0"], reason: "3 is new"}
      pandas:
      - {limit: "<2", versions: ["2.0.0"], reason: "2 is new"}
      - {limit: ">=2.1", versions: ["1.0.0"]}
      paramiko:
      - {limit: ">=4,<5", versions: ["2.0.0"], ticket: DM-1}
      - {limit: ">=3", versions: ["0.1.0 .. 1.0.0"]}
      python:
      - {limit: ">=3.13,<3.14", versions: ["2.0.0"], reason: "ABI"}
      - {versions: ["1.0.0"]}
      skyproj:
      - {limit: "<2", versions: ["1.0.0"], reason: "2 broke it"}
      - {versions: ["2.0.0"]}
      treecorr:
      - {limit: "<6", versions: ["2.0.0"], reason: "6 broke it"}
"""


def _entry(limit: str) -> LedgerEntry:
    return LedgerEntry(
        output="rubin-env", section=Section.RUN, package="p", limit=limit, versions=frozenset()
    )


@pytest.mark.parametrize(
    ("limit", "upper"),
    [
        ("", False), (">=1", False), ("4.6.2.*", False), ("=4", False), ("* *openblas", False),
        ("<5", True), (">=4,<=5", True), ("!=1.0", True), ("==7.3.0", True), (">=6,<7|>=8", True),
    ],
)  # fmt: skip
def test_upper_limits_are_told_from_pins(limit: str, *, upper: bool) -> None:
    assert has_upper_limit(_entry(limit)) is upper


def test_a_limit_past_its_date_is_told() -> None:
    ledger = read_ledger()
    assert list(check_ledger(ledger, ledger.record("2.0.0"), today=BEFORE)) == []
    (finding,) = check_ledger(ledger, ledger.record("2.0.0"), today=AFTER)
    assert finding.to_dict() == {
        "kind": "past-date",
        "severity": "warning",
        "place": "requirements.yaml:46",
        "platform": None,
        "message": "`scipy >=1.16.3,<1.17` was to be looked at again on 2026-08-01",
        "hint": "the reason was: 1.17 gives other sums",
    }


def test_a_limit_past_its_date_may_have_no_reason() -> None:
    ledger = read_ledger(SMALL_LEDGER.replace(', reason: "1.17 gives other sums"', ""))
    (finding,) = check_ledger(ledger, ledger.record("2.0.0"), today=AFTER)
    assert finding.hint == "no reason is on record"


def test_limits_that_a_line_lacks_are_told_in_both_directions() -> None:
    ledger = read_ledger(TWO_LINES)
    found = list(check_ledger(ledger, ledger.newest, today=BEFORE))
    lacking = [one for one in found if one.kind is FindingKind.LACKING]
    assert [one.message for one in lacking] == [
        "line `main` needs `skyproj` without the limit `<2` of line `1`",
        "line `1` needs `paramiko >=3` without the limit `>=4,<5` of line `main`",
    ]
    assert [one.hint for one in lacking] == ["requirements.yaml:35: 2 broke it", "requirements.yaml:29: DM-1"]
    assert {one.severity for one in lacking} == {Severity.WARNING}


def test_a_version_on_no_line_is_compared_too() -> None:
    ledger = read_ledger(TWO_LINES.replace('["2.0.0"], live', '["2.0.0"], live', 1).replace(
        '  "main": {versions: ["2.0.0"], live: true}\n', ""
    ))  # fmt: skip
    messages = [one.message for one in check_ledger(ledger, ledger.newest, today=BEFORE)]
    assert "line `2.0.0` needs `skyproj` without the limit `<2` of line `1`" in messages


def test_upper_limits_that_nobody_explains_are_told() -> None:
    ledger = read_ledger(TWO_LINES)
    found = [
        one for one in check_ledger(ledger, ledger.newest, today=BEFORE) if one.severity is Severity.NOTE
    ]
    assert [one.message for one in found] == ["nobody knows why `astroquery <1` has its upper limit"]


def test_a_pin_to_a_series_needs_no_reason() -> None:
    ledger = read_ledger(TWO_LINES.replace('"<1"', '"=1"'))
    messages = [one.message for one in check_ledger(ledger, ledger.newest, today=BEFORE)]
    assert not any("nobody knows why" in message for message in messages)
