"""The release as one value: everything that one tag names, with its digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lsstinstall.core.names import CondaSubdir, GitSha, ProductName
    from lsstinstall.core.tags import BuildId, EupsTag, TagKind
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "SCHEMA_VERSION",
    "EnvironmentRecord",
    "FileRecord",
    "GitTagRecord",
    "ImageRecord",
    "LockRecord",
    "MakerRecord",
    "PlatformRecord",
    "PlatformState",
    "ProductRecord",
    "Release",
]

SCHEMA_VERSION = 1
"""Of the documents that we write; newer ones are refused."""


class PlatformState(StrEnum):
    """What became of a release on one platform."""

    PRESENT = "present"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of a release, wherever its package root is.

    Parameters
    ----------
    path : `str`
        Below the folder that holds ``releases/``, with ``/``; it stays inside.
    size_bytes : `int`
        Of the whole file.
    sha256 : `Sha256`
        Of the whole file.
    """

    path: str
    size_bytes: int
    sha256: Sha256

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``file``.
        """
        return {"path": self.path, "size_bytes": self.size_bytes, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRecord:
    """One product of a release.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    repository : `str`
        Where its history is: a URL, or a path for one that was never shared.
    commit : `GitSha`
        What was built.
    version : `EupsVersion`
        As EUPS prints it.
    dependencies : `tuple` [ `ProductName`, ... ]
        Direct ones, in the build manifest's order; all are in the release.
    source : `FileRecord` or `None`
        Source package; `None` if none was published.
    binaries : `~collections.abc.Mapping` [ `CondaSubdir`, `FileRecord` ]
        Binary package of each platform that has one.
    """

    name: ProductName
    repository: str
    commit: GitSha
    version: EupsVersion
    dependencies: tuple[ProductName, ...] = ()
    source: FileRecord | None = None
    binaries: Mapping[CondaSubdir, FileRecord] = MappingProxyType({})

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``product``.
        """
        return {
            "name": self.name,
            "repository": self.repository,
            "commit": self.commit,
            "version": self.version,
            "dependencies": list(self.dependencies),
            "source": None if self.source is None else self.source.to_dict(),
            "binaries": {subdir: file.to_dict() for subdir, file in self.binaries.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """The exactly solved environment of one platform.

    Parameters
    ----------
    file : `FileRecord`
        An explicit list of conda packages.
    packages : `int`
        How many it names.
    """

    file: FileRecord
    packages: int

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``lock``.
        """
        return {"file": self.file.to_dict(), "packages": self.packages}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRecord:
    """The conda environment of a release.

    Parameters
    ----------
    version : `str`
        Of rubin-env, ``12.2.0``.
    locks : `~collections.abc.Mapping` [ `CondaSubdir`, `LockRecord` ]
        Per platform.
    """

    version: str
    locks: Mapping[CondaSubdir, LockRecord] = MappingProxyType({})

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``environment``.
        """
        return {
            "version": self.version,
            "locks": {subdir: lock.to_dict() for subdir, lock in self.locks.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One container image, or the list that joins those of several platforms.

    Parameters
    ----------
    name : `str`
        Without registry tag, ``example.org/lsst/scipipe``.
    subdir : `CondaSubdir`
        Platform it runs on; ``noarch`` for a list of platforms.
    digest : `str`
        ``sha256:`` and 64 hexadecimal digits: of the manifest, or the list.
    tags : `tuple` [ `str`, ... ]
        Names given to it, in that order.
    """

    name: str
    subdir: CondaSubdir
    digest: str
    tags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``image``.
        """
        return {"name": self.name, "subdir": self.subdir, "digest": self.digest, "tags": list(self.tags)}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTagRecord:
    """One git tag that the release made.

    Parameters
    ----------
    repository : `str`
        As in `ProductRecord`.
    tag : `str`
        Git's spelling, ``w.2026.42``.
    commit : `GitSha`
        What it points to, after peeling.
    """

    repository: str
    tag: str
    commit: GitSha

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``git_tag``.
        """
        return {"repository": self.repository, "tag": self.tag, "commit": self.commit}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRecord:
    """What became of the release on one platform.

    Parameters
    ----------
    subdir : `CondaSubdir`
        The platform.
    state : `PlatformState`
        The outcome.
    reason : `str` or `None`
        Why it is missing or failed; `None` exactly for a present one.
    """

    subdir: CondaSubdir
    state: PlatformState
    reason: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``platform``.
        """
        return {"subdir": self.subdir, "state": self.state.value, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerRecord:
    """Who and what made the release, and when.

    Parameters
    ----------
    tool : `str`
        Name and version, ``lsstinstall 0.1.0``.
    host : `str`
        What it ran on, ``linux-64``.
    started, finished : `~datetime.datetime`
        UTC, aware.
    """

    tool: str
    host: str
    started: datetime
    finished: datetime

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``maker``.
        """
        return {
            "tool": self.tool,
            "host": self.host,
            "started": _format_time(self.started),
            "finished": _format_time(self.finished),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Everything that one tag names.

    Parameters
    ----------
    tag : `EupsTag`
        Its EUPS tag.
    build : `BuildId` or `None`
        Build manifest that it was published from.
    previous : `EupsTag` or `None`
        Release that its change log starts at.
    products : `tuple` [ `ProductRecord`, ... ]
        In the build manifest's order.
    environment : `EnvironmentRecord` or `None`
        rubin-env and its locks.
    images : `tuple` [ `ImageRecord`, ... ]
        By name, then platform.
    changelogs : `tuple` [ `FileRecord`, ... ]
        By path.
    git_tags : `tuple` [ `GitTagRecord`, ... ]
        By repository, then tag.
    platforms : `tuple` [ `PlatformRecord`, ... ]
        By platform.
    maker : `MakerRecord`
        Who and what made it.
    """

    tag: EupsTag
    build: BuildId | None = None
    previous: EupsTag | None = None
    products: tuple[ProductRecord, ...] = ()
    environment: EnvironmentRecord | None = None
    images: tuple[ImageRecord, ...] = ()
    changelogs: tuple[FileRecord, ...] = ()
    git_tags: tuple[GitTagRecord, ...] = ()
    platforms: tuple[PlatformRecord, ...] = ()
    maker: MakerRecord

    @property
    def kind(self) -> TagKind:
        """Kind of the release, which its tag tells."""
        return self.tag.kind

    @property
    def by_name(self) -> Mapping[ProductName, ProductRecord]:
        """Products by name, in their order."""
        return MappingProxyType({product.name: product for product in self.products})

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema says; sequences keep their order.
        """
        return {
            "schema": SCHEMA_VERSION,
            "tag": str(self.tag),
            "kind": self.kind.value,
            "build": self.build,
            "previous": None if self.previous is None else str(self.previous),
            "products": [product.to_dict() for product in self.products],
            "environment": None if self.environment is None else self.environment.to_dict(),
            "images": [image.to_dict() for image in self.images],
            "changelogs": [file.to_dict() for file in self.changelogs],
            "git_tags": [git_tag.to_dict() for git_tag in self.git_tags],
            "platforms": [platform.to_dict() for platform in self.platforms],
            "maker": self.maker.to_dict(),
        }

    def canonical(self) -> bytes:
        """Write the document in the one form that is published.

        Returns
        -------
        data : `bytes`
            Canonical JSON: keys sorted, no blanks, UTF-8, a final line feed.
        """
        return canonical_json(self.to_dict())

    def digest(self) -> Sha256:
        """Compute the digest of the published form.

        Returns
        -------
        digest : `Sha256`
            Of `canonical`.
        """
        return Sha256(hashlib.sha256(self.canonical()).hexdigest())


def _format_time(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
