"""What channels offer: all packages of a name, and which of them a spec takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.condapackages import CondaPackage

__all__ = ["PackageOffer", "SpecOffers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOffer:
    """A package in a channel.

    Parameters
    ----------
    package : `~lsstinstall.core.condapackages.CondaPackage`
        Which one.
    depends : `tuple` [ `str`, ... ]
        Specs of what it needs.
    """

    package: CondaPackage
    depends: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Its version."""
        return self.package.version


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecOffers:
    """What there is for a spec.

    Parameters
    ----------
    name : `str`
        Of the package that the spec is about.
    named : `tuple` [ `PackageOffer`, ... ]
        All packages of this name, the newest first.
    taken : `frozenset` [ `~lsstinstall.core.condapackages.CondaPackage` ]
        Those that the spec takes.
    """

    name: str
    named: tuple[PackageOffer, ...] = ()
    taken: frozenset[CondaPackage] = frozenset()

    @property
    def matching(self) -> tuple[PackageOffer, ...]:
        """Those that the spec takes, the newest first."""
        return tuple(offer for offer in self.named if offer.package in self.taken)

    @property
    def outside(self) -> tuple[PackageOffer, ...]:
        """Those that the spec does not take, the newest first."""
        return tuple(offer for offer in self.named if offer.package not in self.taken)

    def versions(self) -> tuple[str, ...]:
        """List the versions of this name, the newest first."""
        return tuple(dict.fromkeys(offer.version for offer in self.named))
