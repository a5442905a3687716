from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lsstinstall.core.tags import EupsTag
from rubin_releng.core.predecessors import base_weekly, common_weekly, find_predecessor

WEEKLIES = ("w_2021_52", "w_2022_01", "w_2022_03", "w_2022_52", "w_2022_53", "w_2023_01")
DAILIES = ("d_2022_05_10", "d_2022_05_12", "d_2022_12_31")
FINALS = (
    *("v15_0", "v16_0", "v17_0", "v17_0_1", "v23_0_0", "v23_0_1", "v23_0_2"),
    *("v24_0_0", "v24_1_0", "v24_1_1", "v25_0_0", "v25_0_1"),
)
CANDIDATES = (
    "v15_0_rc1",
    "v15_0_rc3",
    "v24_0_0_rc1",
    "v24_0_0_rc3",
    "v24_0_1_rc1",
    "v24_1_0_rc1",
    "v26_0_0_rc1",
)


def _tags(*names: str) -> list[EupsTag]:
    return [EupsTag.parse(name) for name in names]


ALL = _tags(*WEEKLIES, *DAILIES, *FINALS, *CANDIDATES)


@pytest.mark.parametrize(
    ("tag", "predecessor"),
    [
        ("w_2022_03", "w_2022_01"),
        ("w_2022_05", "w_2022_03"),
        ("w_2022_01", "w_2021_52"),
        ("w_2023_01", "w_2022_53"),
        ("w_2022_53", "w_2022_52"),
        ("w_2021_52", None),
        ("d_2022_05_12", "d_2022_05_10"),
        ("d_2023_01_01", "d_2022_12_31"),
        ("v24_0_0_rc3", "v24_0_0_rc1"),
        ("v24_0_0_rc1", "v23_0_2"),
        ("v15_0_rc3", "v15_0_rc1"),
        ("v15_0_rc1", None),
        ("v24_0_1_rc1", "v24_0_0"),
        ("v24_1_0_rc1", "v24_0_0"),
        ("v26_0_0_rc1", "v25_0_1"),
        ("v23_0_2", "v23_0_1"),
        ("v24_0_0", "v23_0_0"),
        ("v24_1_0", "v24_0_0"),
        ("v25_0_0", "v24_0_0"),
        ("v16_0", "v15_0"),
        ("v17_0_1", "v17_0"),
        ("v18_0_0", "v17_0"),
        ("v15_0", None),
        ("v27_1_0", "v25_0_0"),
        ("sims_2_0", None),
        ("b8466", None),
    ],
)
def test_each_kind_of_release_has_its_predecessor(tag: str, predecessor: str | None) -> None:
    found = find_predecessor(EupsTag.named(tag), ALL)
    assert (None if found is None else found.tag.name) == predecessor


def test_a_new_family_may_be_compared_with_the_last_patch() -> None:
    found = find_predecessor(EupsTag.parse("v25_0_0"), ALL, latest_patch=True)
    assert found is not None
    assert (found.tag.name, found.note) == ("v24_1_1", "the last release of the family before it")


def test_a_patch_made_later_does_not_change_what_a_candidate_follows() -> None:
    first, patch = EupsTag.parse("v24_0_0_rc1"), EupsTag.parse("v23_0_2")
    times = {first: datetime(2022, 8, 1, tzinfo=UTC), patch: datetime(2022, 9, 1, tzinfo=UTC)}
    found = find_predecessor(first, ALL, times=times)
    assert found is not None
    assert found.tag.name == "v23_0_1"


def test_the_first_daily_follows_a_weekly_that_is_surely_older() -> None:
    known = _tags("w_2022_18", "w_2022_19", "w_2022_20")
    # 12 May 2022 is in week 20.
    found = find_predecessor(EupsTag.parse("d_2022_05_12"), known)
    assert found is not None
    assert (found.tag.name, found.note) == ("w_2022_19", "the weekly before it, for there is no daily")
    assert find_predecessor(EupsTag.parse("d_2022_05_12"), known[2:]) is None


def test_a_release_comes_from_the_newest_weekly_that_nearly_all_products_agree_on() -> None:
    one, two, three = _tags("w_2022_18", "w_2022_19", "w_2022_20")
    # Products without a commit that week have three in their history, too.
    assert base_weekly({one: 100, two: 97, three: 81}, 100) == two
    assert base_weekly({one: 3}, 100) is None
    assert base_weekly({}, 0) is None


def test_the_base_is_known_by_the_newest_weekly_of_each_product() -> None:
    one, two, three = (EupsTag.named(f"w_2026_0{week}") for week in (1, 2, 3))
    assert common_weekly([two, *[three] * 9]) == three
    assert common_weekly([one, two, *[three] * 8]) == two
    assert common_weekly([]) is None
