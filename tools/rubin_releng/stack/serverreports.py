"""What was found of a tag on a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.tags import BuildId, EupsTag

__all__ = ["Completeness", "DocumentCheck", "FolderCheck", "Part", "PlatformCheck", "ServerCheck"]


class Completeness(StrEnum):
    """How much of something is there."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of file.

    Parameters
    ----------
    wanted : `int`
        How many there should be.
    missing : `tuple` [ `str`, ... ]
        Paths of those that are not there, below the package root.
    """

    wanted: int = 0
    missing: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        """How many are there."""
        return self.wanted - len(self.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCheck:
    """The files of one folder that EUPS can install from.

    Parameters
    ----------
    packages, manifests, tables : `Part`
        Of the products of the tag.
    """

    packages: Part = field(default_factory=Part)
    manifests: Part = field(default_factory=Part)
    tables: Part = field(default_factory=Part)

    @property
    def found(self) -> int:
        """How many files are there."""
        return self.packages.found + self.manifests.found + self.tables.found

    @property
    def missing(self) -> tuple[str, ...]:
        """Paths of all that is not there."""
        return self.packages.missing + self.manifests.missing + self.tables.missing

    @property
    def state(self) -> Completeness:
        """How much is there."""
        if not self.missing:
            return Completeness.COMPLETE
        return Completeness.PARTIAL if self.found else Completeness.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCheck:
    """The binaries for one platform.

    Parameters
    ----------
    subdir : `CondaSubdir`
        The platform.
    root : `str` or `None`
        Their folder; `None` if the list does not say what environment they
        are for, or it is older than the platform.
    has_list, needs_list : `bool`
        Whether the folder has a list of the tag, and should.
    binaries : `FolderCheck`
        The files.
    environment : `bool`
        Whether the exact environment is there.
    """

    subdir: CondaSubdir
    root: str | None = None
    has_list: bool = False
    needs_list: bool = True
    binaries: FolderCheck | None = None
    environment: bool = False

    @property
    def found(self) -> int:
        """How many files are there."""
        return 0 if self.binaries is None else self.binaries.found

    @property
    def state(self) -> Completeness:
        """How much is there; without a list, what is there belongs to other tags as well."""
        if self.binaries is None or self.binaries.state is Completeness.MISSING:
            return Completeness.PARTIAL if self.has_list else Completeness.MISSING
        if self.needs_list and not self.has_list:
            return Completeness.MISSING
        return self.binaries.state


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCheck:
    """The release document.

    Parameters
    ----------
    is_there : `bool`
        Whether there is one; servers of old have none.
    files : `int`
        How many files it names.
    is_verified : `bool`
        Whether their digests were compared.
    platforms : `tuple` [ `CondaSubdir`, ... ]
        Whose binaries it names.
    problems : `tuple` [ `str`, ... ]
        What is not as it says.
    """

    is_there: bool
    files: int = 0
    is_verified: bool = False
    platforms: tuple[CondaSubdir, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCheck:
    """What a server has of one tag.

    Parameters
    ----------
    tag : `~lsstinstall.core.tags.EupsTag`
        The tag.
    build : `~lsstinstall.core.tags.BuildId` or `None`
        As its list has it.
    env : `str` or `None`
        As its list has it: a version, or in old lists a commit.
    products : `int`
        How many it has.
    sources : `FolderCheck`
        Source packages and what belongs to them.
    environment : `bool`
        Whether there is an exact environment beside the sources.
    platforms : `tuple` [ `PlatformCheck`, ... ]
        Binaries.
    document : `DocumentCheck`
        The release document.
    """

    tag: EupsTag
    build: BuildId | None
    env: str | None
    products: int
    sources: FolderCheck
    environment: bool
    platforms: tuple[PlatformCheck, ...]
    document: DocumentCheck

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is begun and not whole, in words."""
        found = [f"`{path}` is missing" for path in self.sources.missing]
        for platform in self.platforms:
            if platform.state is Completeness.PARTIAL and platform.binaries is not None:
                found += [f"`{path}` is missing" for path in platform.binaries.missing]
            elif platform.subdir in self.document.platforms and platform.state is Completeness.MISSING:
                found.append(f"the document names binaries for `{platform.subdir}`, and they have no list")
        return tuple(dict.fromkeys([*found, *self.document.problems]))
