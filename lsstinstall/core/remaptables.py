"""What the lines of all ``manifest.remap`` files do to a product, as EUPS takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.platforms import GENERIC
from lsstinstall.core.remaps import RemapAction
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.remaps import RemapRule

__all__ = ["DUMMY", "RemapTable", "Remapped"]

DUMMY = EupsVersion("dummy")
"""Version of a product that is only declared, without folder and table."""


class Remapped(NamedTuple):
    """What takes the place of a product."""

    product: ProductName
    version: EupsVersion


class RemapTable:
    """All lines of a site.

    Parameters
    ----------
    rules : `~collections.abc.Iterable` [ `RemapRule` ]
        Those of all files, the most important file first.

    Notes
    -----
    The rules are those of ``eups.distrib.server.Mapping`` (EUPS 2.2.15), where
    it does other things than it says, too. Of two lines for the same product,
    version and flavor the first one counts. A line that drops a product
    leaves no trace but an empty entry: so it drops all versions, whichever
    it names, and none if another line of that flavor replaces any version. A
    line with a prefix acts like one without.
    """

    def __init__(self, rules: Iterable[RemapRule]) -> None:
        self._places: dict[tuple[Flavor, ProductName], dict[EupsVersion | None, Remapped]] = {}
        self._kept: set[tuple[Flavor, ProductName, EupsVersion | None]] = set()
        for rule in rules:
            self._add(rule)

    def _add(self, rule: RemapRule) -> None:
        flavor = rule.flavor or GENERIC
        if rule.action is RemapAction.KEEP:
            self._kept.add((flavor, rule.product, rule.version))
            return
        places = self._places.setdefault((flavor, rule.product), {})
        version = DUMMY if rule.action is RemapAction.DUMMY else rule.target_version
        if version is not None:
            places.setdefault(rule.version, Remapped(rule.target_product, version))

    def apply(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> Remapped | None:
        """Say what takes the place of a product.

        Parameters
        ----------
        product, version
            Row of a manifest.
        flavor : `Flavor`
            Of the machine, whatever the row says.

        Returns
        -------
        remapped : `Remapped` or `None`
            The same product where no line applies; `None` if it is dropped.
        """
        same = Remapped(product, version)
        for name in (flavor, GENERIC):
            places = self._places.get((name, product))
            if places is None:
                continue
            if not places:
                return None
            found = places.get(version) or places.get(None) or same
            if found != same:
                return found
        return same

    def keeps(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> bool:
        """Say whether a product that is installed is passed over, tags and all.

        Parameters
        ----------
        product, version, flavor
            The installed product.

        Returns
        -------
        keeps : `bool`
            True for ``noReinstall`` lines that name version and flavor; EUPS
            does not see the others.
        """
        return (flavor, product, version) in self._kept
