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

    from lsstinstall.core.condapackages import PackageDigest
    from lsstinstall.core.environments import SolvedPackage
    from rubin_releng.core.locks import LockPart
    from rubin_releng.environments.lockports import LockIndex, PackageFiles, SpecMatcher

__all__ = ["LockCheck", "LockProblem", "LockProblemKind", "check_lock"]


_REPAIR = "the file was lost or changed after the channel was indexed: build or fetch it again"


class LockProblemKind(StrEnum):
    """What does not hold; the values are part of JSON answers."""

    GONE = "gone"
    CHANGED = "changed"
    SPOILED = "spoiled"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCheck:
    """How one environment of a lock was found.

    Parameters
    ----------
    problems : `tuple` [ `LockProblem`, ... ]
        In the order of the packages; empty if the lock holds.
    files : `int`
        How many packages' own files were hashed.
    """

    problems: tuple[LockProblem, ...]
    files: int


def check_lock(
    part: LockPart,
    *,
    index: LockIndex,
    files: PackageFiles,
    matcher: SpecMatcher,
    specs: Sequence[str] = (),
    channels: Sequence[str] = (),
) -> LockCheck:
    """Check one environment of a lock against its channels.

    Nothing is solved: every package has to be there under its digest, in the
    index and, where its file is at hand, by itself; and everything that the
    channels say today that a package needs, and that may not be beside it, is
    compared with the other packages.

    Parameters
    ----------
    part : `LockPart`
        The environment.
    index : `~rubin_releng.environments.lockports.LockIndex`
        Knows what channels have.
    files : `~rubin_releng.environments.lockports.PackageFiles`
        Hashes files.
    matcher : `~rubin_releng.environments.lockports.SpecMatcher`
        Knows what specs mean.
    specs : `~collections.abc.Sequence` [ `str` ], optional
        What the lock was made for: all of it has to be there, and no package
        that it does not need.
    channels : `~collections.abc.Sequence` [ `str` ], optional
        Channels that packages may come from; any by default.

    Returns
    -------
    check : `LockCheck`
        What does not hold.

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
    looked = [_look_into(one, known[one.locked()], files) for one in part.packages if one.locked() in known]
    problems += [problem for found in looked if found is not None for problem in found]
    checker = _Checker(part, current, matcher)
    problems += [problem for one in current for problem in checker.check(one)]
    problems += checker.check_asked(specs)
    return LockCheck(problems=tuple(problems), files=sum(found is not None for found in looked))


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


def _look_into(
    locked: SolvedPackage, offered: SolvedPackage, files: PackageFiles
) -> tuple[LockProblem, ...] | None:
    """Compare a package's file with the lock, or with the index if the lock says nothing."""
    claimed = _digests(locked) or _digests(offered)
    found = files.digests(locked.locked(), [one.kind for one in claimed] or [DigestKind.SHA256])
    if found is None:
        return None
    file = f"{locked.package.subdir}/{locked.package.file_name}"
    if not found:
        text = f"the channel <{locked.channel}> lists `{file}`, and has no such file"
        return (LockProblem(kind=LockProblemKind.GONE, package=locked, text=text, hint=_REPAIR),)
    return tuple(
        LockProblem(
            kind=LockProblemKind.SPOILED,
            package=locked,
            text=f"the file <{locked.url}> has the {one.kind} `{found[one.kind].value}`, not `{one.value}`",
            hint=_REPAIR,
        )
        for one in claimed
        # A package that was replaced is told of by its index.
        if found[one.kind] not in (one, getattr(offered, one.kind.value))
    )


def _digests(one: SolvedPackage) -> tuple[PackageDigest, ...]:
    return tuple(digest for digest in (one.sha256, one.md5) if digest is not None)


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
