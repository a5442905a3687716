"""conda environments in memory: an engine that solves from a list, a store that touches no disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import PackageDigest, parse_package_file
from lsstinstall.core.environmentplans import EnvironmentCondition
from lsstinstall.core.environments import EnvLock, EnvName, SolvedPackage
from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.names import CondaSubdir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.environmentplans import EnvironmentRecord
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["LINUX", "FakeEngine", "FakeStore", "solved"]

LINUX = CondaSubdir("linux-64")
CHANNEL = "https://example.org/c"


def solved(name: str, *, size_bytes: int | None = 100) -> SolvedPackage:
    """Make a package of linux-64 of ``name-version``; its digest is made up from the name."""
    package = parse_package_file(f"{name}-h0_0.conda", subdir=LINUX)
    digest = PackageDigest.parse(name.encode().hex()[:64].ljust(64, "0"))
    return SolvedPackage(channel=CHANNEL, package=package, sha256=digest, size_bytes=size_bytes)


@dataclass
class FakeEngine:
    """Takes the last package of each name that is asked for, and what it is told they need."""

    offered: tuple[SolvedPackage, ...]
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    environments: dict[Path, tuple[SolvedPackage, ...]] = field(default_factory=dict)
    specs: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    repaired: list[Path] = field(default_factory=list)
    broken: bool = False
    clashing: frozenset[str] = frozenset()
    """Names of packages that no solution has together with the rest, if they are pinned."""

    def solve(
        self,
        specs: Sequence[str],
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        favored: Sequence[SolvedPackage] = (),
        pinned: Sequence[SolvedPackage] = (),
    ) -> tuple[SolvedPackage, ...]:
        """Solve; a spec is a name, or a name, ``=`` and the beginning of a version."""
        assert channels
        assert platform == LINUX
        assert all(package.name.startswith("__") for package in virtual_packages)
        self.asked.append(tuple(specs))
        if any(one.package.name in self.clashing for one in pinned):
            raise ToolkitError("no solution for what is pinned")
        chosen: dict[str, SolvedPackage] = {one.package.name: one for one in pinned}
        kept = {one.package.name: one for one in favored}
        pending = list(specs)
        while pending:
            name, _, version = pending.pop().partition("=")
            if name not in chosen:
                chosen[name] = kept.get(name) or self._newest(name, version)
                pending += self.needs.get(name, ())
        return tuple(sorted(chosen.values(), key=lambda one: one.package))

    def _newest(self, name: str, version: str) -> SolvedPackage:
        for one in reversed(self.offered):
            if one.package.name == name and one.package.version.startswith(version):
                return one
        raise ToolkitError(f"no solution for `{name}`")

    def resolve(self, lock: EnvLock) -> tuple[SolvedPackage, ...]:
        """Look packages up by URL."""
        by_url = {one.locked().url: one for one in self.offered}
        try:
            return tuple(by_url[locked.url] for locked in lock.packages)
        except KeyError as error:
            raise NotFoundError(f"no {error}") from error

    def installed(self, prefix: Path) -> tuple[SolvedPackage, ...]:
        """Say what was installed."""
        return self.environments.get(prefix, ())

    def requested(self, prefix: Path) -> tuple[str, ...]:
        """Say what it was installed for."""
        return self.specs.get(prefix, ())

    def install(
        self,
        packages: Sequence[SolvedPackage],
        prefix: Path,
        *,
        specs: Sequence[str],
        reporter: Reporter,
        repair: bool = False,
    ) -> None:
        """Install, or break in the middle."""
        if self.broken:
            self.environments[prefix] = tuple(packages[:1])
            raise ToolkitError("broken")
        reporter.note(f"{len(packages)} packages")
        self.environments[prefix] = tuple(packages)
        self.specs[prefix] = tuple(specs)
        if repair:
            self.repaired.append(prefix)


@dataclass
class FakeStore:
    """Remembers how far each environment got."""

    conditions: dict[EnvName, EnvironmentCondition] = field(default_factory=dict)
    records: dict[EnvName, EnvironmentRecord] = field(default_factory=dict)

    def prefix(self, name: EnvName) -> Path:
        """Say where it would lie."""
        return Path("/conda/envs", name)

    def condition(self, name: EnvName) -> EnvironmentCondition:
        """Say how far it got."""
        return self.conditions.get(name, EnvironmentCondition.ABSENT)

    def begin(self, name: EnvName, *, change: bool) -> None:
        """Mark it."""
        state = EnvironmentCondition.HALF_UPDATED if change else EnvironmentCondition.UNFINISHED
        self.conditions[name] = state

    def finish(self, name: EnvName, record: EnvironmentRecord) -> None:
        """Mark it as complete."""
        self.records[name] = record
        self.conditions[name] = EnvironmentCondition.COMPLETE
