"""Explains why there is no solution: the smallest conflicts, where each limit comes from, what would help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rubin_releng.core.explanations import Conflict, Explanation, Relaxation, Requirement
from rubin_releng.environments.conflicts import find_conflict, refusal_of, solvable
from rubin_releng.environments.relaxations import relax
from rubin_releng.environments.unfolding import unfold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsstinstall.core.packageoffers import SpecOffers
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.environments.ports import Solver

__all__ = ["explain_failure", "find_missing"]

_MOST_CONFLICTS = 12
_MOST_VERSIONS = 4
_VIRTUAL = "__"
_HEADING = "The following packages are incompatible"
_VERSIONS = re.compile(r" [0-9][^ ]*(?: \| [^ ]+)*")
_MACHINE = re.compile(r"__(?P<name>[a-z]+)[^,|]*?>=(?P<version>[0-9.]+[0-9])")


def explain_failure(
    requirements: Sequence[Requirement], solver: Solver, *, ledger: Ledger | None = None
) -> Explanation:
    """Say why requirements cannot hold together.

    Parameters
    ----------
    requirements : `~collections.abc.Sequence` [ `Requirement` ]
        What was asked for, and has no solution.
    solver : `Solver`
        For one machine.
    ledger : `~rubin_releng.core.ledgers.Ledger`, optional
        Knows the reasons for limits.

    Returns
    -------
    explanation : `Explanation`
        All conflicts without members in common; what the channels do not
        have comes first.
    """
    unfolded = unfold(requirements, solver, ledger)
    missing = find_missing(unfolded, solver)
    rest = [one for one in unfolded if not any(one in conflict.members for conflict in missing)]
    found: list[Conflict] = []
    machine = None
    while len(found) < _MOST_CONFLICTS and (members := find_conflict(solver, rest)):
        one = Conflict(members=members, finding=_words(members, solver))
        machine = _machine_wanted(one, found)
        if machine is not None:
            break
        found.append(one)
        rest = [one for one in rest if one not in members]
    if not missing and not found:
        # It is not what the metapackages need, but the metapackages themselves.
        members = find_conflict(solver, requirements)
        found = [Conflict(members=members, finding=_words(members, solver))]
        rest = [one for one in requirements if one not in members]
    conflicts = tuple(_relaxed([*missing, *found], rest, solver))
    together = all(one.relaxations for one in conflicts) and solvable(solver, [*rest, *_changed(conflicts)])
    return Explanation(conflicts=conflicts, together=together, machine=machine)


def find_missing(requirements: Iterable[Requirement], solver: Solver) -> tuple[Conflict, ...]:
    """Find requirements for which the channels have no package at all.

    Parameters
    ----------
    requirements : `~collections.abc.Iterable` [ `Requirement` ]
        Any.
    solver : `Solver`
        For one machine.

    Returns
    -------
    conflicts : `tuple` [ `Conflict`, ... ]
        One a requirement, in their order, without relaxations.
    """
    found = []
    for one in requirements:
        if one.name.startswith(_VIRTUAL):
            continue
        offers = solver.offers(one.spec)
        if not offers.taken:
            found.append(Conflict(members=(one,), finding=_missing(one, offers)))
    return tuple(found)


def _missing(requirement: Requirement, offers: SpecOffers) -> str:
    if requirement.sibling:
        return (
            f"the channels have only some of the outputs of `{requirement.needed_by}`, and not this build of "
            f"`{requirement.name}`; they are one set, and come from the first channel that has any"
        )
    if not offers.named:
        return f"the channels have no package `{requirement.name}` for this platform"
    versions = offers.versions()
    if requirement.limit.startswith("==") and requirement.limit.split()[0][2:] in versions:
        return f"the channels have `{requirement.name}` of this version, but not this build of it"
    shown = ", ".join(versions[:_MOST_VERSIONS])
    more = f" and {len(versions) - _MOST_VERSIONS} older ones" if len(versions) > _MOST_VERSIONS else ""
    return f"the channels have `{requirement.name}` in other versions: {shown}{more}"


def _words(members: Sequence[Requirement], solver: Solver) -> str:
    """Let the solver speak about these alone, and leave out what it says again and again."""
    if len(members) > 1 and len({one.name for one in members}) == 1:
        return f"the channels have no `{members[0].name}` that satisfies all of these"
    words = refusal_of(solver, members) or ""
    kept: list[str] = []
    for line in words.splitlines():
        again = bool(kept) and _plain(line) == _plain(kept[-1])
        if not again and line.strip() != _HEADING:
            kept.append(line)
    return "\n".join([*kept, *_machine_hints(words)])


def _plain(line: str) -> str:
    """Leave out of a line which versions it names, and where in the tree it stands."""
    return _VERSIONS.sub("", line.lstrip(" │├└─"))


def _machine_hints(text: str) -> Iterator[str]:
    for name, version in _wanted_of_machines(text):
        yield f"a machine with {name} {version} may do: `--virtual {name}={version}`"


def _machine_wanted(conflict: Conflict, found: Iterable[Conflict]) -> str | None:
    """Say what a machine lacks if another requirement wanted the same: then nearly all of them do."""
    wanted = _wanted_of_machines(conflict.finding)
    if len(conflict.members) > 1 or not wanted:
        return None
    if any(len(one.members) == 1 and _wanted_of_machines(one.finding) == wanted for one in found):
        return " ".join(f"{name}={version}" for name, version in wanted)
    return None


def _wanted_of_machines(text: str) -> list[tuple[str, str]]:
    return sorted({match["name"]: match["version"] for match in _MACHINE.finditer(text)}.items())


def _relaxed(
    conflicts: Sequence[Conflict], rest: Sequence[Requirement], solver: Solver
) -> Iterator[Conflict]:
    """Look for changes that help; for many conflicts that would take long, and tell too much."""
    for conflict in conflicts:
        relaxations: tuple[Relaxation, ...] = ()
        if len(conflicts) <= _MOST_CONFLICTS:
            relaxations = relax(conflict.members, rest, solver)
        yield Conflict(members=conflict.members, finding=conflict.finding, relaxations=relaxations)


def _changed(conflicts: Iterable[Conflict]) -> Iterator[Requirement]:
    """List the members of all conflicts after the first relaxation of each."""
    for conflict in conflicts:
        first = conflict.relaxations[0]
        for member in conflict.members:
            if member is not first.requirement:
                yield member
            elif first.spec is not None:
                yield Requirement(spec=first.spec)
