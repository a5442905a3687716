from __future__ import annotations

import pytest

from rubin_releng.core.ledgerchecks import find_problems, find_unexplained
from tests.support.ledgers import SMALL_LEDGER, read_ledger

SCIPY = '      - {versions: ["1.0.0 .. 2.0.0=0"]}\n'


def _problems(text: str) -> list[tuple[int, str, str | None]]:
    ledger = read_ledger(text)

    def problem(spec: str) -> str | None:
        return "nonsense" if "[" in spec else None

    return [(one.line, one.message, one.hint) for one in find_problems(ledger, spec_problem=problem)]


def _with_rows(*rows: str) -> str:
    assert SCIPY in SMALL_LEDGER
    return SMALL_LEDGER.replace(SCIPY, SCIPY + "".join(f"      - {row}\n" for row in rows))


def test_a_sound_ledger_has_no_problems() -> None:
    assert _problems(SMALL_LEDGER) == []


def test_a_spec_that_does_not_parse_is_told_where_it_stands() -> None:
    hint = "something like `>=1.2,<2` or `1.2.*`"
    assert _problems(_with_rows('{limit: "[", versions: ["1.0.0"]}')) == [
        (49, "`scipy [` is no spec of conda: nonsense", hint)
    ]


def test_a_limit_that_nothing_satisfies_is_told() -> None:
    assert _problems(_with_rows('{limit: ">=2,<1", versions: ["1.0.0"]}')) == [
        (49, "no version satisfies `scipy >=2,<1`", None)
    ]


def test_a_row_that_stands_twice_is_told() -> None:
    assert _problems(_with_rows('{versions: ["2.0.0=0", "3.0.0dev"], platforms: [linux-64]}')) == [
        (
            49,
            "`scipy` of `rubin-env-nosysroot` stands in line 48 already",
            "for the same version and platform",
        )
    ]


def test_rows_on_different_platforms_are_no_repetition() -> None:
    rows = ('{limit: "1", versions: ["3.0.0dev"], platforms: [osx-arm64]}',) * 2
    assert [line for line, *_ in _problems(_with_rows(*rows))] == [49, 50, 50]
    apart = (
        rows[0].replace('"1"', '">1.16.3"'),
        rows[0].replace('"1"', '">1.16.3"').replace("osx-arm", "linux-"),
    )
    assert _problems(_with_rows(*apart)) == []


def test_rows_that_contradict_each_other_are_told_with_version_and_platform() -> None:
    assert _problems(_with_rows('{limit: "<1.16", versions: ["2.0.0 .."], platforms: [osx-arm64]}')) == [
        (
            49,
            "`scipy <1.16` contradicts `scipy >=1.16.3,<1.17` of line 46",
            "both hold in version `3.0.0dev` on `osx-arm64`",
        )
    ]
    assert _problems(_with_rows('{limit: "<1.16", versions: ["1.0.0 .. 2.0.0=0"]}')) == []


def test_outputs_that_are_installed_together_contradict_each_other_too() -> None:
    text = SMALL_LEDGER + '      scipy:\n      - {limit: "<1.16", versions: ["2.0.0 .."]}\n'
    assert [message for _, message, _ in _problems(text)] == [
        "`scipy <1.16` contradicts `scipy >=1.16.3,<1.17` of line 46"
    ]
    host = text.replace("  rubin-env:\n    run:\n", "  rubin-env:\n    host:\n")
    assert _problems(host) == []


def test_a_pin_on_what_is_not_made_is_told() -> None:
    text = SMALL_LEDGER.replace('{limit: "exact", versions: ["2.0.0=0 .."]}', '{limit: "exact"}')
    assert _problems(text.replace("      rubin-env-nosysroot:\n", "      rubin-env:\n")) == [
        (55, "version `1.0.0` does not make `rubin-env`, which is pinned exactly", None)
    ]
    assert len(_problems(text.replace("      rubin-env-nosysroot:\n", "      rubin-end:\n"))) == 1


@pytest.mark.parametrize(
    ("limit", "unexplained"),
    [("<9", True), ("==1.2", True), ("=1.2", True), (">=9", False), ("", False), ("<9, reason", False)],
)
def test_upper_limits_need_a_reason(limit: str, *, unexplained: bool) -> None:
    row = f'{{limit: "{limit}", versions: ["1.0.0"]}}'
    if limit.endswith("reason"):
        row = '{limit: "<9", versions: ["1.0.0"], reason: "so it is"}'
    ledger = read_ledger(_with_rows(row))
    found = find_unexplained(ledger, ledger.record("1.0.0"))
    assert [entry.line for entry in found] == ([49] if unexplained else [])
