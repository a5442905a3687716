"""Finds small sets of requirements that cannot hold together, by leaving out others."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from lsstinstall.core.errors import UnsatisfiableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.core.explanations import Requirement
    from rubin_releng.environments.ports import Solver

__all__ = ["find_conflict", "refusal_of", "solvable"]

_SMALL = 2
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def solvable(solver: Solver, requirements: Sequence[Requirement]) -> bool:
    """Say whether there is a solution.

    Parameters
    ----------
    solver : `Solver`
        For one machine.
    requirements : `~collections.abc.Sequence` [ `Requirement` ]
        All that shall hold.

    Returns
    -------
    solvable : `bool`
        True also for none.
    """
    return refusal_of(solver, requirements) is None


def find_conflict(solver: Solver, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Find requirements that cannot hold together, each of which is needed for that.

    Parameters
    ----------
    solver : `Solver`
        For one machine.
    requirements : `~collections.abc.Sequence` [ `Requirement` ]
        All that shall hold.

    Returns
    -------
    members : `tuple` [ `Requirement`, ... ]
        In the order given; empty if there is a solution. When any one is
        left out there is a solution for the others.

    Notes
    -----
    QuickXplain (U. Junker, AAAI 2004): halves are left out before single
    requirements. What the solver's message names is tried alone first, which
    nearly always spares most of it.
    """
    refusal = refusal_of(solver, requirements)
    if refusal is None:
        return ()
    if pair := _exclusive_pair(solver, requirements):
        return pair
    suspects = list(requirements)
    named = set(_WORD.findall(refusal))
    fewer = [one for one in suspects if one.name in named]
    if len(fewer) < len(suspects) and not solvable(solver, fewer):
        suspects = fewer
    # Which set is found depends on the order; of two orders, the smaller set tells more.
    members = _needed(solver, [], suspects, changed=False)
    if len(members) > _SMALL:
        members = min(members, _needed(solver, [], suspects[::-1], changed=False), key=len)
    return tuple(one for one in requirements if one in members)


def _exclusive_pair(solver: Solver, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Find two limits on one package that no package of the channels satisfies."""
    by_name: dict[str, list[Requirement]] = defaultdict(list)
    for one in requirements:
        by_name[one.name].append(one)
    for several in by_name.values():
        taken = [(one, solver.offers(one.spec).taken) for one in several] if len(several) > 1 else []
        for (first, of_first), (second, of_second) in combinations(taken, 2):
            if of_first and of_second and not of_first & of_second:
                return first, second
    return ()


def _needed(
    solver: Solver, kept: list[Requirement], suspects: list[Requirement], *, changed: bool
) -> list[Requirement]:
    """Find which suspects are needed for a conflict with those that are kept."""
    if changed and not solvable(solver, kept):
        return []
    if len(suspects) == 1:
        return suspects
    half = len(suspects) // 2
    first, second = suspects[:half], suspects[half:]
    of_second = _needed(solver, [*kept, *first], second, changed=bool(first))
    of_first = _needed(solver, [*kept, *of_second], first, changed=bool(of_second))
    return [*of_first, *of_second]


def refusal_of(solver: Solver, requirements: Sequence[Requirement]) -> str | None:
    """Let the solver say why there is no solution.

    Parameters
    ----------
    solver : `Solver`
        For one machine.
    requirements : `~collections.abc.Sequence` [ `Requirement` ]
        All that shall hold.

    Returns
    -------
    words : `str` or `None`
        Several lines; `None` if there is a solution.
    """
    if not requirements:
        return None
    try:
        solver.solve([one.spec for one in requirements])
    except UnsatisfiableError as error:
        return error.explanation
    return None
