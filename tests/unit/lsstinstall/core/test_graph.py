from __future__ import annotations

import pytest

from lsstinstall.core.errors import ExitCode, NotFoundError
from lsstinstall.core.graph import (
    CycleError,
    MissingDependencyError,
    closure,
    inverted,
    levels,
    reachable,
    stable_order,
    subgraph,
)

DIAMOND = {"top": ("left", "right"), "right": ("base",), "left": ("base", "base"), "base": (), "alone": ()}


def test_a_level_holds_what_the_levels_before_set_free_sorted_by_name() -> None:
    assert levels(DIAMOND) == (("alone", "base"), ("left", "right"), ("top",))


def test_capitals_come_before_small_letters() -> None:
    assert stable_order({"b": (), "a": (), "B": (), "_": ()}) == ("B", "_", "a", "b")


def test_the_order_does_not_depend_on_how_the_graph_is_listed() -> None:
    backwards = {name: needs[::-1] for name, needs in reversed(DIAMOND.items())}
    assert stable_order(backwards) == stable_order(DIAMOND)


def test_a_graph_without_nodes_has_no_levels() -> None:
    assert levels({}) == ()


def test_a_cycle_is_reported_in_its_order_from_the_first_name_on() -> None:
    graph = {"d": ("c",), "c": ("b", "leaf"), "b": ("d",), "user": ("c",), "leaf": ()}
    with pytest.raises(CycleError) as error:
        levels(graph)
    assert error.value.members == ("b", "d", "c")
    assert str(error.value) == "the dependencies form a cycle: `b` -> `d` -> `c` -> `b`"


def test_nodes_that_only_lead_to_a_cycle_are_not_its_members() -> None:
    with pytest.raises(CycleError) as error:
        levels({"a": ("b",), "b": ("x",), "x": ("y",), "y": ("x",)})
    assert error.value.members == ("x", "y")


def test_a_node_that_depends_on_itself_is_a_cycle_of_one() -> None:
    with pytest.raises(CycleError) as error:
        levels({"afw": ("afw",)})
    assert str(error.value) == "the dependencies form a cycle: `afw` -> `afw`"


def test_a_missing_dependency_is_another_error_than_a_cycle() -> None:
    with pytest.raises(MissingDependencyError) as error:
        levels({"afw": ("utils",)})
    assert str(error.value) == "`afw` depends on `utils`, which is missing"
    assert error.value.code is ExitCode.NOT_FOUND


def test_all_missing_dependencies_are_kept_in_order() -> None:
    with pytest.raises(MissingDependencyError) as error:
        inverted({"b": ("y", "x", "x"), "a": ("z",)})
    assert error.value.missing == (("a", "z"), ("b", "x"), ("b", "y"))
    assert str(error.value) == "`a` depends on `z`, which is missing (and 2 more)"


def test_a_closure_holds_its_roots() -> None:
    assert closure(DIAMOND, ["left", "alone"]) == {"left", "base", "alone"}


def test_what_a_node_reaches_does_not_hold_the_node() -> None:
    assert reachable(DIAMOND, "top") == {"left", "right", "base"}


def test_a_cycle_does_not_hinder_a_closure() -> None:
    assert reachable({"a": ("b",), "b": ("a", "c"), "c": ()}, "a") == {"b", "c"}


def test_an_unknown_root_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="`qserv` is not in the dependency graph"):
        closure(DIAMOND, ["qserv"])


def test_a_closure_notices_a_missing_dependency_that_it_reaches() -> None:
    with pytest.raises(MissingDependencyError, match="`b` depends on `c`"):
        closure({"a": ("b",), "b": ("c",)}, ["a"])


def test_a_closure_does_not_mind_what_is_missing_elsewhere() -> None:
    assert closure({"a": (), "b": ("c",)}, ["a"]) == {"a"}


def test_a_part_of_a_graph_keeps_its_order() -> None:
    assert list(subgraph(DIAMOND, ["top"])) == ["top", "right", "left", "base"]


def test_an_inverted_graph_names_each_dependent_once() -> None:
    assert inverted(DIAMOND) == {
        "top": (),
        "right": ("top",),
        "left": ("top",),
        "base": ("right", "left"),
        "alone": (),
    }


def test_a_chain_of_ten_thousand_nodes_is_no_reason_to_fail() -> None:
    names = [f"p{number:05}" for number in range(10_000)]
    chain = {name: (names[place - 1],) if place else () for place, name in enumerate(names)}
    assert stable_order(chain) == tuple(names)
    assert len(reachable(chain, names[-1])) == len(names) - 1


def test_a_cycle_of_ten_thousand_nodes_is_found_too() -> None:
    names = [f"p{number:05}" for number in range(10_000)]
    ring = {name: (names[place - 1],) for place, name in enumerate(names)}
    with pytest.raises(CycleError) as error:
        levels(ring)
    assert len(error.value.members) == len(names)
