from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.tags import EupsTag
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.environmenthistory import default_periods, version_histories
from rubin_releng.core.ledgerreading import parse_ledger

if TYPE_CHECKING:
    from rubin_releng.core.ledgers import Ledger

LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env: {summary: "All"}
lines:
  main: {versions: ["1.0.0", "2.0.0", "3.0.0=0 .."], live: true}
  "1.0": {versions: ["1.0.0 .. 1.0.1"], live: false}
versions:
  "3.0.0": {build: 4, date: 2022-05-11, platforms: [linux-64], default_since: 2022-03-09}
  "3.0.0=0": {build: 0, date: 2022-03-09, platforms: [linux-64, osx-64]}
  "2.0.0": {build: 1, date: 2022-03-03, platforms: [linux-64], default_since: 2022-02-14}
  "1.0.1": {build: 0, platforms: [linux-64], releases: ["23.0.1", "23.0.2"]}
  "1.0.0": {build: 3, date: 2022-01-27, platforms: [linux-64], default_since: 2022-01-24}
requirements: {}
"""


def _ledger(text: str = LEDGER) -> Ledger:
    return parse_ledger(parse_yaml(text, source="requirements.yaml"))


def test_weeklies_follow_from_the_days_of_the_changes() -> None:
    assert [(one.version, str(one.until), one.weeklies) for one in default_periods(_ledger())] == [
        ("1.0.0", "2022-02-14", "w_2022_05 .. w_2022_07"),
        # w_2022_10 was cut on 2022-03-03.
        ("2.0.0", "2022-03-09", "w_2022_08 .. w_2022_10"),
        ("3.0.0", "None", "w_2022_11 .."),
    ]


@pytest.mark.parametrize(
    ("since", "until", "weeklies"),
    [
        # Thursdays are 2022-03-03, 2022-03-10 and so on.
        ("2022-03-02", "2022-03-09", "w_2022_10"),
        ("2022-03-03", "2022-03-10", "w_2022_11"),
        ("2022-03-04", "2022-03-08", ""),
        ("2020-12-30", "2021-01-05", "w_2021_01"),
        ("2020-12-31", "2021-01-20", "w_2021_02 .. w_2021_03"),
    ],
)
def test_a_weekly_of_the_day_of_a_change_had_the_old_default(since: str, until: str, weeklies: str) -> None:
    text = LEDGER.replace("2022-02-14", since).replace("default_since: 2022-03-09", f"default_since: {until}")
    (period,) = [one for one in default_periods(_ledger(text)) if one.version == "2.0.0"]
    assert period.weeklies == weeklies
    assert (period.last_weekly is None) == (weeklies == "")


def test_a_weekly_is_a_tag_like_any_other() -> None:
    first = default_periods(_ledger())[0].first_weekly
    assert first == EupsTag.parse("w_2022_05")
    assert first.numbers == EupsTag.parse("w_2022_05").numbers


def test_versions_tell_their_lines_builds_and_releases() -> None:
    new, middle, patch, old = version_histories(_ledger())
    assert (new.version, new.builds, new.lines) == ("3.0.0", (0, 4), ("main",))
    assert (new.first, new.last) == (date(2022, 3, 9), date(2022, 5, 11))
    assert new.platforms == ("linux-64",)
    assert middle.default is not None
    assert middle.default.since == date(2022, 2, 14)
    assert (patch.releases, patch.default, patch.first) == (("23.0.1", "23.0.2"), None, None)
    assert (old.version, old.lines) == ("1.0.0", ("main", "1.0"))


def test_a_ledger_without_defaults_has_no_periods() -> None:
    text = "\n".join(
        line.partition(", default_since")[0] + "}" if "default_since" in line else line
        for line in LEDGER.splitlines()
    )
    assert default_periods(_ledger(text)) == ()
