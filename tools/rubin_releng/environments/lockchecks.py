"""Prove that a lock still holds: its packages are there, unchanged, and fit together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import DigestKind
from lsstinstall.core.graph import closure
from rubin_releng.core.locks import needs_of, spec_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.core.environments import SolvedPackage
    from rubin_releng.core.locks import LockPart
    from rubin_releng.environments.lockports import LockIndex, SpecMatcher

__all__ = ["LockProblem", "LockProblemKind", "check_lock"]


class LockProblemKind(StrEnum):
    """What does not hold; the values are part of JSON answers."""

    GONE = "gone"
    CHANGED = "changed"
    UNMET = "unmet"
    CONFLICT = "conflict"
    UNASKED = "unasked"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockProblem:
    """One thing that does not hold.

    Parameters
    ----------
    kind : `LockProblemKind`
        What it is.
    package : `~lsstinstall.core.environments.SolvedPackage` or `None`
        The package it is about; `None` if it is what was asked for.
    text : `str`
        A sentence.
    hint : `str`, optional
        What to do about it.
    """

    kind: LockProblemKind
    package: SolvedPackage | None
    text: str
    hint: str | None = None


def check_lock(
    part: LockPart,
    *,
    index: LockIndex,
    matcher: SpecMatcher,
    specs: Sequence[str] = (),
    channels: Sequence[str] = (),
) -> tuple[LockProblem, ...]:
    """Check one environment of a lock against its channels.

    Nothing is solved: every package has to be there under its digest, and
    everything that the channels say today that a package needs, and that may
    not be beside it, is compared with the other packages.

    Parameters
    ----------
    part : `LockPart`
        The environment.
    index : `~rubin_releng.environments.lockports.LockIndex`
        Knows what channels have.
    matcher : `~rubin_releng.environments.lockports.SpecMatcher`
        Knows what specs mean.
    specs : `~collections.abc.Sequence` [ `str` ], optional
        What the lock was made for: all of it has to be there, and no package
        that it does not need.
    channels : `~collections.abc.Sequence` [ `str` ], optional
        Channels that packages may come from; any by default.

    Returns
    -------
    problems : `tuple` [ `LockProblem`, ... ]
        In the order of the packages; empty if the lock holds.

    Raises
    ------
    ToolkitError
        Raised if a channel is not there or cannot be reached.
    """
    known = index.look_up([one.locked() for one in part.packages])
    problems = [
        problem
        for one in part.packages
        for problem in _compare(one, known.get(one.locked()), channels=channels)
    ]
    current = tuple(known.get(one.locked(), one) for one in part.packages)
    checker = _Checker(part, current, matcher)
    problems += [problem for one in current for problem in checker.check(one)]
    problems += checker.check_asked(specs)
    return tuple(problems)


def _compare(
    locked: SolvedPackage, offered: SolvedPackage | None, *, channels: Sequence[str]
) -> Iterator[LockProblem]:
    file = f"{locked.package.subdir}/{locked.package.file_name}"
    if channels and locked.channel not in channels:
        yield LockProblem(
            kind=LockProblemKind.FOREIGN,
            package=locked,
            text=f"`{locked.package.name}` comes from <{locked.channel}>, none of the channels given",
        )
    if offered is None:
        yield LockProblem(
            kind=LockProblemKind.GONE,
            package=locked,
            text=f"the channel <{locked.channel}> has no `{file}`",
            hint="it may have been withdrawn; lock again",
        )
        return
    for kind in DigestKind:
        mine, theirs = (getattr(one, kind.value) for one in (locked, offered))
        if mine is not None and theirs is not None and mine != theirs:
            yield LockProblem(
                kind=LockProblemKind.CHANGED,
                package=locked,
                text=f"<{locked.url}> has the {kind} `{theirs.value}` instead of `{mine.value}`",
                hint="the channel replaced the package after it was locked, or the lock was changed",
            )


class _Checker:
    """Compares packages with one another."""

    def __init__(self, part: LockPart, packages: tuple[SolvedPackage, ...], matcher: SpecMatcher) -> None:
        self._part = part
        self._packages: Mapping[str, SolvedPackage] = {one.package.name: one for one in packages}
        self._virtual = {one.name: one for one in part.virtual_packages}
        self._matcher = matcher

    def check(self, one: SolvedPackage) -> Iterator[LockProblem]:
        """Compare a package's wishes with what is there."""
        for spec in one.depends:
            lack = self._lack(spec)
            if lack is not None:
                text = f"`{one.package.name}` needs `{spec}`, and {lack}"
                yield LockProblem(kind=LockProblemKind.UNMET, package=one, text=text)
        for spec in one.constrains:
            other = self._packages.get(spec_name(spec))
            if other is not None and not self._matcher.matches(spec, other.package):
                have = f"`{other.package.name} {other.package.version}`"
                text = f"`{one.package.name}` allows only `{spec}` beside it, and the lock has {have}"
                yield LockProblem(kind=LockProblemKind.CONFLICT, package=one, text=text)

    def check_asked(self, specs: Sequence[str]) -> Iterator[LockProblem]:
        """Compare what was asked for with what is there."""
        lacking = [(spec, lack) for spec in specs if (lack := self._lack(spec)) is not None]
        for spec, lack in lacking:
            text = f"asked for was `{spec}`, and {lack}"
            yield LockProblem(kind=LockProblemKind.UNMET, package=None, text=text)
        if lacking:
            # What another environment needs, nobody knows.
            return
        needs = {
            name: [need for need in wanted if need in self._packages]
            for name, wanted in needs_of(self._packages.values()).items()
        }
        roots = [name for name in map(spec_name, specs) if name in needs]
        needed = closure(needs, roots) if roots else frozenset(needs)
        for name, one in self._packages.items():
            if name not in needed:
                text = f"nothing that was asked for needs `{name}`"
                yield LockProblem(kind=LockProblemKind.UNASKED, package=one, text=text)

    def _lack(self, spec: str) -> str | None:
        """Say what is wrong with what is there for a spec; `None` if nothing is."""
        name = spec_name(spec)
        if name.startswith("__"):
            virtual = self._virtual.get(name)
            if not self._virtual or (virtual is not None and self._matcher.matches(spec, virtual)):
                return None
            return f"machines offer `{name} {virtual.version}`" if virtual else "machines do not offer it"
        there = self._packages.get(name)
        if there is None:
            return "the lock does not have it"
        if self._matcher.matches(spec, there.package):
            return None
        return f"the lock has `{there.package.version} {there.package.build}`"
