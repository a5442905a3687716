"""From what is wanted, offered and installed to what is to be done; no disk and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import SEARCH
from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.productplans import InstallPlan, PlannedProduct, ProductAction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.productoffers import Offer
    from lsstinstall.install.productresolver import NeededProduct

__all__ = ["plan_install"]

_SOURCE = "eupspkg:"
_TARBALL = ".tar.gz"


def plan_install(
    needed: Sequence[NeededProduct],
    offers: Mapping[ProductName, Offer],
    *,
    installed: AbstractSet[ProductName],
    tags: Mapping[tuple[ProductName, EupsVersion], tuple[str, ...]],
    flavor: Flavor,
    can_build: bool,
) -> InstallPlan:
    """Decide what is to be done.

    Parameters
    ----------
    needed : `~collections.abc.Sequence` [ `NeededProduct` ]
        Dependencies before what depends on them.
    offers : `~collections.abc.Mapping` [ `ProductName`, `Offer` ]
        How to get each product that is not installed; dummies need none.
    installed : `~collections.abc.Set` [ `ProductName` ]
        Those that are installed in the needed version.
    tags : `~collections.abc.Mapping`
        Tags by product and version.
    flavor : `Flavor`
        Flavor to install for.
    can_build : `bool`
        Whether EUPS is there to build source packages.

    Returns
    -------
    plan : `InstallPlan`
        In the order of ``needed``.

    Raises
    ------
    NotFoundError
        Raised if source packages are needed and EUPS is not there: nothing is
        begun that cannot be ended.
    """
    names = frozenset(one.product for one in needed)
    products = tuple(
        _planned(
            one,
            None if one.product in installed or one.dummy else offers[one.product],
            tags=tags.get((one.product, one.version), ()),
            names=names,
            installed=one.product in installed,
        )
        for one in needed
    )
    sources = [product for product in products if product.action is ProductAction.BUILD]
    if sources and not can_build:
        first, count = sources[0], len(sources)
        raise NotFoundError(
            f"`{first.product}` {first.version} is offered only as a source package "
            f"({count} such product{'s' if count > 1 else ''}), and there is no `eups` to build it",
            hint="load the environment that holds EUPS (`source loadLSST.sh`), "
            "or name a package root that has binaries",
        )
    return InstallPlan(flavor=flavor, products=products)


def _planned(
    needed: NeededProduct,
    offer: Offer | None,
    *,
    tags: tuple[str, ...],
    names: frozenset[ProductName],
    installed: bool,
) -> PlannedProduct:
    if offer is None:
        action = ProductAction.PRESENT if installed else ProductAction.DECLARE
        tags = () if installed and needed.kept else tags
        return PlannedProduct(product=needed.product, version=needed.version, action=action, tags=tags)
    action, problem = _action(needed, offer)
    return PlannedProduct(
        product=needed.product,
        version=needed.version,
        action=action,
        dependencies=offer.requires & names,
        tags=tags,
        root=offer.root,
        path=offer.path,
        directory=offer.directory,
        table_path=offer.table_path,
        size_bytes=offer.size_bytes,
        sha256=offer.sha256,
        index=offer.index,
        problem=problem,
    )


def _action(needed: NeededProduct, offer: Offer) -> tuple[ProductAction, ToolkitError | None]:
    if offer.problem is not None:
        return ProductAction.BLOCKED, offer.problem
    if offer.directory is None:
        return ProductAction.DECLARE, None
    if offer.dist_id.startswith(_SOURCE):
        return ProductAction.BUILD, None
    if offer.dist_id.endswith(_TARBALL):
        return ProductAction.UNPACK, None
    if offer.dist_id == SEARCH:
        problem = f"the manifest of `{needed.product}` {needed.version} at <{offer.root}> names no package"
        return ProductAction.BLOCKED, NotFoundError(problem)
    return ProductAction.BLOCKED, ToolkitError(
        f"the package `{offer.dist_id}` of `{needed.product}` {needed.version} is of an unknown kind",
        hint="only tarballs and `eupspkg:` packages can be installed",
    )
