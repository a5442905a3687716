"""Tries a migrated version on a platform, and finds what has to be rebuilt before it can be had."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import CondaPackage
from lsstinstall.core.errors import UnsatisfiableError
from lsstinstall.core.packageoffers import PackageOffer
from rubin_releng.core.explanations import Requirement
from rubin_releng.core.ledgerrows import COMPATIBLE, EXACT, Section
from rubin_releng.environments.solving import explain_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.explanations import Conflict
    from rubin_releng.core.ledgermigrations import MigratedLedger
    from rubin_releng.core.ledgerrows import VersionRecord
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.environments.lockports import SpecMatcher
    from rubin_releng.environments.ports import Solver

__all__ = ["PlatformTrial", "Rebuild", "try_migration"]

_NO_BUILD = "0"
_PYTHON, _ABI = "python", "python_abi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """A package that pins the version before.

    Parameters
    ----------
    name, version : `str`
        As it is in the environment now.
    spec : `str`
        What it needs, ``cfitsio >=4.6.2,<4.6.3.0a0``.
    found : `str` or `None`
        Version and build of a package in the channels that takes the new
        version; `None` if there is none.
    """

    name: str
    version: str
    spec: str
    found: str | None

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {"name": self.name, "version": self.version, "spec": self.spec, "found": self.found}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformTrial:
    """What a migration does on a platform.

    Parameters
    ----------
    platform : `~lsstinstall.core.names.CondaSubdir`
        Where.
    missing : `tuple` [ `str`, ... ]
        New limits for which the channels have no package at all.
    rebuilds : `tuple` [ `Rebuild`, ... ]
        Packages that pin what was migrated, those that others need first: of
        the environment before; if that has no solution, of the newest
        packages that requirements take, each by itself, with the old version.
    solved : `bool`
        Whether there is a solution with the new limits.
    solved_before : `bool`
        Whether there was one without.
    conflicts : `tuple` [ `~rubin_releng.core.explanations.Conflict`, ... ]
        Why there is no solution: what was no conflict before.
    """

    platform: CondaSubdir
    missing: tuple[str, ...] = ()
    rebuilds: tuple[Rebuild, ...] = ()
    solved: bool = True
    solved_before: bool = True
    conflicts: tuple[Conflict, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "platform": self.platform,
            "solved": self.solved,
            "solved_before": self.solved_before,
            "missing": list(self.missing),
            "rebuild": [one.to_dict() for one in self.rebuilds],
            "conflicts": [one.to_dict() for one in self.conflicts],
        }


def try_migration(
    migrated: MigratedLedger, before: Ledger, platform: CondaSubdir, solver: Solver, matcher: SpecMatcher
) -> PlatformTrial:
    """Try a migrated version.

    Parameters
    ----------
    migrated : `MigratedLedger`
        Has it.
    before : `Ledger`
        Has the version that it was made from.
    platform : `~lsstinstall.core.names.CondaSubdir`
        One that it is built for.
    solver : `Solver`
        For a machine of the platform.
    matcher : `SpecMatcher`
        Knows what a spec takes.

    Returns
    -------
    trial : `PlatformTrial`
        All outputs together, as one environment.
    """
    old = _requirements(before, migrated.previous, platform)
    new = _requirements(migrated.ledger, migrated.record, platform)
    known = {one.spec for one in old}
    changed = [one for one in new if one.spec not in known]
    targets = _targets(changed, platform, solver)
    replaced = _targets([one for one in old if one.name in targets], platform, solver)
    present, solved = _solved(old, solver), _solved(new, solver) is not None
    conflicts: tuple[Conflict, ...] = ()
    if not solved:
        told = [] if present is not None else _conflicts(old, solver, before)
        known = {one.summary for one in told}
        conflicts = tuple(one for one in _conflicts(new, solver, migrated.ledger) if one.summary not in known)
    return PlatformTrial(
        platform=platform,
        missing=tuple(one.spec for one in changed if not solver.offers(one.spec).taken),
        rebuilds=tuple(
            _rebuilds(
                _newest(old, replaced, solver, matcher) if present is None else present,
                targets,
                solver,
                matcher,
            )
        ),
        solved=solved,
        solved_before=present is not None,
        conflicts=conflicts,
    )


def _conflicts(requirements: Sequence[Requirement], solver: Solver, ledger: Ledger) -> tuple[Conflict, ...]:
    return explain_failure(requirements, solver, ledger=ledger).conflicts


def _requirements(ledger: Ledger, record: VersionRecord, platform: CondaSubdir) -> list[Requirement]:
    found: dict[str, Requirement] = {}
    for entry in ledger.requirements(record.id, None, Section.RUN, platform):
        if entry.limit not in {EXACT, COMPATIBLE}:
            spec = entry.match_spec(record.version)
            place = ledger.place(entry)
            needed_by = f"{entry.output} {record.version}"
            found.setdefault(spec, Requirement(spec=spec, needed_by=needed_by, entry=entry, place=place))
    return list(found.values())


def _solved(requirements: Sequence[Requirement], solver: Solver) -> dict[str, PackageOffer] | None:
    try:
        solved = solver.solve([one.spec for one in requirements])
    except UnsatisfiableError:
        return None
    return {one.package.name: PackageOffer(package=one.package, depends=one.depends) for one in solved}


def _newest(
    requirements: Sequence[Requirement],
    replaced: Mapping[str, CondaPackage],
    solver: Solver,
    matcher: SpecMatcher,
) -> dict[str, PackageOffer]:
    """Find for each requirement the newest package that goes with the old versions."""
    found: dict[str, PackageOffer] = {}
    for one in requirements:
        fitting = (
            offer
            for offer in solver.offers(one.spec).matching
            if _refused(offer.depends, replaced, matcher) is None
        )
        for offer in islice(fitting, 1):
            found[one.name] = offer
    return found


def _targets(
    requirements: Sequence[Requirement], platform: CondaSubdir, solver: Solver
) -> dict[str, CondaPackage]:
    """Say which packages limits mean; with Python goes what names its ABI."""
    targets = {one.name: _target(one, platform, solver) for one in requirements}
    if _PYTHON in targets:
        minor = ".".join(targets[_PYTHON].version.split(".")[:2])
        build = f"{_NO_BUILD}_cp{minor.replace('.', '')}"
        targets[_ABI] = CondaPackage(name=_ABI, version=minor, build=build, subdir=platform)
    return targets


def _target(requirement: Requirement, platform: CondaSubdir, solver: Solver) -> CondaPackage:
    """Find the package that a new limit means; if there is none yet, think one up."""
    matching = solver.offers(requirement.spec).matching
    if matching:
        return matching[0].package
    version = requirement.limit.split(",")[0].lstrip("<>=!~").removesuffix(".*")
    return CondaPackage(name=requirement.name, version=version, build=_NO_BUILD, subdir=platform)


def _rebuilds(
    present: Mapping[str, PackageOffer],
    targets: Mapping[str, CondaPackage],
    solver: Solver,
    matcher: SpecMatcher,
) -> Iterator[Rebuild]:
    moved = _with_parts(present, targets)
    pinning: dict[str, Rebuild] = {}
    for name, one in present.items():
        spec = _refused(one.depends, moved, matcher) if name not in moved else None
        if spec is not None:
            found = _taking(name, moved, solver, matcher)
            pinning[name] = Rebuild(name=name, version=one.package.version, spec=spec, found=found)
    for name in _needed_first(present, list(pinning)):
        yield pinning[name]


def _with_parts(
    present: Mapping[str, PackageOffer], targets: Mapping[str, CondaPackage]
) -> dict[str, CondaPackage]:
    """Add the packages that are parts of those that move: needed by them in just their version."""
    moved = dict(targets)
    pending = [name for name in targets if name in present]
    while pending:
        whole = present[pending.pop(0)]
        target = moved[whole.package.name]
        for name in map(_name, whole.depends):
            part = present.get(name)
            if part is not None and name not in moved and _is_part(part, whole):
                build = target.build if target.build == _NO_BUILD else part.package.build
                moved[name] = CondaPackage(
                    name=name, version=target.version, build=build, subdir=part.package.subdir
                )
                pending.append(name)
    return moved


def _is_part(part: PackageOffer, whole: PackageOffer) -> bool:
    exactly = {f"{part.package.name} {sign}{whole.package.version}" for sign in ("", "=", "==")}
    pinned = any(" ".join(spec.split()[:2]) in exactly for spec in whole.depends)
    return pinned and part.package.version == whole.package.version


def _refused(depends: Sequence[str], moved: Mapping[str, CondaPackage], matcher: SpecMatcher) -> str | None:
    """Find a need for something that moves which the new version is not."""
    for spec in depends:
        target = moved.get(_name(spec))
        if target is not None and not matcher.matches(spec, target):
            return spec
    return None


def _taking(name: str, moved: Mapping[str, CondaPackage], solver: Solver, matcher: SpecMatcher) -> str | None:
    """Find a package of the name that has been rebuilt: needs what moves, and takes the new version."""
    for offer in solver.offers(name).named:
        needs = any(_name(spec) in moved for spec in offer.depends)
        if needs and _refused(offer.depends, moved, matcher) is None:
            return f"{offer.package.version} {offer.package.build}"
    return None


def _needed_first(present: Mapping[str, PackageOffer], names: Sequence[str]) -> Iterator[str]:
    """Put what others need before them; a ring is broken where it is met."""
    needs = {
        name: [one for one in sorted(set(map(_name, present[name].depends))) if one in names]
        for name in names
    }
    done: set[str] = set()
    for name in sorted(names):
        yield from _with_needs(name, needs, done)


def _with_needs(name: str, needs: Mapping[str, Sequence[str]], done: set[str]) -> Iterator[str]:
    if name in done:
        return
    done.add(name)
    for one in needs[name]:
        yield from _with_needs(one, needs, done)
    yield name


def _name(spec: str) -> str:
    return spec.split(maxsplit=1)[0]
