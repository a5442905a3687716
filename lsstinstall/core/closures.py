"""All that a product needs, directly or not, in the versions that are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.dependencies import Dependency
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.expansions import ClosureEntry
from lsstinstall.core.inventories import Inventory
from lsstinstall.core.resolutions import Resolver, Wanted, order_below, version_order
from lsstinstall.core.setups import MissingProductError, SetupRequest
from lsstinstall.core.statements import Statement, Verb
from lsstinstall.core.tables import parse_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.setups import InstalledProduct, ProductSources
    from lsstinstall.core.versions import EupsVersion

__all__ = ["Closures"]

_SETS_UP = frozenset({Verb.SETUP_REQUIRED, Verb.SETUP_OPTIONAL})


class Closures:
    """Closures of products that are set up, as ``eups.app.getDependencies`` lists them (EUPS 2.2.15).

    Parameters
    ----------
    sources : `ProductSources`
        Where products come from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment in which the products are set up.
    """

    def __init__(self, sources: ProductSources, environ: Mapping[str, str]) -> None:
        self._sources = sources
        self._environ = environ
        self._inventory = Inventory(sources, environ)
        self._types = {"exact"}
        self._resolver = Resolver(
            sources,
            {},
            known=lambda _: None,
            set_up=lambda product: self._inventory.find(product, environ),
            types=self._types,
        )
        implicit = sources.implicit_product()
        self._implicit = () if implicit is None else (_optional(implicit),)

    def versions(self) -> dict[ProductName, EupsVersion]:
        """Tell what is set up.

        Returns
        -------
        versions : `dict` [ `ProductName`, `EupsVersion` ]
            In the order of the environment.
        """
        records = self._inventory.records(self._environ)
        return {record.product: record.version for record in records}

    def below(self, product: ProductName, version: EupsVersion) -> tuple[ClosureEntry, ...]:
        """List what a product needs.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        version : `EupsVersion`
            Its version; one that is not declared needs nothing.

        Returns
        -------
        entries : `tuple` [ `ClosureEntry`, ... ]
            Depth first, in the order of the table files; a product may be
            listed several times. Optional ones that are not set up are left
            out.

        Raises
        ------
        MissingProductError
            Raised if a required product is not set up.
        ToolkitError
            Raised if a table breaks its format.
        """
        top = self._resolver.declared(product, version, self._sources.flavors[0])
        if top is None:
            return ()
        entries = []
        for name, declared, optional in self._needed(
            top, version_order(SetupRequest(product=product)), set()
        ):
            if declared == top:
                continue
            record = self._inventory.find(name, self._environ)
            if record is not None:
                entries.append(ClosureEntry(product=name, version=record.version, optional=optional))
            elif not optional:
                raise MissingProductError(name, None, sought=f"is set up, and `{product}` needs it")
        return tuple(entries)

    def _needed(
        self, product: InstalledProduct, order: tuple[str, ...], seen: set[InstalledProduct]
    ) -> list[_Need]:
        needs: list[_Need] = []
        for statement in self._statements(product):
            dependency = Dependency.parse(statement)
            name = dependency.product
            if name is None or dependency.check or dependency.external:
                continue
            place = f"{product.table}:{statement.line}"
            below, _ = order_below(order, dependency, self._sources, place=place)
            if statement.verb in _SETS_UP:
                needs += self._need(name, dependency, below, seen)
            elif known := next((need.declared for need in needs if need.name == name), None):
                gone = {name}
                if not dependency.just:
                    gone.update(need.name for need in self._needed(known, order, set()))
                needs = [need for need in needs if need.name not in gone]
        return needs

    def _need(
        self,
        name: ProductName,
        dependency: Dependency,
        order: tuple[str, ...],
        seen: set[InstalledProduct],
    ) -> list[_Need]:
        wanted = Wanted(product=name, version=dependency.version, expression=dependency.expression, depth=0)
        found = self._resolver.look_up(wanted, order)
        needs = [_Need(name, found, dependency.optional)]
        if found is not None and not dependency.just and found not in seen:
            seen.add(found)
            needs += self._needed(found, order, seen)
        return needs

    def _statements(self, product: InstalledProduct) -> tuple[Statement, ...]:
        try:
            text = self._sources.stacks[0].table(product)
        except NotFoundError:
            # EUPS says so, and goes on without.
            return ()
        if text is None or product.table is None:
            return ()
        table = parse_table(text, source=product.table)
        flavor = self._sources.flavors[0]
        chosen = table.statements(flavor=flavor, types=self._types, environ=self._environ)
        return tuple(one for one in chosen if one.verb.names_product) + self._implicit


class _Need(NamedTuple):
    """A product that a table asks for; ``declared`` is `None` if no stack has it."""

    name: ProductName
    declared: InstalledProduct | None
    optional: bool


def _optional(product: ProductName) -> Statement:
    return Statement(verb=Verb.SETUP_OPTIONAL, arguments=(product,))
