"""From what was asked for to every product that has to be there, as EUPS follows manifests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import SEARCH
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.remaptables import DUMMY, Remapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lsstinstall.core.distribmanifests import DistribManifest, DistribManifestRow
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.remaptables import RemapTable
    from lsstinstall.core.versions import EupsVersion

__all__ = ["NeededProduct", "needed_products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededProduct:
    """One product that has to be there in the end.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    dummy : `bool`
        Whether the site wants it only declared, without folder and table.
    kept : `bool`
        Whether the site wants it left alone where it is installed, tags and
        all.
    """

    product: ProductName
    version: EupsVersion
    dummy: bool = False
    kept: bool = False


def needed_products(
    manifests: Iterable[DistribManifest],
    table: RemapTable,
    *,
    flavor: Flavor,
    find: Callable[[ProductName, EupsVersion], DistribManifest | None],
    is_installed: Callable[[ProductName, EupsVersion], bool],
) -> tuple[NeededProduct, ...]:
    """Merge the manifests of what was asked for, as the site has them rewritten.

    A manifest names all that its product needs. Only of a row without a
    distribution id, of one that says so, and of a product that takes the
    place of another is the own manifest followed, too.

    Parameters
    ----------
    manifests : `~collections.abc.Iterable` [ `DistribManifest` ]
        Of the products that were asked for.
    table : `RemapTable`
        The site's ``manifest.remap``.
    flavor : `Flavor`
        Flavor to install for.
    find : `~collections.abc.Callable`
        Finds the manifest of a product on any package root.
    is_installed : `~collections.abc.Callable`
        Tells whether a product is installed; then it is not followed.

    Returns
    -------
    needed : `tuple` [ `NeededProduct`, ... ]
        Each product once, dependencies before what depends on them.

    Raises
    ------
    ConfigurationError
        Raised if the site drops a product that was asked for, or two versions
        of a product would be needed.
    """
    resolver = _Resolver(table, flavor, find, is_installed)
    for manifest in manifests:
        resolver.ask(manifest)
    return tuple(resolver.needed.values())


class _Resolver:
    def __init__(
        self,
        table: RemapTable,
        flavor: Flavor,
        find: Callable[[ProductName, EupsVersion], DistribManifest | None],
        is_installed: Callable[[ProductName, EupsVersion], bool],
    ) -> None:
        self.needed: dict[ProductName, NeededProduct] = {}
        self._table = table
        self._flavor = flavor
        self._find = find
        self._is_installed = is_installed

    def ask(self, manifest: DistribManifest) -> None:
        places = [self._place(row) for row in manifest.rows]
        if manifest.product not in {place.product for place in places if place is not None}:
            raise ConfigurationError(
                f"`{manifest.product}` was asked for, but a `manifest.remap` drops or replaces it",
                hint="look at `manifest.remap` in the stack's folder `site`, in EUPS's own and in `~/.eups`",
            )
        self._follow(manifest, frozenset({Remapped(manifest.product, manifest.version)}))

    def _follow(self, manifest: DistribManifest, above: frozenset[Remapped]) -> None:
        for row in manifest.rows:
            place = self._place(row)
            if place is None:
                continue
            own = None
            if place not in above and self._is_to_be_followed(row, place):
                own = self._find(*place)
            if own is not None:
                self._follow(own, above | {place})
            else:
                self._need(place)

    def _place(self, row: DistribManifestRow) -> Remapped | None:
        """Apply the site's lines to a row until nothing changes any more."""
        first = place = Remapped(row.product, row.version)
        seen = {place}
        while True:
            new = self._table.apply(*place, self._flavor)
            if new is None or new == place:
                return new
            if len(seen) == 1:
                first = new
            if new in seen:
                # EUPS follows such lines until it breaks down.
                return first
            seen.add(new)
            place = new

    def _is_to_be_followed(self, row: DistribManifestRow, place: Remapped) -> bool:
        if place.version == DUMMY or self._is_installed(*place):
            return False
        return row.dist_id == SEARCH or bool(row.recurse) or place != (row.product, row.version)

    def _need(self, place: Remapped) -> None:
        product, version = place
        one = NeededProduct(
            product=product,
            version=version,
            dummy=version == DUMMY,
            kept=self._table.keeps(product, version, self._flavor),
        )
        known = self.needed.setdefault(product, one)
        if known.version != version:
            raise ConfigurationError(
                f"both `{product}` {known.version} and {version} would be needed",
                hint="install the products one after the other",
            )
