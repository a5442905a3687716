"""The release document of a publication."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.environments import parse_env_lock
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.releases import (
    EnvironmentRecord,
    LockRecord,
    MakerRecord,
    PlatformRecord,
    PlatformState,
    ProductRecord,
    Release,
)
from rubin_releng.stack.publications import lock_path, plan_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from lsstinstall.core.names import CondaSubdir, ProductName
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.stack.publications import Publication

__all__ = ["make_release"]


def make_release(
    publication: Publication,
    *,
    records: Mapping[str, FileRecord],
    describe: Callable[[str], FileRecord | None],
    previous: EupsTag | None,
    tool: str,
    started: datetime,
    finished: datetime,
) -> Release:
    """Say what was published.

    Parameters
    ----------
    publication : `Publication`
        What was to be published.
    records : `~collections.abc.Mapping` [ `str`, `FileRecord` ]
        Every package by its path.
    describe : `~collections.abc.Callable`
        Tells size and digest of another file; `None` if it is not there.
    previous : `~lsstinstall.core.tags.EupsTag` or `None`
        The release before this one.
    tool : `str`
        Who we are.
    started, finished : `~datetime.datetime`
        When, in UTC.

    Returns
    -------
    release : `~lsstinstall.core.releases.Release`
        Products in manifest order; without a version of the environment
        there are neither binaries nor platforms in it.
    """
    sources: dict[ProductName, FileRecord] = {}
    binaries: dict[ProductName, FileRecord] = {}
    for package in plan_packages(publication):
        kind = binaries if package.source is None else sources
        kind[package.product.product.name] = records[package.path]
    subdir = publication.platform.subdir
    products = tuple(
        ProductRecord(
            name=one.product.name,
            repository=one.repository,
            commit=one.product.sha,
            version=one.product.version,
            dependencies=tuple(dict.fromkeys(one.product.dependencies)),
            source=sources[one.product.name],
            binaries=MappingProxyType({subdir: file} if (file := binaries.get(one.product.name)) else {}),
        )
        for one in publication.products
    )
    return Release(
        tag=publication.tag,
        build=publication.build,
        previous=previous,
        products=products,
        environment=_environment(publication, describe),
        platforms=(PlatformRecord(subdir=subdir, state=PlatformState.PRESENT),) if binaries else (),
        maker=MakerRecord(tool=tool, host=subdir, started=started, finished=finished),
    )


def _environment(
    publication: Publication, describe: Callable[[str], FileRecord | None]
) -> EnvironmentRecord | None:
    if publication.env_version is None:
        return None
    locks: dict[CondaSubdir, LockRecord] = {}
    for subdir, text in sorted(publication.locks.items()):
        path = lock_path(publication, subdir, publication.tag)
        file = None if path is None else describe(path)
        if file is None:
            raise NotFoundError(f"the environment of `{subdir}` was written to `{path}` and is not there")
        packages = len(parse_env_lock(text, source=file.path).packages)
        locks[subdir] = LockRecord(file=file, packages=packages)
    return EnvironmentRecord(version=publication.env_version, locks=MappingProxyType(locks))
