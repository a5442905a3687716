"""Solutions as explicit lists: our own with digests, and those that EUPS servers have."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import DigestKind
from lsstinstall.core.environments import EnvLock, LockedPackage
from rubin_releng.core.locks import install_order

if TYPE_CHECKING:
    from lsstinstall.core.environments import EnvName, SolvedPackage
    from rubin_releng.core.locks import LockPart

__all__ = ["ListStyle", "explicit_list"]


class ListStyle(StrEnum):
    """How an explicit list is written."""

    DIGESTS = "digests"
    """By name, every package with its digest, and how many there are."""
    EUPS = "eups"
    """As lsstsw puts it beside a tag on an EUPS server: what ``conda list --explicit`` prints."""


def explicit_list(
    part: LockPart,
    *,
    maker: str,
    style: ListStyle = ListStyle.DIGESTS,
    digest: DigestKind = DigestKind.SHA256,
    name: EnvName | None = None,
) -> EnvLock:
    """Write one environment of a lock as an explicit list.

    Parameters
    ----------
    part : `LockPart`
        The environment.
    maker : `str`
        Program and version, where conda names itself.
    style : `ListStyle`, optional
        For whom.
    digest : `~lsstinstall.core.condapackages.DigestKind`, optional
        Which digest packages get; if a channel does not have it, the other
        one, or none.
    name : `~lsstinstall.core.environments.EnvName`, optional
        Of the environment, for the first line.

    Returns
    -------
    lock : `~lsstinstall.core.environments.EnvLock`
        To be formatted.
    """
    if style is ListStyle.EUPS:
        return EnvLock(
            name=name,
            comments=(
                "# This file may be used to create an environment using:",
                "# $ conda create --name <env> --file <this file>",
                f"# platform: {part.platform}",
                f"# created-by: {maker}",
            ),
            packages=tuple(
                LockedPackage(channel=one.channel, package=one.package)
                for one in install_order(part.packages)
            ),
        )
    return EnvLock(
        name=name,
        comments=(f"# platform: {part.platform}", f"# packages: {len(part.packages)}"),
        packages=tuple(_locked(one, digest) for one in part.packages),
    )


def _locked(one: SolvedPackage, kind: DigestKind) -> LockedPackage:
    digest = (one.md5 or one.sha256) if kind is DigestKind.MD5 else (one.sha256 or one.md5)
    return LockedPackage(channel=one.channel, package=one.package, digest=digest)
