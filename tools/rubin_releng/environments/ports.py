"""What the environment room needs from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.environments import SolvedPackage
    from lsstinstall.core.names import Sha256
    from lsstinstall.core.packageoffers import SpecOffers
    from rubin_releng.core.packagejobs import PackageJob

__all__ = ["Channel", "Packager", "Solver"]


class Packager(Protocol):
    """Makes conda packages from recipes."""

    def inputs_of(self, job: PackageJob) -> Sha256:
        """Digest all that decides on the result: recipe folder, variants, platform."""

    def render(self, job: PackageJob) -> tuple[CondaPackage, ...]:
        """Say which packages a build would make, in the order of the outputs."""

    def build(self, job: PackageJob, work: Path) -> tuple[Path, ...]:
        """Make the packages below the folder ``work``; in the order of the outputs."""


class Channel(Protocol):
    """A conda channel in a local folder, with a record of what made each package."""

    @property
    def uri(self) -> str:
        """How a solver names it."""

    def inputs(self) -> Mapping[CondaPackage, Sha256]:
        """List packages that are there, unharmed, with the digest of what each was made from."""

    def holds(self, package: CondaPackage) -> bool:
        """Whether a file of this name is there."""

    def is_spoiled(self, package: CondaPackage) -> bool:
        """Whether a file of this name is there that is not what was made."""

    def add(self, files: Mapping[CondaPackage, Path], inputs: Sha256) -> tuple[CondaPackage, ...]:
        """Move finished packages in, record what they were made from, and index; say which are new."""

    def index(self) -> None:
        """Write the index of all platforms anew."""


class Solver(Protocol):
    """Answers questions about one machine and its channels, many of them."""

    def solve(self, specs: Sequence[str]) -> tuple[SolvedPackage, ...]:
        """Find the newest packages that satisfy specs; an `UnsatisfiableError` if there are none."""

    def offers(self, spec: str) -> SpecOffers:
        """List what the channels have for a spec; a `ConfigurationError` if it is none."""
