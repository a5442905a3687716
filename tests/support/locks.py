"""Locked packages in memory, and a channel that knows what it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import DigestKind, PackageDigest, parse_package_file
from lsstinstall.core.environments import LockedPackage, SolvedPackage
from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.locks import LockPart

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["LINUX", "FakeLockChannel", "FakePackageFiles", "PrefixMatcher", "locked_part", "package"]

LINUX = CondaSubdir("linux-64")


def package(
    name: str, *depends: str, constrains: tuple[str, ...] = (), digest: str | None = "a"
) -> SolvedPackage:
    """Make a package of linux-64 of ``name-version``."""
    return SolvedPackage(
        channel="https://example.org/c",
        package=parse_package_file(f"{name}-h0_0.conda", subdir=LINUX),
        sha256=None if digest is None else PackageDigest.parse(digest * 64),
        depends=depends,
        constrains=constrains,
    )


def locked_part(*packages: SolvedPackage, virtual: tuple[VirtualPackage, ...] = ()) -> LockPart:
    """Make the whole of a solution for linux-64."""
    return LockPart(
        platform=LINUX, channels=("https://example.org/c",), virtual_packages=virtual, packages=packages
    )


@dataclass
class FakeLockChannel:
    """Solves to all that it has, and looks up by name."""

    packages: tuple[SolvedPackage, ...]
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    failure: ToolkitError | None = None

    def solve(
        self,
        specs: Sequence[str],
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        exclude_newer: datetime | None = None,
    ) -> tuple[SolvedPackage, ...]:
        """Solve."""
        assert specs
        assert channels
        assert exclude_newer is None
        if self.failure is not None:
            raise self.failure
        self.asked.append((platform, tuple(f"{one.name}={one.version}" for one in virtual_packages)))
        return self.packages

    def look_up(self, packages: Sequence[LockedPackage]) -> Mapping[LockedPackage, SolvedPackage]:
        """Look up."""
        known = {one.package: one for one in self.packages}
        return {one: known[one.package] for one in packages if one.package in known}


@dataclass
class FakePackageFiles:
    """Has the files of some packages, by name, each of one hexadecimal digit; without any it is far away."""

    files: Mapping[str, str] | None = None

    def digests(
        self, package: LockedPackage, kinds: Collection[DigestKind]
    ) -> Mapping[DigestKind, PackageDigest] | None:
        """Hash one."""
        if self.files is None:
            return None
        digit = self.files.get(package.package.name)
        size = {DigestKind.MD5: 32, DigestKind.SHA256: 64}
        return (
            {kind: PackageDigest(kind=kind, value=digit * size[kind]) for kind in kinds}
            if digit is not None
            else {}
        )


class PrefixMatcher:
    """Knows specs of a name, and perhaps the beginning of a version."""

    def matches(self, spec: str, package: CondaPackage | VirtualPackage) -> bool:
        """Match."""
        name, _, version = re.sub(r"^.*::", "", spec).partition(" ")
        return package.name == name and package.version.startswith(version)
