"""Products that are built and not published: data that is too large for a package."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.remaps import RemapAction, RemapPurpose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.remaps import RemapRule

__all__ = ["leave_out"]


def leave_out(
    products: Iterable[ManifestProduct], rules: Iterable[RemapRule]
) -> tuple[tuple[ManifestProduct, ...], tuple[ProductName, ...]]:
    """Take out of a build what its site does not publish.

    Parameters
    ----------
    products : `~collections.abc.Iterable` [ `ManifestProduct` ]
        In manifest order, each after all it needs.
    rules : `~collections.abc.Iterable` [ `RemapRule` ]
        Of ``manifest.remap``; those for installing alone are not looked at.

    Returns
    -------
    published : `tuple` [ `ManifestProduct`, ... ]
        In the same order. What needed a product that is left out needs what
        that one needed, as EUPS has it.
    left_out : `tuple` [ `ProductName`, ... ]
        In the same order.

    Raises
    ------
    ConfigurationError
        Raised if a product is to be replaced: what was built is published,
        or nothing.
    """
    making = [rule for rule in rules if rule.purpose is not RemapPurpose.INSTALL]
    published: list[ManifestProduct] = []
    stand_ins: dict[ProductName, tuple[ProductName, ...]] = {}
    for product in products:
        needs = dict.fromkeys(name for need in product.dependencies for name in stand_ins.get(need, (need,)))
        if _is_left_out(product, making):
            stand_ins[product.name] = tuple(needs)
        else:
            published.append(replace(product, dependencies=tuple(needs)))
    return tuple(published), tuple(stand_ins)


def _is_left_out(product: ManifestProduct, rules: Iterable[RemapRule]) -> bool:
    for rule in rules:
        if rule.product != product.name or rule.version not in {None, product.version}:
            continue
        if rule.action is not RemapAction.DROP:
            raise ConfigurationError(
                f"`{product.name}` is to be published as something else: `{rule.format().strip()}`",
                hint="write `None` to leave it out, or `[install]` before the name of what is for installing",
            )
        return True
    return False
