"""The rows of a limits ledger: requirements, variants, versions, outputs and lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.core.versionids import VersionId, version_order

if TYPE_CHECKING:
    import datetime as dt

    from lsstinstall.core.environmentnames import EnvVersion
    from lsstinstall.core.names import CondaSubdir

__all__ = [
    "COMPATIBLE",
    "EXACT",
    "LedgerEntry",
    "LedgerLine",
    "LedgerOutput",
    "Section",
    "VariantEntry",
    "VersionRecord",
]

EXACT = "exact"
"""Limit of an output on another one of the same recipe: this version, this build."""

COMPATIBLE = "compatible"
"""Limit on what is in the host environment: its version, and later ones that it promises to fit."""


class Section(StrEnum):
    """When a requirement is needed; the names are those of recipes."""

    BUILD = "build"
    HOST = "host"
    RUN = "run"
    RUN_CONSTRAINED = "run_constrained"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One limit on one package: a row of the ledger.

    Parameters
    ----------
    output : `str`
        Package that needs it, ``rubin-env-nosysroot``.
    section : `Section`
        When it is needed.
    package : `str`
        Package that is needed, ``scipy``.
    limit : `str`
        What conda writes after the name, ``<1.9``; also `EXACT` or
        `COMPATIBLE`; empty if any version will do.
    versions : `frozenset` [ `VersionId` ]
        Builds of the metapackage in which it holds.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where it holds, in file order; empty means everywhere.
    reason : `str` or `None`
        Why.
    ticket : `str` or `None`
        Where that was decided, ``DM-36222``.
    since : `~datetime.date` or `None`
        When it was added.
    review : `~datetime.date` or `None`
        When to ask whether the reason is gone.
    line : `int`
        Where it stands in the file, from 1; 0 for a row from elsewhere. Rows
        are equal wherever they stand.
    """

    output: str
    section: Section
    package: str
    limit: str = ""
    versions: frozenset[VersionId]
    platforms: tuple[CondaSubdir, ...] = ()
    reason: str | None = None
    ticket: str | None = None
    since: dt.date | None = None
    review: dt.date | None = None
    line: int = field(default=0, compare=False)

    @property
    def spec(self) -> str:
        """Package and limit as conda writes them; with the word for limits that are none of conda's."""
        return f"{self.package} {self.limit}".rstrip()

    def match_spec(self, version: EnvVersion) -> str:
        """Write it for a solver.

        Parameters
        ----------
        version : `~lsstinstall.core.environmentnames.EnvVersion`
            Version of the metapackage.

        Returns
        -------
        spec : `str`
            An output of the same recipe by its version, what has to be
            compatible by its name alone, since neither build nor host
            environment are known; else `spec`.
        """
        match self.limit:
            case "exact":
                return f"{self.package} =={version}"
            case "compatible":
                return self.package
            case _:
                return self.spec

    def holds_on(self, platform: CondaSubdir) -> bool:
        """Say whether it holds on a platform.

        Parameters
        ----------
        platform : `~lsstinstall.core.names.CondaSubdir`
            Conda's name of it.

        Returns
        -------
        holds : `bool`
            True on every platform if it names none.
        """
        return not self.platforms or platform in self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantEntry:
    """One value of one variant key.

    Parameters
    ----------
    key : `str`
        For example ``c_compiler_version``.
    value : `str`
        For example ``14``; always text.
    versions : `frozenset` [ `VersionId` ]
        Builds of the metapackage in which it holds.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where it holds, in file order; empty means everywhere.
    line : `int`
        Where it stands in the file, from 1; 0 for a row from elsewhere.
    """

    key: str
    value: str
    versions: frozenset[VersionId]
    platforms: tuple[CondaSubdir, ...] = ()
    line: int = field(default=0, compare=False)

    def holds_on(self, platform: CondaSubdir) -> bool:
        """Say whether it holds on a platform; on every one if it names none."""
        return not self.platforms or platform in self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """What a recorded build of a version is, beside its requirements.

    Parameters
    ----------
    id : `VersionId`
        Its name in the ledger.
    build : `int`
        Its build number.
    date : `~datetime.date` or `None`
        When its recipe was written.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        What it is built for, in file order.
    releases : `tuple` [ `str`, ... ]
        Official releases that used it, as their pages put it, ``30.0.0-30.0.7``.
    default_since : `~datetime.date` or `None`
        When it became the version that weeklies are built with.
    line : `int`
        Where it stands in the file, from 1.
    """

    id: VersionId
    build: int
    date: dt.date | None = None
    platforms: tuple[CondaSubdir, ...]
    releases: tuple[str, ...] = ()
    default_since: dt.date | None = None
    line: int = field(default=0, compare=False)

    @property
    def version(self) -> EnvVersion:
        """The version, without its build."""
        return self.id.version

    @property
    def order(self) -> tuple[object, ...]:
        """Key that sorts by version, then by build."""
        return (*version_order(self.id.version), self.id.version, self.build)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOutput:
    """A package that the recipe makes.

    Parameters
    ----------
    name : `str`
        For example ``rubin-env-rsp``.
    summary : `str` or `None`
        One sentence about it.
    versions : `frozenset` [ `VersionId` ]
        Builds that make it.
    line : `int`
        Where it stands in the file, from 1.
    """

    name: str
    summary: str | None = None
    versions: frozenset[VersionId]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """Versions that follow one another on one branch.

    Parameters
    ----------
    name : `str`
        For example ``main`` or ``0.8``.
    versions : `tuple` [ `VersionId`, ... ]
        Oldest first.
    live : `bool`
        Whether it still gets builds.
    line : `int`
        Where it stands in the file, from 1.
    """

    name: str
    versions: tuple[VersionId, ...]
    live: bool = True
    line: int = field(default=0, compare=False)
