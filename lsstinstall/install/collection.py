"""Find the products of a stack that nobody needs any more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.core.garbage import TagRule
    from lsstinstall.core.stackgraphs import ProductVersion, StackGraph

__all__ = ["find_unneeded"]


def find_unneeded(
    graph: StackGraph,
    tags: Mapping[ProductVersion, Collection[str]],
    *,
    rule: TagRule,
    candidates: Collection[ProductVersion],
    held: Collection[ProductVersion] = (),
) -> tuple[ProductVersion, ...]:
    """Find out what could go.

    Parameters
    ----------
    graph : `StackGraph`
        Who needs whom, in all stacks.
    tags : `~collections.abc.Mapping` [ `ProductVersion`, `~collections.abc.Collection` [ `str` ] ]
        The tags of each product, a user's own ones too.
    rule : `TagRule`
        Which tags keep their products.
    candidates : `~collections.abc.Collection` [ `ProductVersion` ]
        What may go at all; everything else stays, with all that it needs.
    held : `~collections.abc.Collection` [ `ProductVersion` ], optional
        What stays whatever its tags, as what is set up.

    Returns
    -------
    unneeded : `tuple` [ `ProductVersion`, ... ]
        What needs others before them.

    Raises
    ------
    NotFoundError
        Raised if a tag that is to be kept is not there.
    RefusedError
        Raised if a table file cannot be read, so that nobody knows what its
        product needs.
    """
    if graph.problems:
        raise RefusedError(
            f"nobody knows what some products need: {graph.problems[0]}",
            hint="`lsstinstall repair` puts table files back, `lsstinstall doctor` lists what is wrong",
        )
    carriers: dict[str, set[ProductVersion]] = defaultdict(set)
    for one, names in tags.items():
        for tag in names:
            carriers[tag].add(one)
    kept = rule.kept(carriers)
    may_go = frozenset(candidates)
    roots = {
        one
        for one in graph.possible
        if one not in may_go or one in held or not kept.isdisjoint(tags.get(one, ()))
    }
    return graph.dependents_first(may_go & graph.possible.keys() - graph.needed(roots))
