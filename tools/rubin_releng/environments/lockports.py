"""What making and checking locks needs from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from lsstinstall.core.condapackages import CondaPackage, DigestKind, PackageDigest
    from lsstinstall.core.environments import LockedPackage, SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["LockIndex", "LockSolver", "PackageFiles", "SpecMatcher"]


class LockSolver(Protocol):
    """Solves environments."""

    def solve(
        self,
        specs: Sequence[str],
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        exclude_newer: datetime | None = None,
    ) -> tuple[SolvedPackage, ...]:
        """Find the newest packages that satisfy some specs; by name."""


class LockIndex(Protocol):
    """Knows what channels have today."""

    def look_up(self, packages: Sequence[LockedPackage]) -> Mapping[LockedPackage, SolvedPackage]:
        """Give what channels have under these names, whatever the digests; without what is not there."""


class PackageFiles(Protocol):
    """Hashes packages' own files."""

    def digests(
        self, package: LockedPackage, kinds: Collection[DigestKind]
    ) -> Mapping[DigestKind, PackageDigest] | None:
        """Hash a file; empty if its channel lacks it, `None` if its channel has no files to look into."""


class SpecMatcher(Protocol):
    """Knows what conda's match specs mean."""

    def matches(self, spec: str, package: CondaPackage | VirtualPackage) -> bool:
        """Whether a package is one of those that a spec means."""
