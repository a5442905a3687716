"""What changed in the environment that two releases were built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.names import CondaSubdir

__all__ = ["EnvironmentChanges", "PackageChange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """What happened to one package.

    Parameters
    ----------
    name : `str`
        Of the package.
    old, new : `str` or `None`
        Versions, or limits where the source knows no more; `None` if it is
        not there, empty for a requirement without a limit.
    direct : `bool`
        Whether rubin-env names the package itself.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where; empty on all platforms that both sides have.
    """

    name: str
    old: str | None = None
    new: str | None = None
    direct: bool = False
    platforms: tuple[CondaSubdir, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentChanges:
    """All that is known of the environments of two releases.

    Parameters
    ----------
    from_version, to_version : `str` or `None`
        Versions of rubin-env, in 2020 the commit of the environment; `None` where
        nothing tells.
    added, removed, up, down : `tuple` [ `PackageChange`, ... ]
        Direct requirements first, then by name.
    changed : `tuple` [ `PackageChange`, ... ]
        Requirements whose limits differ, which are neither up nor down.
    rebuilt : `int`
        How many packages differ in their build alone.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Those that both sides know and that were compared.
    source : `str`
        What was compared, for people; empty if only versions are known.
    reason : `str` or `None`
        Why there is no more, or nothing better to compare; `None` if all is
        well.
    """

    from_version: str | None = None
    to_version: str | None = None
    added: tuple[PackageChange, ...] = ()
    removed: tuple[PackageChange, ...] = ()
    up: tuple[PackageChange, ...] = ()
    down: tuple[PackageChange, ...] = ()
    changed: tuple[PackageChange, ...] = ()
    rebuilt: int = 0
    platforms: tuple[CondaSubdir, ...] = ()
    source: str = ""
    reason: str | None = None

    @property
    def empty(self) -> bool:
        """Whether both sides have the same packages, as far as anybody knows."""
        return not (self.added or self.removed or self.up or self.down or self.changed or self.rebuilt)
