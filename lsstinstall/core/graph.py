"""The dependency graph: stable order, levels, closures, and honest errors.

A graph is a mapping from each node to the nodes it depends on. Every node is
a key; duplicates among the dependencies of a node count once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import NotFoundError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = [
    "CycleError",
    "MissingDependencyError",
    "closure",
    "inverted",
    "levels",
    "reachable",
    "stable_order",
    "subgraph",
]

Node = TypeVar("Node", bound=str)


class CycleError(ToolkitError):
    """Some nodes depend on themselves.

    Parameters
    ----------
    members : `~collections.abc.Sequence` [ `str` ]
        The cycle: each member depends on the next, the last on the first.
        Starts with the member that sorts first.
    """

    def __init__(self, members: Sequence[str]) -> None:
        path = " -> ".join(f"`{member}`" for member in [*members, members[0]])
        super().__init__(
            f"the dependencies form a cycle: {path}",
            hint="remove one of these dependencies from its table file",
        )
        self.members = tuple(members)


class MissingDependencyError(NotFoundError):
    """Some nodes depend on nodes that are not in the graph.

    Parameters
    ----------
    missing : `~collections.abc.Sequence` [ `tuple` [ `str`, `str` ] ]
        Node and absent dependency, at least one pair, sorted.
    """

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        node, dependency = missing[0]
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        super().__init__(f"`{node}` depends on `{dependency}`, which is missing{more}")
        self.missing = tuple(missing)


def levels(dependencies: Mapping[Node, Collection[Node]]) -> tuple[tuple[Node, ...], ...]:
    """Arrange the nodes in levels that can be worked off one after another.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies.

    Returns
    -------
    levels : `tuple` [ `tuple` [ `str`, ... ], ... ]
        The first level holds the nodes without dependencies, each further one
        those that become free when all before are removed. In a level nodes
        are sorted by code point. No two nodes of a level depend on each other.

    Raises
    ------
    MissingDependencyError
        Raised if a dependency is no node of the graph.
    CycleError
        Raised if there is a cycle, or a node that depends on itself.
    """
    _refuse_missing(dependencies)
    dependents = inverted(dependencies)
    waiting = {node: len(set(needs)) for node, needs in dependencies.items()}
    level = sorted(node for node, count in waiting.items() if count == 0)
    found: list[tuple[Node, ...]] = []
    while level:
        found.append(tuple(level))
        free: list[Node] = []
        for node in level:
            del waiting[node]
            for dependent in dependents[node]:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    free.append(dependent)
        level = sorted(free)
    if waiting:
        cycle = _find_cycle(dependencies, waiting)
        raise CycleError(cycle)
    return tuple(found)


def stable_order(dependencies: Mapping[Node, Collection[Node]]) -> tuple[Node, ...]:
    """Put the nodes in the order in which they are built.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies.

    Returns
    -------
    order : `tuple` [ `str`, ... ]
        The levels one after another, the order of a build manifest. It does
        not depend on the order of the mapping or of the dependencies.

    Raises
    ------
    MissingDependencyError
        Raised if a dependency is no node of the graph.
    CycleError
        Raised if there is a cycle.
    """
    return tuple(node for level in levels(dependencies) for node in level)


def closure(dependencies: Mapping[Node, Collection[Node]], roots: Iterable[Node]) -> frozenset[Node]:
    """Collect some nodes and everything they need.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies; cycles do no harm.
    roots : `~collections.abc.Iterable` [ `str` ]
        Where to start.

    Returns
    -------
    nodes : `frozenset` [ `str` ]
        The roots and all that can be reached from them.

    Raises
    ------
    MissingDependencyError
        Raised if a reached dependency is no node of the graph.
    NotFoundError
        Raised if a root is no node of the graph.
    """
    pending = sorted(set(roots))
    for root in pending:
        if root not in dependencies:
            raise NotFoundError(f"`{root}` is not in the dependency graph")
    return frozenset(_walk(dependencies, pending))


def reachable(dependencies: Mapping[Node, Collection[Node]], node: Node) -> frozenset[Node]:
    """Collect everything a node needs, directly or through others.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies; cycles do no harm.
    node : `str`
        Where to start.

    Returns
    -------
    nodes : `frozenset` [ `str` ]
        Never the node itself.

    Raises
    ------
    MissingDependencyError
        Raised if a reached dependency is no node of the graph.
    NotFoundError
        Raised if ``node`` is no node of the graph.
    """
    return closure(dependencies, (node,)) - {node}


def subgraph(
    dependencies: Mapping[Node, Collection[Node]], roots: Iterable[Node]
) -> dict[Node, Collection[Node]]:
    """Cut out the part of a graph that some nodes need.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies.
    roots : `~collections.abc.Iterable` [ `str` ]
        Nodes to keep, with their closure.

    Returns
    -------
    part : `dict`
        The kept nodes in the order of ``dependencies``, their dependencies as
        they were.

    Raises
    ------
    MissingDependencyError
        Raised if a reached dependency is no node of the graph.
    NotFoundError
        Raised if a root is no node of the graph.
    """
    kept = closure(dependencies, roots)
    return {node: needs for node, needs in dependencies.items() if node in kept}


def inverted(dependencies: Mapping[Node, Collection[Node]]) -> dict[Node, tuple[Node, ...]]:
    """Turn a graph round: who needs each node.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with its direct dependencies.

    Returns
    -------
    dependents : `dict`
        Each node with its direct dependents, each once, both in the order of
        ``dependencies``.

    Raises
    ------
    MissingDependencyError
        Raised if a dependency is no node of the graph.
    """
    _refuse_missing(dependencies)
    dependents: dict[Node, list[Node]] = {node: [] for node in dependencies}
    for node, needs in dependencies.items():
        for need in set(needs):
            dependents[need].append(node)
    return {node: tuple(users) for node, users in dependents.items()}


def _refuse_missing(dependencies: Mapping[Node, Collection[Node]]) -> None:
    missing = {
        (node, need) for node, needs in dependencies.items() for need in needs if need not in dependencies
    }
    if missing:
        raise MissingDependencyError(sorted(missing))


def _walk(dependencies: Mapping[Node, Collection[Node]], start: Iterable[Node]) -> set[Node]:
    # A list instead of recursion: a chain of ten thousand nodes is no reason to fail.
    pending = list(start)
    seen = set(pending)
    while pending:
        node = pending.pop()
        for need in dependencies[node]:
            if need in seen:
                continue
            if need not in dependencies:
                raise MissingDependencyError([(node, need)])
            seen.add(need)
            pending.append(need)
    return seen


def _find_cycle(
    dependencies: Mapping[Node, Collection[Node]], unresolved: Mapping[Node, int]
) -> tuple[Node, ...]:
    # An unresolved node is in a cycle or leads to one: following the first unresolved
    # dependency by name must come back to a node passed before.
    place: dict[Node, int] = {}
    path: list[Node] = []
    node = min(unresolved)
    while node not in place:
        place[node] = len(path)
        path.append(node)
        node = min(need for need in dependencies[node] if need in unresolved)
    cycle = path[place[node] :]
    first = cycle.index(min(cycle))
    return (*cycle[first:], *cycle[:first])
