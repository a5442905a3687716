"""The order of conda's versions."""

from __future__ import annotations

from itertools import combinations

import pytest
import rattler

from rubin_releng.core.condaversions import compare_conda_versions

_VERSIONS = (
    *(
        "0.4",
        "0.4.0",
        "0.4.1.rc",
        "0.4.1.RC1",
        "0.4.1",
        "0.5a1",
        "0.5b3",
        "0.5",
        "0.9.6",
        "0.960923",
        "1",
        "1.0",
    ),
    *("1.1dev1", "1.1a1", "1.1.0dev1", "1.1.a1", "1.1.0rc1", "1.1.0", "1.1.0post1", "1.1post1", "1996.07.12"),
    *("1!0.4.1", "2!0.4.1", "1.0+cpu2", "1.0+cpu10", "1.0+9", "7.1.1_3", "7.1.1_21", "2024a", "2024b", "9e"),
)


@pytest.mark.parametrize(("one", "other"), list(combinations(_VERSIONS, 2)))
def test_versions_are_ordered_as_the_solver_orders_them(one: str, other: str) -> None:
    first, second = rattler.Version(one), rattler.Version(other)
    sign = (first > second) - (first < second)

    assert compare_conda_versions(one, other) == sign
    assert compare_conda_versions(other, one) == -sign


def test_local_parts_count_last() -> None:
    assert compare_conda_versions("1.0+cpu2", "1.0+cpu10") < 0
    assert compare_conda_versions("1.0+9", "1.1") < 0


def test_numbers_of_other_scripts_are_letters() -> None:
    assert compare_conda_versions("1.\u0663", "1.1") < 0
