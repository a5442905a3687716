"""Tries the requirements of a version: each alone, then all, and what its upper limits do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.reporting import Outcome
from rubin_releng.core.explanations import Requirement
from rubin_releng.core.ledgerrows import COMPATIBLE, EXACT, Section
from rubin_releng.core.limitchecks import FindingKind, LimitFinding, has_upper_limit
from rubin_releng.environments.conflicts import refusal_of, solvable
from rubin_releng.environments.solving import explain_failure, find_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.ledgers import Ledger, VersionRecord
    from rubin_releng.environments.ports import Solver

__all__ = ["check_platform"]

_TRIED = (Section.RUN, Section.HOST)
_MOST_TOLD = 4


def check_platform(
    ledger: Ledger, record: VersionRecord, platform: CondaSubdir, solver: Solver, reporter: Reporter
) -> tuple[LimitFinding, ...]:
    """Try the requirements of a version on a platform.

    Parameters
    ----------
    ledger : `Ledger`
        Knows them.
    record : `VersionRecord`
        Version to look at.
    platform : `~lsstinstall.core.names.CondaSubdir`
        One that it is built for.
    solver : `Solver`
        For a machine of the platform.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of each section that was tried.

    Returns
    -------
    findings : `tuple` [ `LimitFinding`, ... ]
        What no channel has; what cannot be had alone; what excludes one
        another in all outputs together, or among what is there when they
        are built; and upper limits that change nothing, or that could be
        lifted.
    """
    found: list[LimitFinding] = []
    for section in _TRIED:
        requirements = _requirements(ledger, record, platform, section)
        bad, good = _alone(requirements, solver, platform)
        found += bad
        if not solvable(solver, good):
            found += _conflicts(good, solver, ledger, platform)
        elif section is Section.RUN:
            found += _limits(good, solver, platform)
        reporter.step(f"{platform} {section}", Outcome.DONE, detail=f"{len(requirements)} requirements")
    return tuple(found)


def _requirements(
    ledger: Ledger, record: VersionRecord, platform: CondaSubdir, section: Section
) -> list[Requirement]:
    """List each spec once; pins on what the recipe itself makes say nothing of channels."""
    found: dict[str, Requirement] = {}
    for entry in ledger.requirements(record.id, None, section, platform):
        spec = entry.match_spec(record.version)
        if entry.limit not in {EXACT, COMPATIBLE}:
            needed_by = f"{entry.output} {record.version}"
            one = Requirement(spec=spec, needed_by=needed_by, entry=entry, place=ledger.place(entry))
            found.setdefault(spec, one)
    return list(found.values())


def _alone(
    requirements: Sequence[Requirement], solver: Solver, platform: CondaSubdir
) -> tuple[list[LimitFinding], list[Requirement]]:
    bad: list[LimitFinding] = []
    good: list[Requirement] = []
    missing = {one.members[0]: one.finding for one in find_missing(requirements, solver)}
    for one in requirements:
        kind = FindingKind.MISSING if one in missing else FindingKind.ALONE
        words = missing.get(one) or _refusal(one, solver)
        if words is None:
            good.append(one)
        else:
            message = f"`{one.spec}`: {words}"
            bad.append(LimitFinding(kind=kind, message=message, place=one.place, platform=platform))
    return bad, good


def _refusal(requirement: Requirement, solver: Solver) -> str | None:
    words = refusal_of(solver, [requirement])
    if words is None:
        return None
    lines = [line.strip(" │├└─") for line in words.splitlines() if line.strip()]
    return "; ".join(lines[-_MOST_TOLD:])


def _conflicts(
    requirements: Sequence[Requirement], solver: Solver, ledger: Ledger, platform: CondaSubdir
) -> Iterator[LimitFinding]:
    for conflict in explain_failure(requirements, solver, ledger=ledger).conflicts:
        yield LimitFinding(
            kind=FindingKind.CONFLICT,
            message="\n".join([conflict.summary, *(f"  {one}" for one in conflict.details.splitlines())]),
            place=conflict.members[0].place,
            platform=platform,
        )


def _limits(
    requirements: Sequence[Requirement], solver: Solver, platform: CondaSubdir
) -> Iterator[LimitFinding]:
    """Lift all upper limits at once; what then would still be taken is looked at one by one."""
    limited = [one for one in requirements if one.entry is not None and has_upper_limit(one.entry)]
    others = [one for one in requirements if one not in limited]
    now = _versions(requirements, solver)
    lifted = _versions([*others, *(Requirement(spec=one.name) for one in limited)], solver)
    for one in limited:
        taken, free = now[one.name], lifted.get(one.name)
        newer = _newer(one, taken, solver)
        if free in newer:
            yield LimitFinding(
                kind=FindingKind.LIFTABLE,
                message=f"without its limit, `{one.spec}` would take {free} instead of {taken}",
                place=one.place,
                platform=platform,
                hint=f"is the reason gone? {_reason(one)}",
            )
        elif not newer or _same_without(one, requirements, taken, solver):
            why = "there is nothing newer" if not newer else "other requirements keep newer ones out"
            yield LimitFinding(
                kind=FindingKind.IDLE,
                message=f"the upper limit of `{one.spec}` changes nothing: {taken} is taken anyway, as {why}",
                place=one.place,
                platform=platform,
                hint=_reason(one),
            )


def _newer(requirement: Requirement, taken: str, solver: Solver) -> frozenset[str]:
    """List the versions beyond the limit."""
    offers = solver.offers(requirement.spec)
    versions = offers.versions()
    beyond = set(versions[: versions.index(taken)]) if taken in versions else set()
    return frozenset(one.version for one in offers.outside if one.version in beyond)


def _same_without(
    requirement: Requirement, requirements: Sequence[Requirement], taken: str, solver: Solver
) -> bool:
    rest = [one for one in requirements if one is not requirement]
    return _versions([*rest, Requirement(spec=requirement.name)], solver).get(requirement.name) == taken


def _versions(requirements: Sequence[Requirement], solver: Solver) -> dict[str, str]:
    solved = solver.solve([one.spec for one in requirements])
    return {one.package.name: one.package.version for one in solved}


def _reason(requirement: Requirement) -> str:
    entry = requirement.entry
    known = entry is not None and (entry.reason or entry.ticket)
    return f"the reason was: {known}" if known else "no reason is on record"
