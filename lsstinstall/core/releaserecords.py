"""The parts of a release document: files, products, locks, images, tags, platforms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lsstinstall.core.names import CondaSubdir, GitSha, ProductName, Sha256
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "EnvironmentRecord",
    "FileRecord",
    "GitTagRecord",
    "ImageRecord",
    "LockRecord",
    "MakerRecord",
    "PlatformRecord",
    "PlatformState",
    "ProductRecord",
]


def _no_entries() -> Mapping[CondaSubdir, Any]:
    return MappingProxyType({})


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
    index : `FileRecord` or `None`
        What is in it, of a binary package; `None` if nobody wrote that down,
        and for all other files.
    """

    path: str
    size_bytes: int
    sha256: Sha256
    index: FileRecord | None = None

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema's ``file``, or ``package`` if it has an index.
        """
        data: dict[str, object] = {"path": self.path, "size_bytes": self.size_bytes, "sha256": self.sha256}
        # Documents from before there were indexes keep their digests.
        return data if self.index is None else {**data, "index": self.index.to_dict()}


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
    binaries: Mapping[CondaSubdir, FileRecord] = field(default_factory=_no_entries)

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
    locks: Mapping[CondaSubdir, LockRecord] = field(default_factory=_no_entries)

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


def _format_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
