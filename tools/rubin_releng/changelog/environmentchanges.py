"""Compares the environments of two ends: package by package, else by what recipes require."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.environmentnames import METAPACKAGE, parse_recorded_version
from lsstinstall.core.errors import InvalidNameError, ToolkitError
from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
from rubin_releng.core.condaversions import compare_conda_versions
from rubin_releng.core.environmentdiffs import compare_contents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lsstinstall.core.environments import EnvLock
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.environmentdiffs import Content

__all__ = ["EnvironmentSide", "LockSource", "RequirementSource", "compare_environments", "read_environments"]

# >=1.2, =1.2, ==1.2, 1.2.*, 1.2; neither <1.2 nor !=1.2
_AT_LEAST = re.compile(r"(?:>=?|~=|==?)?\s*([0-9]+(?:[.!_]?[0-9A-Za-z]+)*)")
_RUN = "run"


class LockSource(Protocol):
    """Knows the exact packages of releases."""

    def locks(self, tag: EupsTag, environment: str | None) -> Mapping[CondaSubdir, EnvLock]:
        """Read the lists of a release, as far as there are any."""


class RequirementSource(Protocol):
    """Knows what versions of rubin-env require, and which version a release had."""

    def requirements(self, version: str) -> Content | None:
        """Say what a version requires; `None` if nobody knows."""

    def version_of(self, tag: EupsTag) -> str | None:
        """Say which version a release had; `None` if nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSide:
    """The environment of one end.

    Parameters
    ----------
    version : `str` or `None`
        Of rubin-env, or the commit of an older environment.
    locks : `~collections.abc.Mapping` [ `CondaSubdir`, `EnvLock` ]
        Exact packages of each platform that is known.
    problems : `tuple` [ `str`, ... ]
        Why something could not be read.
    """

    version: str | None = None
    locks: Mapping[CondaSubdir, EnvLock] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_environments(
    old: Side, new: Side, *, locks: Sequence[LockSource], requirements: RequirementSource | None
) -> EnvironmentChanges:
    """Tell what changed in the environment between two ends.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    locks : `~collections.abc.Sequence` [ `LockSource` ]
        Where exact packages may be known; the first that knows any counts.
    requirements : `RequirementSource` or `None`
        Which requirements are direct, and what to compare without exact
        packages; asked only if something differs.

    Returns
    -------
    changes : `EnvironmentChanges`
        What is known; ``reason`` says why there is no more.
    """
    first, second = (_read(side, locks, requirements) for side in (old, new))
    return compare_environments(first, second, requirements)


def compare_environments(
    old: EnvironmentSide, new: EnvironmentSide, requirements: RequirementSource | None
) -> EnvironmentChanges:
    """Compare two environments.

    Parameters
    ----------
    old, new : `EnvironmentSide`
        Of both ends.
    requirements : `RequirementSource` or `None`
        As for `read_environments`.

    Returns
    -------
    changes : `EnvironmentChanges`
        Of packages if both have exact ones on a common platform, else of
        requirements.
    """
    platforms = tuple(sorted(old.locks.keys() & new.locks.keys()))
    found = EnvironmentChanges(from_version=old.version, to_version=new.version)
    if platforms:
        return _compare_locks(found, old, new, platforms, requirements)
    why = "; ".join(dict.fromkeys([*old.problems, *new.problems])) or None
    if old.version is None or new.version is None:
        return replace(found, reason=why or "nothing tells the environment of both ends")
    if old.version == new.version:
        return replace(found, reason=why or "the exact packages are not known")
    found = _compare_requirements(found, requirements)
    return replace(found, reason="; ".join(filter(None, (why, found.reason))) or None)


def _read(
    side: Side, sources: Sequence[LockSource], requirements: RequirementSource | None
) -> EnvironmentSide:
    version = side.environment
    problems = []
    if version is not None:
        try:
            version = parse_recorded_version(version)
        except InvalidNameError as error:
            return EnvironmentSide(version=version, problems=(str(error),))
    if side.tag is None:
        return EnvironmentSide(version=version)
    if version is None and requirements is not None:
        version = requirements.version_of(side.tag)
        if version is not None:
            problems.append(f"no list tells the environment of `{side.name}`, but the ledger does")
    for source in sources:
        try:
            locks = source.locks(side.tag, side.environment or version)
        except ToolkitError as error:
            problems.append(f"the packages of `{side.name}` are not known: {error}")
            continue
        if locks:
            return EnvironmentSide(version=version, locks=locks)
    return EnvironmentSide(version=version, problems=tuple(problems))


