"""Finds the nearest changes of a limit with which an environment can be solved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import UnsatisfiableError
from rubin_releng.core.explanations import Relaxation, Requirement
from rubin_releng.environments.conflicts import solvable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.packageoffers import SpecOffers
    from rubin_releng.environments.ports import Solver

__all__ = ["relax", "widened"]

# 3.13.* or =3.13 or ==7.3.0
_PIN = re.compile(r"(?P<sign>={0,2})(?P<release>[0-9][0-9.]*[0-9]|[0-9])(?P<rest>(?:\.?\*)?)")
_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def relax(
    members: Sequence[Requirement], others: Sequence[Requirement], solver: Solver
) -> tuple[Relaxation, ...]:
    """Find single changes that do away with a conflict.

    Parameters
    ----------
    members : `~collections.abc.Sequence` [ `Requirement` ]
        That cannot hold together.
    others : `~collections.abc.Sequence` [ `Requirement` ]
        What shall hold beside them; it can.
    solver : `Solver`
        For one machine.

    Returns
    -------
    relaxations : `tuple` [ `Relaxation`, ... ]
        At most one for each member: the version nearest to its limit that
        has a solution, or to leave it out if no version has and anything
        remains. The nearest is first, and what is left out is last. Builds
        of the same recipe are one set, in which there is nothing to change.
    """
    found = []
    for member in members:
        if member.sibling:
            continue
        rest = [*others, *(one for one in members if one is not member)]
        found += [one for one in [_relax_one(member, rest, solver)] if one is not None]
    return tuple(sorted(found, key=lambda one: (one.spec is None, one.distance)))


def widened(limit: str, version: str, *, newer: bool) -> str:
    """Write a limit so that it takes one version more.

    Parameters
    ----------
    limit : `str`
        What conda writes after the name.
    version : `str`
        That it does not take.
    newer : `bool`
        Whether it is newer than those that it takes.

    Returns
    -------
    limit : `str`
        A range keeps its other end; what is pinned moves, and stays as
        exact as it was; a build is not asked for any more.
    """
    versions = limit.partition(" ")[0]
    if pin := _PIN.fullmatch(versions):
        parts = version.split(".")[: pin["release"].count(".") + 1]
        return f"{pin['sign']}{'.'.join(parts)}{pin['rest']}"
    kept = [part for part in versions.split(",") if part.startswith(">" if newer else "<")]
    if "|" in versions or "!" in versions or not kept:
        return f">={version}" if not newer and "<" not in versions else f"<={version}"
    return ",".join([*kept, f"<={version}"] if newer else [f">={version}", *kept])


def _relax_one(member: Requirement, rest: Sequence[Requirement], solver: Solver) -> Relaxation | None:
    if member.limit:
        offers = solver.offers(member.spec)
        found = [
            (*nearest, newer)
            for newer, outside in _sides(member, offers)
            if (nearest := _nearest(member, outside, rest, solver)) is not None
        ]
        if found:
            distance, version, newer = min(found, key=lambda one: (one[0], not one[2]))
            return _changed(member, version, rest, solver, newer=newer, distance=distance)
    return Relaxation(requirement=member, spec=None) if rest and solvable(solver, rest) else None


def _changed(
    member: Requirement,
    version: str,
    rest: Sequence[Requirement],
    solver: Solver,
    *,
    newer: bool,
    distance: int,
) -> Relaxation:
    """Write the change as a limit, if there is a solution with that too, and see what it takes."""
    spec = f"{member.name} {widened(member.limit, version, newer=newer)}"
    try:
        solution = solver.solve([*(one.spec for one in rest), spec])
    except UnsatisfiableError:
        spec = f"{member.name} =={version}"
    else:
        version = next(one.package.version for one in solution if one.package.name == member.name)
    return Relaxation(requirement=member, spec=spec, version=version, distance=distance)


def _sides(member: Requirement, offers: SpecOffers) -> list[tuple[bool, list[str]]]:
    """Split what a limit does not take: newer versions and older ones, each from the limit on."""
    versions = offers.versions()
    inside = {one.version for one in offers.matching}
    positions = [index for index, version in enumerate(versions) if version in inside]
    if not positions:
        edge = _numbers(member.limit)
        first = sum(_numbers(version) > edge for version in versions)
        return [(True, list(versions[:first][::-1])), (False, list(versions[first:]))]
    return [(True, list(versions[: positions[0]][::-1])), (False, list(versions[positions[-1] + 1 :]))]


def _numbers(text: str) -> tuple[int, ...]:
    """Read the first version in a text, roughly: where its limit is among versions."""
    match = _RELEASE.search(text)
    return tuple(int(number) for number in match[0].split(".")) if match is not None else ()


def _nearest(
    member: Requirement, outside: Sequence[str], rest: Sequence[Requirement], solver: Solver
) -> tuple[int, str] | None:
    """Find the first version that has a solution, by halving."""

    def fits(versions: Sequence[str]) -> bool:
        alternatives = "|".join(f"=={version}" for version in versions)
        return solvable(solver, [*rest, Requirement(spec=f"{member.name} {alternatives}")])

    if not outside or not fits(outside):
        return None
    low, high = 0, len(outside)
    # There is a solution with one of the first `high`, and none with any of the first `low`.
    while high - low > 1:
        middle = (low + high) // 2
        if fits(outside[:middle]):
            high = middle
        else:
            low = middle
    return high, outside[high - 1]
