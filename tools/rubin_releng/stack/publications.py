"""What publishing a build puts where: paths and texts, in the order in which they may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import DistribManifest, DistribManifestRow
from lsstinstall.core.graph import reachable
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.pkgroots import (
    SOURCE_CONFIG,
    TARBALL_CONFIG,
    dist_path,
    environment_path,
    eupspkg_id,
    manifest_path,
    parse_server_config,
    table_path,
    tag_list_path,
    tarball_id,
)
from lsstinstall.core.platforms import GENERIC, binary_root, platform_of
from lsstinstall.core.taglists import TagList, TagListEntry
from lsstinstall.core.tags import TagKind
from rubin_releng.stack.publicationmodels import (
    SOURCE_ROOT,
    Publication,
    PublishedPackage,
    PublishedProduct,
    PublishedText,
    Rule,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.serverconfigs import ServerConfig
    from lsstinstall.core.tags import EupsTag

__all__ = [
    "SOURCE_ROOT",
    "Publication",
    "PublishedPackage",
    "PublishedProduct",
    "PublishedText",
    "Rule",
    "lock_path",
    "plan_packages",
    "plan_texts",
]

# What our manifests are written after; readers of manifests only show it.
_CREATOR = "lsstinstall"
_EUPS_VERSION = "2.2.15"


@dataclass(frozen=True, slots=True)
class _Root:
    """One kind of server below the package root."""

    path: str
    config: ServerConfig
    text: str
    flavor: Flavor

    def at(self, path: str) -> str:
        return f"{self.path}/{path}" if self.path else path

    def dist_id(self, product: ManifestProduct) -> str:
        if self.flavor == GENERIC:
            return eupspkg_id(product.name, product.version)
        return tarball_id(product.name, product.version, self.flavor)


def _roots(publication: Publication) -> tuple[_Root, ...]:
    source = parse_server_config(SOURCE_CONFIG, source="config.txt")
    roots = [_Root(publication.source_root, source, SOURCE_CONFIG, GENERIC)]
    if (path := publication.binary_root) is not None:
        tarball = parse_server_config(TARBALL_CONFIG, source="config.txt")
        roots.append(_Root(path, tarball, TARBALL_CONFIG, publication.platform.flavor))
    return tuple(roots)


def plan_packages(publication: Publication) -> tuple[PublishedPackage, ...]:
    """List the packages.

    Parameters
    ----------
    publication : `Publication`
        What to publish.

    Returns
    -------
    packages : `tuple` [ `PublishedPackage`, ... ]
        Source packages in manifest order, then binary ones.
    """
    return tuple(
        PublishedPackage(
            product=one,
            path=root.at(
                dist_path(
                    root.config,
                    root.dist_id(one.product),
                    product=one.product.name,
                    version=one.product.version,
                    flavor=root.flavor,
                )
            ),
            source=publication.source if root.flavor == GENERIC else None,
        )
        for root in _roots(publication)
        for one in publication.products
    )


def plan_texts(publication: Publication) -> tuple[tuple[PublishedText, ...], ...]:
    """List the small files.

    Parameters
    ----------
    publication : `Publication`
        What to publish.

    Returns
    -------
    phases : `tuple` of three `tuple` [ `PublishedText`, ... ]
        What nobody sees before a list names it: configuration, tables,
        manifests, environments; then the lists of tags that stay; then what
        belongs to tags that move.
    """
    roots = _roots(publication)
    hidden = [text for root in roots for text in _texts_of(publication, root)]
    lists: list[PublishedText] = []
    moving: list[PublishedText] = []
    for tag in (publication.tag, *publication.also):
        floating = tag.kind is TagKind.FLOATING
        rule = Rule.MOVING if floating else Rule.FIXED
        (moving if floating else hidden).extend(_environments_of(publication, tag, rule))
        (moving if floating else lists).extend(_lists_of(publication, roots, tag, rule))
    return tuple(hidden), tuple(lists), tuple(moving)


def lock_path(publication: Publication, subdir: CondaSubdir, tag: EupsTag) -> str | None:
    """Say where the exact environment of a platform lies.

    Parameters
    ----------
    publication : `Publication`
        What to publish.
    subdir : `CondaSubdir`
        The platform.
    tag : `~lsstinstall.core.tags.EupsTag`
        One of its tags.

    Returns
    -------
    path : `str` or `None`
        Below the package root; `None` if nobody knows the version of the
        environment.
    """
    if publication.env_version is None or publication.is_flat:
        return None
    return f"{binary_root(platform_of(subdir), publication.env_version)}/{environment_path(tag)}"


def _texts_of(publication: Publication, root: _Root) -> Iterator[PublishedText]:
    yield PublishedText(path=root.at("config.txt"), content=root.text, rule=Rule.KEEP)
    by_name = {one.product.name: one for one in publication.products}
    for one in publication.products:
        product = one.product
        if one.table is not None:
            path = table_path(root.config, product.name, product.version, root.flavor)
            yield PublishedText(path=root.at(path), content=one.table, rule=Rule.FIXED)
        below = reachable(publication.dependencies, product.name)
        needed = [other for name, other in by_name.items() if name in below]
        path = manifest_path(root.config, product.name, product.version, root.flavor)
        text = _manifest([*needed, one], root).format()
        yield PublishedText(path=root.at(path), content=text, rule=Rule.FIXED)


def _manifest(products: list[PublishedProduct], root: _Root) -> DistribManifest:
    top = products[-1]
    rows = tuple(
        DistribManifestRow(
            product=one.product.name,
            flavor=root.flavor,
            version=one.product.version,
            table=None if one.table is None else f"{one.product.name}-{one.product.version}.table",
            directory=f"{one.product.name}/{one.product.version}",
            dist_id=root.dist_id(one.product),
        )
        for one in products
    )
    return DistribManifest(
        product=top.product.name,
        version=top.product.version,
        rows=rows,
        creator=_CREATOR,
        time=top.time,
        eups_version=_EUPS_VERSION,
    )


def _lists_of(
    publication: Publication, roots: Sequence[_Root], tag: EupsTag, rule: Rule
) -> Iterator[PublishedText]:
    entries = tuple(
        TagListEntry(product=one.product.name, flavor=GENERIC, version=one.product.version)
        for one in sorted(publication.products, key=lambda one: one.product.name)
    )
    text = TagList(tag=tag, build=publication.build, env=publication.env_version, entries=entries).format()
    for root in roots:
        # EUPS knows no alias: LSST publishes a moving tag on the source server only.
        if rule is Rule.FIXED or root.flavor == GENERIC:
            yield PublishedText(path=root.at(tag_list_path(root.config, tag)), content=text, rule=rule)


def _environments_of(publication: Publication, tag: EupsTag, rule: Rule) -> Iterator[PublishedText]:
    locks = publication.locks
    if locks:
        # The sources have room for one: that of the machine LSST builds on, where there is one.
        text = locks.get(CondaSubdir("linux-64")) or locks[min(locks)]
        path = PurePosixPath(publication.source_root) / environment_path(tag)
        yield PublishedText(path=str(path), content=text, rule=rule)
    for subdir, text in sorted(locks.items()):
        if rule is Rule.FIXED and (place := lock_path(publication, subdir, tag)) is not None:
            yield PublishedText(path=place, content=text, rule=rule)
