"""``ups/pkginfo``: what a package or an installed product says of its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.buildmanifests import ManifestProduct
    from rubin_releng.core.buildkinds import SourceKind

__all__ = ["PKGINFO", "format_installed_pkginfo", "format_source_pkginfo"]

PKGINFO = "ups/pkginfo"
"""Its place in a product."""


def format_source_pkginfo(product: ManifestProduct, *, kind: SourceKind, repository: str) -> str:
    """Write it for a source package.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit and version.
    kind : `SourceKind`
        Whether the sources are in the package.
    repository : `str`
        Where they are else.

    Returns
    -------
    text : `str`
        Assignments that a shell reads.

    Notes
    -----
    Format: ``default_create`` in ``lib/eupspkg.sh`` of EUPS 2.2.15.
    """
    return _assignments(
        PRODUCT=product.name,
        VERSION=product.version,
        FLAVOR="generic",
        SOURCE=kind.value,
        SHA1=product.sha,
        REPOSITORY=repository,
        REPOVERSION=product.sha,
    )


def format_installed_pkginfo(product: ManifestProduct, *, repository: str) -> str:
    """Write it for a product that was built from a clone.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit and version.
    repository : `str`
        Where the commit comes from.

    Returns
    -------
    text : `str`
        Assignments that a shell reads; ``SHA1`` is what ``lsst_build`` puts
        there and what packaging looks for.
    """
    return _assignments(
        PRODUCT=product.name, VERSION=product.version, SHA1=product.sha, REPOSITORY=repository
    )


def _assignments(**values: str) -> str:
    # A quote in a value would end it: EUPS writes it like that, too, and no URL holds one.
    return "".join(f"{name}='{value.replace(chr(39), '%27')}'\n" for name, value in values.items())
