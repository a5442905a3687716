"""The longest way through a build: what decides how long it takes, and what is to be begun first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.graph import inverted, stable_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["critical_path", "remaining_seconds"]

Node = TypeVar("Node", bound=str)


def remaining_seconds(
    dependencies: Mapping[Node, Collection[Node]], seconds: Mapping[Node, float]
) -> dict[Node, float]:
    """Compute how long it takes from the beginning of each node to the end of all that waits for it.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with those it needs.
    seconds : `~collections.abc.Mapping`
        How long each takes; what is missing takes no time.

    Returns
    -------
    remaining : `dict`
        For each node the longest path from it upward, itself included, in
        seconds, if nothing ever waits for a free place.
    """
    dependents = inverted(dependencies)
    remaining: dict[Node, float] = {}
    for node in reversed(stable_order(dependencies)):
        above = max((remaining[one] for one in dependents[node]), default=0.0)
        remaining[node] = seconds.get(node, 0.0) + above
    return remaining


def critical_path(
    dependencies: Mapping[Node, Collection[Node]], seconds: Mapping[Node, float]
) -> tuple[Node, ...]:
    """Find the longest path.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Each node with those it needs.
    seconds : `~collections.abc.Mapping`
        How long each took; only these are on the path.

    Returns
    -------
    path : `tuple`
        Each node needs the one before it, perhaps through others that took
        no time. Empty if nothing took any time; the first by name if several
        are as long.
    """
    remaining = remaining_seconds(dependencies, seconds)
    dependents = inverted(dependencies)
    candidates: Collection[Node] = [node for node, needs in dependencies.items() if not needs]
    path: list[Node] = []
    while candidates:
        node = min(candidates, key=lambda one: (-remaining[one], one))
        path.append(node)
        candidates = dependents[node]
    return tuple(node for node in path if seconds.get(node, 0.0) > 0.0)
