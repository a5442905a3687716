"""What differs between two environments: versions of a ledger, recipes, or locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.names import CondaSubdir

__all__ = [
    "VARIANT",
    "Change",
    "ChangeKind",
    "Content",
    "ContentKind",
    "DiffGroup",
    "EnvironmentDiff",
    "Slot",
    "Why",
    "compare_contents",
]

Name = TypeVar("Name", bound=str)


class ContentKind(StrEnum):
    """What an environment is described by."""

    REQUIREMENTS = "requirements"
    PACKAGES = "packages"


class ChangeKind(StrEnum):
    """What happened to something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Slot(NamedTuple):
    """Where something stands.

    Parameters
    ----------
    output : `str`
        Package that needs it, or the name of a lock's list.
    section : `str`
        ``run``, ``host`` and so on; ``packages`` in a lock.
    package : `str`
        Name of the package, or of a variant key.
    """

    output: str
    section: str
    package: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a limit is there.

    Parameters
    ----------
    reason : `str` or `None`
        In words.
    ticket : `str` or `None`
        Where it was decided.
    """

    reason: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One of two environments.

    Parameters
    ----------
    name : `str`
        As a person calls it, ``rubin-env 13.0.1`` or a file.
    kind : `ContentKind`
        What its values are.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        What it is for.
    outputs : `tuple` [ `str`, ... ]
        In the order in which they are told.
    values : `~collections.abc.Mapping`
        By place and platform: a limit, or version and build.
    direct : `frozenset` [ `str` ] or `None`
        Names of packages that a recipe names itself; `None` if all are, or
        nobody knows.
    why : `~collections.abc.Mapping` [ `Slot`, `Why` ], optional
        Reasons of limits.
    used_variant : `bool`, optional
        Whether it knows only those values of the variant that it uses.
    """

    name: str
    kind: ContentKind
    platforms: tuple[CondaSubdir, ...]
    outputs: tuple[str, ...]
    values: Mapping[Slot, Mapping[CondaSubdir, str]]
    direct: frozenset[str] | None = None
    why: Mapping[Slot, Why] = field(default_factory=dict)
    used_variant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Parameters
    ----------
    package : `str`
        What it is about.
    before, after : `str` or `None`
        `None` if it is not there; empty for a package without a limit.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where; empty on all that both sides have.
    direct : `bool`
        Whether a recipe names the package itself.
    why : `Why` or `None`
        Reason of the new limit; of the old one if there is no new one.
    """

    package: str
    before: str | None
    after: str | None
    platforms: tuple[CondaSubdir, ...] = ()
    direct: bool = True
    why: Why | None = None

    @property
    def kind(self) -> ChangeKind:
        """What happened."""
        if self.before is None:
            return ChangeKind.ADDED
        return ChangeKind.REMOVED if self.after is None else ChangeKind.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffGroup:
    """The differences in one section of one output.

    Parameters
    ----------
    output, section : `str`
        Where.
    changes : `tuple` [ `Change`, ... ]
        Direct ones first, then by name.
    """

    output: str
    section: str
    changes: tuple[Change, ...]

    def count(self, kind: ChangeKind) -> int:
        """Count the packages to which something happened, each once."""
        return len({change.package for change in self.changes if change.kind is kind})


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDiff:
    """All that differs.

    Parameters
    ----------
    before, after : `str`
        Names of both sides.
    kind : `ContentKind`
        What is compared.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Those that both have, which are compared.
    platforms_added, platforms_removed : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Those that one side lacks.
    outputs_added, outputs_removed : `tuple` [ `str`, ... ]
        Outputs that one side lacks.
    groups : `tuple` [ `DiffGroup`, ... ]
        What a user gets first: by output, and ``run`` before other sections;
        without those in which nothing differs.
    """

    before: str
    after: str
    kind: ContentKind
    platforms: tuple[CondaSubdir, ...]
    platforms_added: tuple[CondaSubdir, ...]
    platforms_removed: tuple[CondaSubdir, ...]
    outputs_added: tuple[str, ...]
    outputs_removed: tuple[str, ...]
    groups: tuple[DiffGroup, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (
            self.groups
            or self.platforms_added
            or self.platforms_removed
            or self.outputs_added
            or self.outputs_removed
        )


VARIANT = "variant"
"""Section of the values of a variant."""

_SECTIONS = ("packages", "run", "run_constrained", VARIANT, "host", "build")


def compare_contents(before: Content, after: Content) -> EnvironmentDiff:
    """Compare two environments.

    Parameters
    ----------
    before, after : `Content`
        Both of the same kind.

    Returns
    -------
    diff : `EnvironmentDiff`
        What differs on the platforms that both have.

    Raises
    ------
    ConfigurationError
        Raised if one has requirements and the other one packages, or they
        have no platform in common.
    """
    if before.kind is not after.kind:
        raise ConfigurationError(
            f"`{before.name}` has {before.kind}, `{after.name}` has {after.kind}",
            hint="compare a lock with a lock, and a version or recipe with a version or recipe",
        )
    common = tuple(one for one in after.platforms if one in before.platforms)
    if not common:
        raise ConfigurationError(
            f"`{before.name}` and `{after.name}` have no platform in common",
            hint="; ".join(_platforms_told(side) for side in (before, after)),
        )
    return EnvironmentDiff(
        before=before.name,
        after=after.name,
        kind=after.kind,
        platforms=common,
        platforms_added=_without(after.platforms, before.platforms),
        platforms_removed=_without(before.platforms, after.platforms),
        outputs_added=_without(after.outputs, before.outputs),
        outputs_removed=_without(before.outputs, after.outputs),
        groups=tuple(_groups(before, after, common)),
    )


def _platforms_told(side: Content) -> str:
    if not side.platforms:
        return f"`{side.name}` has none of the platforms asked for"
    return f"`{side.name}` is for {', '.join(f'`{one}`' for one in side.platforms)}"


def _without(names: tuple[Name, ...], others: tuple[Name, ...]) -> tuple[Name, ...]:
    return tuple(name for name in names if name not in others)


def _groups(before: Content, after: Content, platforms: tuple[CondaSubdir, ...]) -> Iterator[DiffGroup]:
    found: dict[tuple[str, str], list[Change]] = {}
    comparable = before.used_variant == after.used_variant
    for slot in sorted({*before.values, *after.values}):
        if slot.section == VARIANT and not comparable:
            continue
        changes = _changes(slot, before, after, platforms)
        if changes:
            found.setdefault((slot.output, slot.section), []).extend(changes)
    outputs = list(dict.fromkeys([*after.outputs, *before.outputs]))

    def rank(group: tuple[str, str]) -> tuple[int, int]:
        output, section = group
        return (outputs.index(output) if output in outputs else len(outputs)), _SECTIONS.index(section)

    for output, section in sorted(found, key=rank):
        changes = found[output, section]
        changes.sort(key=lambda change: (not change.direct, change.package))
        yield DiffGroup(output=output, section=section, changes=tuple(changes))


def _changes(slot: Slot, before: Content, after: Content, platforms: tuple[CondaSubdir, ...]) -> list[Change]:
    old, new = before.values.get(slot, {}), after.values.get(slot, {})
    where: dict[tuple[str | None, str | None], list[CondaSubdir]] = {}
    for platform in platforms:
        pair = (old.get(platform), new.get(platform))
        if pair[0] != pair[1]:
            where.setdefault(pair, []).append(platform)
    known = [side.direct for side in (before, after) if side.direct is not None]
    return [
        Change(
            package=slot.package,
            before=first,
            after=second,
            platforms=() if len(at) == len(platforms) else tuple(at),
            direct=not known or any(slot.package in names for names in known),
            why=after.why.get(slot) if second is not None else before.why.get(slot),
        )
        for (first, second), at in where.items()
    ]
