"""Which installed products need which others, as their table files say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import CycleError, stable_order
from lsstinstall.core.tables import parse_table
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lsstinstall.core.dependencies import Dependency
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.setups import InstalledProduct

__all__ = ["InstalledStacks", "ProductVersion", "StackGraph", "read_stack_graph"]

_CURRENT = "current"
_EXACT = frozenset({"exact"})


class ProductVersion(NamedTuple):
    """One version of a product.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    """

    product: ProductName
    version: EupsVersion

    def __str__(self) -> str:
        return f"`{self.product}` {self.version}"

    def to_dict(self) -> dict[str, str]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `str` ]
            For JSON.
        """
        return {"product": self.product, "version": self.version}


class InstalledStacks(Protocol):
    """What is declared, in one stack or in several."""

    def products(self) -> tuple[ProductName, ...]:
        """List the products with a declared version, sorted."""

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        """List all declared versions; empty for an unknown product."""

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        """Find a declared version; `None` if no stack declares it."""

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        """Find the version that carries a tag; it need not be declared."""

    def table(self, product: InstalledProduct) -> str | None:
        """Read the table file named by the value; `None` if it names none."""


class StackGraph(NamedTuple):
    """Installed products and what they need.

    Parameters
    ----------
    required : `~collections.abc.Mapping` [ `ProductVersion`, `frozenset` ]
        All installed products, sorted, with those without which each cannot
        be set up.
    possible : `~collections.abc.Mapping` [ `ProductVersion`, `frozenset` ]
        The same with all that each may set up: optional ones, and every
        version that will do where several will.
    problems : `tuple` [ `ToolkitError`, ... ]
        Why some tables could not be read; their products seem to need nothing.
    """

    required: Mapping[ProductVersion, frozenset[ProductVersion]]
    possible: Mapping[ProductVersion, frozenset[ProductVersion]]
    problems: tuple[ToolkitError, ...] = ()

    def dependents(self, removed: Collection[ProductVersion]) -> tuple[ProductVersion, ...]:
        """List what could not be set up any more without some products.

        Parameters
        ----------
        removed : `~collections.abc.Collection` [ `ProductVersion` ]
            Installed products.

        Returns
        -------
        dependents : `tuple` [ `ProductVersion`, ... ]
            Direct and indirect ones, sorted, without those products.
        """
        users: dict[ProductVersion, set[ProductVersion]] = {one: set() for one in self.required}
        for one, needs in self.required.items():
            for need in needs:
                users[need].add(one)
        return tuple(sorted(_walk(users, removed) - set(removed)))

    def needed(self, roots: Iterable[ProductVersion]) -> frozenset[ProductVersion]:
        """Collect some products and everything that they may set up.

        Parameters
        ----------
        roots : `~collections.abc.Iterable` [ `ProductVersion` ]
            Installed products.

        Returns
        -------
        products : `frozenset` [ `ProductVersion` ]
            With the roots.
        """
        return _walk(self.possible, roots)

    def no_longer_needed(self, removed: Collection[ProductVersion]) -> frozenset[ProductVersion]:
        """Collect what is needed by some products and by no others.

        Parameters
        ----------
        removed : `~collections.abc.Collection` [ `ProductVersion` ]
            Installed products.

        Returns
        -------
        products : `frozenset` [ `ProductVersion` ]
            With those products.
        """
        below = self.needed(removed)
        others = self.possible.keys() - below
        return frozenset(removed) | (below - self.needed(others))

    def dependents_first(self, items: Collection[ProductVersion]) -> tuple[ProductVersion, ...]:
        """Put what needs others before them.

        Parameters
        ----------
        items : `~collections.abc.Collection` [ `ProductVersion` ]
            Installed products.

        Returns
        -------
        ordered : `tuple` [ `ProductVersion`, ... ]
            The same; sorted where nothing else decides.
        """
        named = {str(one): one for one in sorted(items)}
        part = {name: [str(need) for need in self.required[one] & set(items)] for name, one in named.items()}
        try:
            return tuple(named[name] for name in reversed(stable_order(part)))
        except CycleError:
            return tuple(named.values())


def _walk(
    edges: Mapping[ProductVersion, Collection[ProductVersion]], roots: Iterable[ProductVersion]
) -> frozenset[ProductVersion]:
    pending = list(roots)
    seen = set(pending)
    while pending:
        found = set(edges[pending.pop()]) - seen
        seen |= found
        pending.extend(found)
    return frozenset(seen)


def read_stack_graph(stacks: InstalledStacks, *, flavor: Flavor) -> StackGraph:
    """Read what all installed products need.

    Parameters
    ----------
    stacks : `InstalledStacks`
        What is declared.
    flavor : `Flavor`
        The platform's, for the conditions in table files.

    Returns
    -------
    graph : `StackGraph`
        With all that is declared.
    """
    versions = {product: stacks.versions(product) for product in stacks.products()}
    required: dict[ProductVersion, frozenset[ProductVersion]] = {}
    possible: dict[ProductVersion, frozenset[ProductVersion]] = {}
    problems: list[ToolkitError] = []
    for product, known in versions.items():
        for version in known:
            one = ProductVersion(product, version)
            dependencies: tuple[Dependency, ...] = ()
            try:
                dependencies = _read_dependencies(stacks, one, flavor)
            except ToolkitError as error:
                problems.append(error)
            found = [(need, _resolve(stacks, need, versions)) for need in dependencies]
            possible[one] = frozenset(choice for _, choices in found for choice in choices)
            required[one] = frozenset(
                choice
                for need, choices in found
                for choice in choices
                if not need.optional and len(choices) == 1
            )
    return StackGraph(required=required, possible=possible, problems=tuple(problems))


def _read_dependencies(
    stacks: InstalledStacks, one: ProductVersion, flavor: Flavor
) -> tuple[Dependency, ...]:
    installed = stacks.find(*one)
    text = None if installed is None else stacks.table(installed)
    if installed is None or text is None:
        return ()
    table = parse_table(text, source=installed.table or "")
    return table.dependencies(flavor=flavor, types=_EXACT)


def _resolve(
    stacks: InstalledStacks, need: Dependency, versions: Mapping[ProductName, tuple[EupsVersion, ...]]
) -> tuple[ProductVersion, ...]:
    """Name what will be set up; several, if that depends on the user."""
    product = need.product
    known = versions.get(product, ()) if product is not None else ()
    if product is None or not known:
        return ()
    if need.version is not None and need.version in known:
        known = (EupsVersion(need.version),)
    elif need.version is None and (current := stacks.tagged(product, _CURRENT)) in known:
        known = (current,) if not need.tags else known
    return tuple(ProductVersion(product, version) for version in known)
