"""A build as it is published: what is in it, and what files that makes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.packageindexes import index_path
from lsstinstall.core.platforms import binary_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.environments import EnvVersion
    from lsstinstall.core.names import CondaSubdir, ProductName
    from lsstinstall.core.platforms import Platform
    from lsstinstall.core.tags import BuildId, EupsTag
    from rubin_releng.core.buildkinds import SourceKind

__all__ = [
    "SOURCE_ROOT",
    "Publication",
    "PublishedPackage",
    "PublishedProduct",
    "PublishedText",
    "Rule",
]

SOURCE_ROOT = "src"
"""Folder of source packages below a package root."""

# Raise it when the same inputs give other packages than before.
_METHOD = 2


class Rule(StrEnum):
    """What happens to a file that is there already."""

    KEEP = "keep"
    FIXED = "fixed"
    MOVING = "moving"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedProduct:
    """One product to publish.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit, version, dependencies.
    repository : `str`
        URL of its repository.
    time : `~datetime.datetime`
        Of the commit, UTC: what is published carries it.
    table : `str` or `None`
        Its table as installed; `None` if it has none.
    key : `str` or `None`
        Digest of what it was built from; `None` if nobody knows.
    """

    product: ManifestProduct
    repository: str
    time: datetime
    table: str | None
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A build as it is to be published under a tag.

    Parameters
    ----------
    tag : `~lsstinstall.core.tags.EupsTag`
        The tag.
    also : `tuple` [ `~lsstinstall.core.tags.EupsTag`, ... ]
        Further tags for the same products, such as ``w_latest``.
    build : `~lsstinstall.core.tags.BuildId`
        Where the products come from.
    products : `tuple` [ `PublishedProduct`, ... ]
        In manifest order, each after all it needs.
    platform : `~lsstinstall.core.platforms.Platform`
        What the binaries are for.
    env_version : `EnvVersion` or `None`
        Version of rubin-env; without one no binaries are published, for
        nobody could say where they belong.
    locks : `~collections.abc.Mapping` [ `CondaSubdir`, `str` ]
        Exact environments by platform.
    source : `SourceKind`
        What source packages hold.
    is_flat : `bool`, optional
        Whether the package root is one for sources alone, without a folder
        for them, as `lsstsw` had it; then there are neither binaries nor a
        release document.
    """

    tag: EupsTag
    also: tuple[EupsTag, ...] = ()
    build: BuildId
    products: tuple[PublishedProduct, ...]
    platform: Platform
    env_version: EnvVersion | None
    locks: Mapping[CondaSubdir, str]
    source: SourceKind
    is_flat: bool = False

    @property
    def source_root(self) -> str:
        """Folder of the sources; empty if it is the package root itself."""
        return "" if self.is_flat else SOURCE_ROOT

    @property
    def binary_root(self) -> str | None:
        """Folder of the binaries; `None` if there are none."""
        if self.env_version is None or self.is_flat:
            return None
        return binary_root(self.platform, self.env_version)

    @property
    def dependencies(self) -> Mapping[ProductName, tuple[ProductName, ...]]:
        """Direct dependencies of each product."""
        return MappingProxyType({one.product.name: one.product.dependencies for one in self.products})


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPackage:
    """One package to make.

    Parameters
    ----------
    product : `PublishedProduct`
        What it holds.
    path : `str`
        Below the package root.
    source : `SourceKind` or `None`
        What a source package holds; `None` for a binary one.
    """

    product: PublishedProduct
    path: str
    source: SourceKind | None

    @property
    def paths(self) -> tuple[str, ...]:
        """The package, and its index if it has one, below the package root."""
        return (self.path,) if self.source is not None else (self.path, index_path(self.path))

    def key(self) -> str | None:
        """Compute what the package is made from.

        Returns
        -------
        key : `str` or `None`
            SHA-256, 64 hexadecimal digits; `None` for a binary package of
            something nobody knows how it was built.
        """
        one = self.product
        if self.source is None and one.key is None:
            return None
        facts = {
            "method": _METHOD,
            "product": one.product.name,
            "version": one.product.version,
            "time": one.time.isoformat(),
            "source": self.source,
            "from": one.key if self.source is None else [one.repository, one.product.sha],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedText:
    """One small file to write.

    Parameters
    ----------
    path : `str`
        Below the package root.
    content : `str`
        All of it.
    rule : `Rule`
        What happens to an old one: it stays, must be the same, or goes.
    """

    path: str
    content: str
    rule: Rule
