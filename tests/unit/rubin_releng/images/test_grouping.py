from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.images.grouping import COLD, HOT, Candidate, change_rates, group_packages, group_products


def one(name: str, size: int = 10, rate: float = 0.0, *, is_data: bool = False) -> Candidate:
    return Candidate(name=name, size_bytes=size, rate=rate, is_data=is_data)


def test_rates_count_changes_of_what_was_there_before() -> None:
    weeks = [{"a": "1", "b": "1"}, {"a": "2", "b": "1", "c": "1"}, {"a": "3", "c": "1"}]
    assert change_rates(weeks) == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert change_rates([]) == {}


def test_if_there_are_layers_enough_each_product_has_its_own() -> None:
    groups = group_products(
        [one("b", rate=0.2), one("a", rate=0.9), one("z", is_data=True)], layers=3, previous={}
    )
    assert list(groups.items()) == [("z", ("z",)), ("b", ("b",)), ("a", ("a",))]


def test_else_those_stay_alone_that_save_most() -> None:
    small = [one(f"s{number}", 1, 0.1) for number in range(3)]
    hot = [one(f"h{number}", 50, 0.99) for number in range(3)]
    groups = group_products(
        [*small, *hot, one("big", 1000, 0.1), one("d", 1, is_data=True)], layers=4, previous={}
    )
    assert groups == {
        "d": ("d",),
        "big": ("big",),
        COLD: ("s0", "s1", "s2"),
        HOT: ("h0", "h1", "h2"),
    }


def test_what_has_a_layer_keeps_it_and_newcomers_take_free_ones() -> None:
    candidates = [one("a", rate=0.1), one("b"), one("c"), one("new", 99), one("newer", 9)]
    previous = {"a": HOT, "b": "b", "c": COLD, "gone": "gone"}
    groups = group_products(candidates, layers=4, previous=previous)
    assert groups == {"b": ("b",), "new": ("new",), COLD: ("c",), HOT: ("a", "newer")}


def test_groups_that_no_longer_fit_are_made_anew() -> None:
    candidates = [one(name) for name in "abcd"]
    groups = group_products(candidates, layers=3, previous={name: name for name in "abcd"})
    assert groups == {"a": ("a",), COLD: ("b", "c", "d")}


def test_names_of_layers_that_mean_nothing_today_are_passed_over() -> None:
    assert group_products([one("a")], layers=2, previous={"a": "environment-1"}) == {"a": ("a",)}


def test_one_layer_is_too_few() -> None:
    with pytest.raises(ConfigurationError, match="1 layers are too few"):
        group_products([one("a")], layers=1, previous={})


def test_packages_are_shared_out_by_bytes_rarely_changed_ones_first() -> None:
    candidates = [one("a", 50, 0.9), one("b", 25), one("c", 25), one("d", 50, 0.1)]
    groups = group_packages(candidates, layers=3, previous={})
    assert groups == {"environment-1": ("b", "c"), "environment-2": ("d",), "environment-3": ("a",)}


def test_packages_keep_their_layers() -> None:
    candidates = [one("a", 50), one("b", 50), one("c", 1)]
    previous = {"a": "environment-2", "b": "environment-2", "c": "environment-9"}
    assert group_packages(candidates, layers=2, previous=previous) == {"environment-2": ("a", "b", "c")}


def test_packages_without_sizes_are_together() -> None:
    assert group_packages([one("a", 0), one("b", 0)], layers=3, previous={}) == {"environment-1": ("a", "b")}
    assert group_packages([], layers=3, previous={}) == {}