def _compare_locks(
    found: EnvironmentChanges,
    old: EnvironmentSide,
    new: EnvironmentSide,
    platforms: tuple[CondaSubdir, ...],
    requirements: RequirementSource | None,
) -> EnvironmentChanges:
    pairs = {platform: (_builds(old.locks[platform]), _builds(new.locks[platform])) for platform in platforms}
    names = sorted({name for sides in pairs.values() for side in sides for name in side})
    changes: list[PackageChange] = []
    rebuilt = 0
    for name in names:
        own = list(_package_changes(name, pairs, platforms))
        changes += own
        builds = any(first.get(name) != second.get(name) for first, second in pairs.values())
        rebuilt += 1 if builds and not own else 0
    direct = _direct(requirements, old.version, new.version) if changes else frozenset()
    changes = [replace(change, direct=change.name in direct or _is_ours(change.name)) for change in changes]
    return replace(
        _sorted(found, changes, exact=True),
        rebuilt=rebuilt,
        platforms=platforms,
        source="exact lists of packages",
    )


def _is_ours(name: str) -> bool:
    return name == METAPACKAGE or name.startswith(f"{METAPACKAGE}-")


def _builds(lock: EnvLock) -> dict[str, tuple[str, str]]:
    return {locked.package.name: (locked.package.version, locked.package.build) for locked in lock.packages}


def _package_changes(
    name: str,
    pairs: Mapping[CondaSubdir, tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[str, str]]]],
    platforms: tuple[CondaSubdir, ...],
) -> Iterator[PackageChange]:
    where: dict[tuple[str | None, str | None], list[CondaSubdir]] = {}
    for platform, (first, second) in pairs.items():
        before = first[name][0] if name in first else None
        after = second[name][0] if name in second else None
        if before != after:
            where.setdefault((before, after), []).append(platform)
    for (before, after), at in where.items():
        yield PackageChange(
            name=name, old=before, new=after, platforms=() if len(at) == len(platforms) else tuple(at)
        )


def _direct(requirements: RequirementSource | None, *versions: str | None) -> frozenset[str]:
    if requirements is None:
        return frozenset()
    contents = [requirements.requirements(version) for version in versions if version is not None]
    slots = (slot for content in contents if content is not None for slot in content.values)
    return frozenset(slot.package for slot in slots if slot.section == _RUN)


def _compare_requirements(
    found: EnvironmentChanges, requirements: RequirementSource | None
) -> EnvironmentChanges:
    if requirements is None:
        return replace(found, reason="neither exact packages nor requirements are known")
    sides = []
    for version in (found.from_version or "", found.to_version or ""):
        content = requirements.requirements(version)
        if content is None:
            return replace(found, reason=f"nobody knows what version {version} requires")
        sides.append(content)
    try:
        diff = compare_contents(*sides)
    except ToolkitError as error:
        return replace(found, reason=str(error))
    changes = {
        PackageChange(
            name=change.package, old=change.before, new=change.after, direct=True, platforms=change.platforms
        )
        for group in diff.groups
        if group.section == _RUN
        for change in group.changes
    }
    return replace(
        _sorted(found, changes, exact=False), platforms=diff.platforms, source="requirements of rubin-env"
    )


def _sorted(
    found: EnvironmentChanges, changes: Collection[PackageChange], *, exact: bool
) -> EnvironmentChanges:
    kinds: dict[str, list[PackageChange]] = {}
    for change in sorted(changes, key=_order):
        kinds.setdefault(_kind(change, exact=exact), []).append(change)
    return replace(
        found,
        added=tuple(kinds.get("added", ())),
        removed=tuple(kinds.get("removed", ())),
        up=tuple(kinds.get("up", ())),
        down=tuple(kinds.get("down", ())),
        changed=tuple(kinds.get("changed", ())),
    )


def _order(change: PackageChange) -> tuple[bool, str, str, str, tuple[str, ...]]:
    return not change.direct, change.name, change.old or "", change.new or "", change.platforms


def _kind(change: PackageChange, *, exact: bool) -> str:
    if change.old is None:
        return "added"
    if change.new is None:
        return "removed"
    first, second = (change.old, change.new) if exact else (_lowest(change.old), _lowest(change.new))
    if first is None or second is None:
        return "changed"
    sign = compare_conda_versions(second, first)
    if sign == 0:
        return "changed"
    return "up" if sign > 0 else "down"


def _lowest(limit: str) -> str | None:
    """Read the lowest version that a limit allows; `None` if it has no such bound."""
    for clause in limit.split(","):
        if match := _AT_LEAST.match(clause.strip()):
            return match[1]
    return None
