"""What would be done to a conda environment, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.environments import EnvName, EnvSpec, EnvVersion, SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = [
    "EnvironmentAction",
    "EnvironmentCondition",
    "EnvironmentPlan",
    "EnvironmentRecord",
    "EnvironmentRequest",
]


class EnvironmentCondition(StrEnum):
    """What lies where an environment shall be."""

    ABSENT = "absent"
    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    """Its making was interrupted: nobody used it yet."""
    HALF_UPDATED = "half updated"
    """A change of it was interrupted: there may be products in it."""
    OCCUPIED = "occupied"
    """Something that is no environment."""


class EnvironmentAction(StrEnum):
    """What happens to an environment."""

    KEEP = "keep"
    CREATE = "create"
    REBUILD = "rebuild"
    """Remove what an interrupted run left, and create."""
    UPDATE = "update"
    REPAIR = "repair"
    """Update, and link every package again."""
    EXTEND = "extend"
    """Add packages, change none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRequest:
    """What a user wants.

    Parameters
    ----------
    spec : `EnvSpec`
        Version of rubin-env, and its variant.
    name : `EnvName` or `None`
        `None` for the name that follows from the version. An environment of
        a name that was given is taken as it is.
    update : `bool`
        Whether an environment that is there gets the newest build.
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    platform : `CondaSubdir`
        This machine's.
    virtual_packages : `tuple` [ `VirtualPackage`, ... ]
        What this machine offers.
    """

    spec: EnvSpec
    name: EnvName | None = None
    update: bool = False
    channels: tuple[str, ...]
    platform: CondaSubdir
    virtual_packages: tuple[VirtualPackage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPlan:
    """What would be done to an environment.

    Parameters
    ----------
    name : `EnvName`
        Its name.
    version : `EnvVersion`
        Complete version of rubin-env.
    action : `EnvironmentAction`
        What happens.
    packages : `tuple` [ `SolvedPackage`, ... ]
        All that it will hold, by name; empty if it is kept.
    added, removed : `tuple` [ `SolvedPackage`, ... ]
        What changes, by name.
    specs : `tuple` [ `str`, ... ]
        What is recorded as asked for.
    found : `EnvVersion` or `None`
        Version of rubin-env in what is kept, where it is another one: a
        user who names an environment says that it is good enough.
    """

    name: EnvName
    version: EnvVersion
    action: EnvironmentAction
    packages: tuple[SolvedPackage, ...] = ()
    added: tuple[SolvedPackage, ...] = ()
    removed: tuple[SolvedPackage, ...] = ()
    specs: tuple[str, ...] = ()
    found: EnvVersion | None = None

    @property
    def size_bytes(self) -> int:
        """Size of the archives of what is added, as far as the channels tell; the cache may have them."""
        return sum(package.size_bytes or 0 for package in self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRecord:
    """What is written down beside a finished environment.

    Parameters
    ----------
    version : `EnvVersion`
        Of rubin-env.
    specs : `tuple` [ `str`, ... ]
        What was asked for.
    added, removed : `tuple` [ `SolvedPackage`, ... ]
        What changed, by name.
    packages : `int`
        How many it has.
    """

    version: EnvVersion
    specs: tuple[str, ...]
    added: tuple[SolvedPackage, ...]
    removed: tuple[SolvedPackage, ...]
    packages: int
