from __future__ import annotations

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.core.ledgerformats import format_ledger, spans_of
from rubin_releng.core.ledgers import EXACT, Ledger, Section
from rubin_releng.core.versionids import VersionId
from tests.support.ledgers import SMALL_LEDGER, read_ledger

SHORT = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot:
  rubin-env:
versions:
  0.9.9: {build: 4, platforms: [linux-64]}
requirements:
  rubin-env-nosysroot:
    run:
      python:
      zlib: ">=1.3"
      curl: {limit: "<9", reason: "why not"}
    host:
  rubin-env:
"""


def _problems(text: str) -> list[str]:
    with pytest.raises(ProblemsError, match=r"`requirements\.yaml` is no limits ledger") as caught:
        read_ledger(text)
    return [
        str(problem).removeprefix("requirements.yaml:").splitlines()[0] for problem in caught.value.problems
    ]


def test_what_is_written_is_what_was_read() -> None:
    ledger = read_ledger()
    assert format_ledger(ledger) == SMALL_LEDGER
    assert read_ledger(format_ledger(ledger)) == ledger


def test_a_short_ledger_is_one_too() -> None:
    ledger = read_ledger(SHORT)
    assert [entry.spec for entry in ledger.entries] == ["python", "zlib >=1.3", "curl <9"]
    assert {entry.section for entry in ledger.entries} == {Section.RUN}
    assert all(entry.versions == {VersionId.parse("0.9.9")} for entry in ledger.entries)
    assert [entry.line for entry in ledger.entries] == [11, 12, 13]
    assert (ledger.about, ledger.lines, ledger.variants) == ({}, (), ())
    assert read_ledger(format_ledger(ledger)) == ledger


def test_a_single_value_of_a_variant_may_stand_alone() -> None:
    (entry,) = read_ledger(SHORT + 'variants: {python: "3.13"}\n').variants
    assert (entry.key, entry.value) == ("python", "3.13")


def test_words_that_yaml_takes_for_something_else_are_quoted() -> None:
    text = SHORT.replace("      python:\n", '      "y": {ticket: "on"}\n')
    again = format_ledger(read_ledger(text))
    assert '"y":' in again
    assert 'ticket: "on"' in again
    assert read_ledger(again) == read_ledger(text)


def test_versions_are_put_into_as_few_ranges_as_can_be() -> None:
    records = read_ledger().versions

    def ranges(*texts: str) -> list[str]:
        return [str(span) for span in spans_of([VersionId.parse(text) for text in texts], records)]

    assert ranges("1.0.0", "2.0.0=0") == ["1.0.0 .. 2.0.0=0"]
    assert ranges("1.0.0", "2.0.0") == ["1.0.0", "2.0.0"]
    assert ranges("2.0.0", "3.0.0dev") == ["2.0.0 .."]
    assert ranges("3.0.0dev", "7") == ["3.0.0dev .."]
    assert ranges() == []


def test_a_range_without_an_end_holds_what_is_added_later() -> None:
    later = SMALL_LEDGER.replace('  "3.0.0dev":', '  "4.0.0": {platforms: [linux-64]}\n  "3.0.0dev":')
    newest = VersionId.parse("4.0.0")
    assert [entry.spec for entry in read_ledger(later).requirements(newest, "rubin-env")] == [
        f"rubin-env-nosysroot {EXACT}"
    ]


def _with(old: str, new: str) -> str:
    assert old in SMALL_LEDGER
    return SMALL_LEDGER.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[]\n", ["1:1: a list instead of a mapping"] + [
            f"1:1: `{key}` is missing" for key in ("schema", "name", "outputs", "versions", "requirements")
        ]),
        (_with("schema: 1", "schema: 2"), ["2:9: the number `2` is no schema known here"]),
        (_with("name: rubin-env", "name: 1.5"), ["3:7: the number `1.5` instead of a text"]),
        (_with("about:", "abuot:"), ["4:1: unknown key `abuot`"]),
        (_with('"1.0.0": {build: 1', "1.0: {build: 1"), [
            "13:23: there is no version `1.0.0`", "20:3: the number `1.0` instead of a name",
            "48:21: there is no version `1.0.0`",
        ]),
        (_with('"1.0.0": {build: 1', '"v1.0.0": {build: 1'), [
            "13:23: there is no version `1.0.0`", "20:3: `v1.0.0` is no version of rubin-env",
            "48:21: there is no version `1.0.0`",
        ]),
        (_with('"2.0.0=0": {build: 0', '"2.0.0=0": {build: 2'), ["19:22: build 2 stands under `2.0.0=0`"]),
        (_with('dev": {build: 0', 'dev": {build: -3'), ["17:23: the number `-3` is no build number"]),
        (_with('dev": {build: 0', 'dev": {build: true'), ["17:23: the truth value `True` is"]),
        (_with("build: 0, platforms: [linux-64]", "build: 0"), ["19:3: `2.0.0=0` has no platforms"]),
        (_with("build: 0, platforms: [linux-64]", "build: 0, platforms: [linux-65, linux-64]"), [
            "19:37: `linux-65` is no platform that conda knows",
        ]),
        (_with("build: 0, platforms: [linux-64]", "build: 0, platforms: [q-1, linux-64]"), [
            "19:37: `q-1` is no platform that conda knows",
        ]),
        (_with("date: 2026-02-03", "date: soon"), ["18:29: the text `soon` is no date"]),
        (_with("date: 2026-02-03", "date: 2026-02-03 10:00:00"), ["18:29: "]),
        (_with("live: true", "live: 1"), ["13:54: the number `1` is neither `true` nor `false`"]),
        (_with('["30.0.0", "30.0.1"]', '"30.0.0"'), ["18:85: the text `30.0.0` instead of a list of texts"]),
        (_with('{value: "2.3"}', "{}"), ["31:5: a row of `numpy` has no value"]),
        (_with('{value: "2.3"}', "2.3"), ["31:5: the number `2.3` instead of a text"]),
        (_with("    host:", "    hots:"), ["35:5: `hots` is no section of requirements"]),
        (_with("  rubin-env:\n    run:", "  rubin-end:\n    run:"), ["52:3: `rubin-end` is no output"]),
        (_with("scipy:", "SciPy:"), ["45:7: `SciPy` is no name of a conda package"]),
        (_with('limit: "19.*"', "limit: 19"), ["40:17: the number `19` instead of a text"]),
        (_with('limit: "19.*"', "limit: [19]"), ["40:17: a list instead of a text"]),
        (_with('["1.0.0 .. 2.0.0=0"]', "[1.5]"), ["48:21: the number `1.5` instead of a version"]),
        (_with('["1.0.0 .. 2.0.0=0"]', "[]"), ["48:20: a list of no versions"]),
        (_with('["1.0.0 .. 2.0.0=0"]', '["1.0.0 .. 0.8.5"]'), ["48:21: there is no version `0.8.5`"]),
        (_with('["1.0.0 .. 2.0.0=0"]', '["2.0.0 .. 1.0.0"]'), [
            "48:21: the range `2.0.0 .. 1.0.0` ends before it begins"
        ]),
        (_with('["1.0.0 .. 2.0.0=0"]', '[".. x"]'), ["48:21: `.. x ` is no version"]),
        (_with("platforms: [osx-arm64]}\n      gxx", "platforms: [osx-arm65]}\n      gxx"), [
            "40:61: no version of this row is built for `osx-arm65`"
        ]),
        (_with("platforms: [osx-arm64]}\n      gxx", "platforms: [win-64]}\n      gxx"), [
            "40:61: no version of this row is built for `win-64`"
        ]),
        (_with("platforms: [osx-arm64]}\n      gxx", "platforms: [Mac]}\n      gxx"), [
            "40:61: `Mac` is not a conda platform"
        ]),
        (_with("platforms: [osx-arm64]}\n      gxx", "platforms: []}\n      gxx"), [
            "40:60: a list of no platforms"
        ]),
        (_with("platforms: [osx-arm64]}\n      gxx", "platforms: [osx-arm64, osx-arm64]}\n      gxx"), [
            "40:72: `osx-arm64` stands here twice"
        ]),
        (_with("requirements:\n", "requirements: [1]\nx:\n"), [
            "33:15: a list instead of a mapping", "34:1: unknown key `x`"
        ]),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_told_with_its_place(text: str, problems: list[str]) -> None:
    found = _problems(text)
    assert len(found) == len(problems), found
    for one, expected in zip(found, problems, strict=True):
        assert one.startswith(expected), found


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = (
        SMALL_LEDGER.replace("2026-02-03, platforms", "x, platforms")
        .replace("scipy:", "SciPy:")
        .replace("host:", "hots:")
    )
    assert [one.split(":")[0] for one in _problems(text)] == ["18", "35", "45"]


def test_a_ledger_is_not_equal_for_where_it_stands() -> None:
    moved = read_ledger("# One line more.\n" + SMALL_LEDGER)
    assert isinstance(moved, Ledger)
    assert moved.entries == read_ledger().entries
    assert moved.entries[0].line == read_ledger().entries[0].line + 1


def test_a_line_is_live_unless_it_says_otherwise() -> None:
    (line,) = read_ledger(SHORT + "lines: {main: {}}\n").lines
    assert line.live
    assert [str(version) for version in line.versions] == ["0.9.9"]
