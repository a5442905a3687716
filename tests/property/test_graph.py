from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.graph import closure, inverted, levels, reachable, stable_order
from lsstinstall.core.names import ProductName
from tests.property import strategies

if TYPE_CHECKING:
    from random import Random

Graph = dict[ProductName, tuple[ProductName, ...]]


@given(strategies.graphs())
def test_every_node_comes_after_all_that_it_needs(graph: Graph) -> None:
    place = {node: number for number, node in enumerate(stable_order(graph))}
    assert place.keys() == graph.keys()
    assert all(place[need] < place[node] for node, needs in graph.items() for need in needs)


@given(strategies.graphs())
def test_the_level_of_a_node_is_its_longest_path_from_a_leaf(graph: Graph) -> None:
    found = levels(graph)
    level = {node: number for number, nodes in enumerate(found) for node in nodes}
    assert all(
        level[node] == max((level[need] + 1 for need in needs), default=0) for node, needs in graph.items()
    )
    assert all(list(nodes) == sorted(nodes) for nodes in found)


@given(strategies.graphs(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_graph_is_listed(graph: Graph, random: Random) -> None:
    nodes = list(graph)
    random.shuffle(nodes)
    assert stable_order({node: graph[node][::-1] for node in nodes}) == stable_order(graph)


@given(strategies.graphs())
def test_what_a_node_reaches_is_what_its_dependencies_are_and_reach(graph: Graph) -> None:
    for node, needs in graph.items():
        expected = set(needs).union(*(reachable(graph, need) for need in needs))
        assert reachable(graph, node) == expected
        assert closure(graph, [node]) == expected | {node}


@given(strategies.graphs())
def test_turning_a_graph_round_twice_gives_the_graph(graph: Graph) -> None:
    assert {node: set(needs) for node, needs in inverted(inverted(graph)).items()} == {
        node: set(needs) for node, needs in graph.items()
    }
