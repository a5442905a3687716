"""Whether the versions in a build manifest follow from its commits and dependencies."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.versionhashes import derive_direct_suffixes, derive_suffixes, derive_versions
from lsstinstall.core.versions import EupsVersion, VersionScheme, scheme_of, suffix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.tags import BuildId

__all__ = ["VersionCheck", "VersionMismatch", "check_versions"]

# The commit in 22.0.1-5-g15c806e and main-g4f04a3420f.
_DESCRIBED = re.compile(r"(?P<before>.+-g)(?P<commit>[0-9a-f]{7,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMismatch:
    """A version that does not follow.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    recorded : `EupsVersion`
        What the manifest says.
    expected : `EupsVersion`
        What its commit and dependencies give.
    """

    product: ProductName
    recorded: EupsVersion
    expected: EupsVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCheck:
    """The versions of one manifest against the rule.

    Parameters
    ----------
    build : `BuildId`
        Build of the manifest.
    products : `int`
        How many products it has.
    scheme : `VersionScheme`
        How its versions were made; `VersionScheme.OTHER` if they are mixed.
    versions_matching : `int`
        How many versions are those of today's rule; 0 in the older schemes.
    suffixes_matching : `int`
        How many suffixes, absent ones included, are those of the scheme's
        rule. With counters only products without dependencies can match.
    mismatches : `tuple` [ `VersionMismatch`, ... ]
        In file order. Of a scheme with tags and counters only what follows
        from the manifest is held against a version.
    """

    build: BuildId
    products: int
    scheme: VersionScheme
    versions_matching: int
    suffixes_matching: int
    mismatches: tuple[VersionMismatch, ...]


def check_versions(manifest: BuildManifest) -> VersionCheck:
    """Compare the versions in a manifest with the rule that made them.

    Parameters
    ----------
    manifest : `BuildManifest`
        Of any time.

    Returns
    -------
    check : `VersionCheck`
        The scheme is recognised from the versions.
    """
    commits = {product.name: product.sha for product in manifest.products}
    versions = derive_versions(commits, manifest.dependencies)
    scheme, suffixes = _recognise(manifest, commits)
    expected = {
        product.name: _expected(product, scheme, versions[product.name], suffixes[product.name])
        for product in manifest.products
    }
    return VersionCheck(
        build=manifest.build,
        products=len(manifest.products),
        scheme=scheme,
        versions_matching=sum(product.version == versions[product.name] for product in manifest.products),
        suffixes_matching=_count_matching(manifest, suffixes),
        mismatches=tuple(
            VersionMismatch(product=product.name, recorded=product.version, expected=expected[product.name])
            for product in manifest.products
            if product.version != expected[product.name]
        ),
    )


def _recognise(
    manifest: BuildManifest, commits: Mapping[ProductName, GitSha]
) -> tuple[VersionScheme, dict[ProductName, str | None]]:
    scheme = _common_scheme(manifest)
    suffixes = derive_suffixes(commits, manifest.dependencies)
    if scheme is VersionScheme.DESCRIBE:
        direct = derive_direct_suffixes(commits, manifest.dependencies)
        if _count_matching(manifest, direct) > _count_matching(manifest, suffixes):
            return VersionScheme.DIRECT, direct
    return scheme, suffixes


def _common_scheme(manifest: BuildManifest) -> VersionScheme:
    # A leaf has a bare tag in several schemes, and by chance ten digits can be a hash or a
    # counter, so the products vote.
    votes = Counter(scheme_of(product.version) for product in manifest.products)
    del votes[VersionScheme.PLAIN]
    return votes.most_common(1)[0][0] if votes else VersionScheme.PLAIN


def _count_matching(manifest: BuildManifest, suffixes: Mapping[ProductName, str | None]) -> int:
    return sum(suffix_of(product.version) == suffixes[product.name] for product in manifest.products)


def _expected(
    product: ManifestProduct, scheme: VersionScheme, version: EupsVersion, suffix: str | None
) -> EupsVersion:
    if scheme is VersionScheme.COMMIT:
        return version
    base = product.version.partition("+")[0]
    if described := _DESCRIBED.fullmatch(base):
        base = described["before"] + product.sha[: len(described["commit"])]
    if scheme in {VersionScheme.DESCRIBE, VersionScheme.DIRECT}:
        return EupsVersion(base if suffix is None else f"{base}+{suffix}")
    return EupsVersion(base + product.version[len(base) :])
