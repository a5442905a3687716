"""Packages as rattler knows them: of an index, of a prefix, of a lock."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import rattler
from rattler.exceptions import IoError

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.core.accesses import split_access
from lsstinstall.core.condapackages import DigestKind, PackageDigest, parse_package_file
from lsstinstall.core.environments import LockedPackage, SolvedPackage
from lsstinstall.core.errors import CorruptError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rattler import PrefixRecord, RepoDataRecord

__all__ = [
    "RecordMemory",
    "check_local_archives",
    "drop_unreadable_records",
    "is_local",
    "matching_record",
    "prefix_records",
    "query_packages",
    "solved_package",
]


class RecordMemory:
    """Keeps rattler's records behind the values that the rest of the program knows."""

    def __init__(self) -> None:
        self._records: dict[SolvedPackage, RepoDataRecord] = {}

    def keep(self, records: Iterable[RepoDataRecord]) -> tuple[SolvedPackage, ...]:
        """Take records in.

        Parameters
        ----------
        records : `~collections.abc.Iterable` [ `rattler.RepoDataRecord` ]
            From an index or a prefix; the first of a package is kept.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            Sorted by name.
        """
        packages = []
        for record in records:
            package = solved_package(record)
            self._records.setdefault(package, record)
            packages.append(package)
        return tuple(sorted(packages, key=lambda one: one.package))

    def records(self, packages: Iterable[SolvedPackage]) -> list[RepoDataRecord]:
        """Give records back.

        Parameters
        ----------
        packages : `~collections.abc.Iterable` [ `SolvedPackage` ]
            Values that `keep` returned.

        Returns
        -------
        records : `list` [ `rattler.RepoDataRecord` ]
            In the same order.
        """
        return [self._records[package] for package in packages]


async def query_packages(
    gateway: rattler.Gateway, channel: str, wanted: Sequence[LockedPackage]
) -> dict[str, RepoDataRecord]:
    """Ask one channel for packages, by URL."""
    specs = [
        rattler.MatchSpec(f"{one.package.name} =={one.package.version} {one.package.build}") for one in wanted
    ]
    subdirs = sorted({one.package.subdir for one in wanted} | {"noarch"})
    answer = await gateway.query(
        [rattler.Channel(channel)], [rattler.Subdir(one) for one in subdirs], specs, recursive=False
    )
    return {unquote(record.url): record for records in answer for record in records}


def matching_record(locked: LockedPackage, found: dict[str, RepoDataRecord]) -> RepoDataRecord:
    """Take the record of a locked package, if it is that package.

    Parameters
    ----------
    locked : `LockedPackage`
        What is wanted.
    found : `dict` [ `str`, `rattler.RepoDataRecord` ]
        What the channels have, by URL.

    Returns
    -------
    record : `rattler.RepoDataRecord`
        With all that the channel knows of it.

    Raises
    ------
    NotFoundError
        Raised if the channel does not have it.
    CorruptError
        Raised if the channel has another digest for it.
    """
    record = found.get(unquote(split_access(locked.url).url))
    if record is None:
        raise NotFoundError(
            f"the channel <{locked.channel}> has no `{locked.package.subdir}/{locked.package.file_name}`",
            hint="the package may have been withdrawn; without it the exact environment cannot be made",
        )
    solved = solved_package(record)
    if locked.digest is not None:
        offered = solved.md5 if locked.digest.kind is DigestKind.MD5 else solved.sha256
        if offered is not None and offered != locked.digest:
            raise CorruptError(
                f"<{locked.url}> has the digest `{offered}` instead of `{locked.digest}`",
                hint="the channel replaced the package after the environment was recorded",
            )
    return record


def solved_package(record: RepoDataRecord) -> SolvedPackage:
    """Say of a record what the rest of the program knows.

    Parameters
    ----------
    record : `rattler.RepoDataRecord`
        Of an index, a prefix or a lock.

    Returns
    -------
    package : `SolvedPackage`
        The same.
    """
    channel, _, _ = record.url.rpartition(f"/{record.subdir}/")
    return SolvedPackage(
        channel=channel,
        package=parse_package_file(unquote(record.url.rpartition("/")[2]), subdir=record.subdir),
        sha256=_digest(DigestKind.SHA256, record.sha256),
        md5=_digest(DigestKind.MD5, record.md5),
        size_bytes=record.size,
        depends=tuple(record.depends),
        constrains=tuple(record.constrains),
    )


def _digest(kind: DigestKind, raw: bytes | None) -> PackageDigest | None:
    return None if raw is None else PackageDigest(kind=kind, value=raw.hex())


def prefix_records(prefix: Path) -> Iterator[tuple[Path, PrefixRecord | None]]:
    """Read what an environment has.

    Parameters
    ----------
    prefix : `~pathlib.Path`
        The environment.

    Yields
    ------
    record : `tuple` [ `~pathlib.Path`, `rattler.PrefixRecord` or `None` ]
        File and content, by file name; `None` for a file cut short.
    """
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        try:
            yield path, rattler.PrefixRecord.from_path(path)
        except (IoError, ValueError):
            yield path, None


def drop_unreadable_records(prefix: Path) -> None:
    """Remove records cut short, so that their packages count as missing."""
    for path, record in list(prefix_records(prefix)):
        if record is None:
            path.unlink(missing_ok=True)


def check_local_archives(records: Iterable[RepoDataRecord]) -> None:
    """Do for folders what rattler does for servers only: compare the digests.

    Parameters
    ----------
    records : `~collections.abc.Iterable` [ `rattler.RepoDataRecord` ]
        Those of other channels than folders are passed over.

    Raises
    ------
    NotFoundError
        Raised if a package is in the index and not in the folder.
    CorruptError
        Raised if it is another file than the index promises.
    """
    for record in records:
        path = _local_path(record.url)
        if path is None:
            continue
        kind, expected = ("sha256", record.sha256) if record.sha256 else ("md5", record.md5)
        if expected is None:
            continue
        with explained("read"), path.open("rb") as stream:
            got = hashlib.file_digest(stream, kind).digest()
        if got != expected:
            raise CorruptError(
                f"`{path}` has the {kind} `{got.hex()}` instead of `{expected.hex()}`",
                hint="if the package was replaced on purpose, index the channel anew; else build it again",
            )


def is_local(record: RepoDataRecord) -> bool:
    """Say whether a package's archive lies in a folder, not behind a server.

    Parameters
    ----------
    record : `rattler.RepoDataRecord`
        The package.

    Returns
    -------
    local : `bool`
        True for ``file://``.
    """
    return _local_path(record.url) is not None


def _local_path(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
