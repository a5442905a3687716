from __future__ import annotations

from rubin_releng.stack.criticalpaths import critical_path, remaining_seconds

GRAPH = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ()}
SECONDS = {"a": 1.0, "b": 2.0, "c": 5.0, "d": 1.0, "e": 3.0}


def test_what_remains_is_the_longest_way_up() -> None:
    assert remaining_seconds(GRAPH, SECONDS) == {"a": 7.0, "b": 3.0, "c": 6.0, "d": 1.0, "e": 3.0}


def test_the_critical_path_is_the_longest() -> None:
    assert critical_path(GRAPH, SECONDS) == ("a", "c", "d")


def test_what_took_no_time_is_not_on_the_path() -> None:
    assert critical_path(GRAPH, {"c": 5.0}) == ("c",)
    assert critical_path(GRAPH, {}) == ()
    assert critical_path({}, {}) == ()


def test_of_equal_paths_the_first_by_name_is_told() -> None:
    assert critical_path({"b": (), "a": ()}, {"a": 1.0, "b": 1.0}) == ("a",)
