"""What setting products up asks and answers: values, errors and the protocols it needs.

Values of set-up are named tuples: a dataclass takes ten times as long to
define, and a set-up defines all of them, in every shell and every batch job.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.names import ProductName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.errors import ExitCode
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "DependencyError",
    "EndlessSetupError",
    "InstalledProduct",
    "MissingProductError",
    "ProductFinder",
    "ProductSources",
    "SetupChanges",
    "SetupDisk",
    "SetupRequest",
    "StackFinder",
    "UnknownTagError",
]

_IMPLICIT = (ProductName("implicitProducts"), ProductName("toolchain"))

_ALWAYS_KNOWN = frozenset({"current", "latest", "setup", "stable"})


class InstalledProduct(NamedTuple):
    """One version of a product that can be set up.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    version : `EupsVersion`
        As declared, or ``LOCAL:/a/directory``.
    flavor : `Flavor`
        The flavor of the declaration; ``generic`` if only that was found.
    directory : `str` or `None`
        Absolute path of its files; `None` for a product that has none.
    stack : `str`
        Absolute path of the stack that declares it; ``(none)`` for a
        directory.
    table : `str` or `None`
        Absolute path of its table file; `None` if it was declared without.
    extra_dir : `str` or `None`
        ``<stack>/ups_db/<flavor>/<product>/<version>`` if that directory
        exists, else `None`.
    """

    name: ProductName
    version: EupsVersion
    flavor: Flavor
    directory: str | None
    stack: str
    table: str | None
    extra_dir: str | None = None


class ProductFinder(Protocol):
    """One or several stacks, searched in their order, for one flavor and its fallbacks."""

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        """Find a declared version; `None` if no stack declares it."""

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        """Find the version that carries a tag; `None` if none does."""

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        """List all declared versions; empty for an unknown product."""

    def table(self, product: InstalledProduct) -> str | None:
        """Read the table file named by the value; `None` if it names none."""


class StackFinder(Protocol):
    """One stack; EUPS looks for a flavor in all stacks before it looks for the next."""

    def find_for(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> InstalledProduct | None:
        """Find a version that is declared for exactly one flavor; `None` if it is not."""

    def tagged_for(self, product: ProductName, tag: str, flavor: Flavor) -> EupsVersion | None:
        """Find the version that carries a tag for exactly one flavor; it need not be declared."""

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        """List all declared versions; empty for an unknown product."""

    def products(self) -> tuple[ProductName, ...]:
        """List the products with a declared version, sorted."""

    def table(self, product: InstalledProduct) -> str | None:
        """Read the table file named by the value; `None` if it names none."""


class SetupDisk(Protocol):
    """What set-up looks for outside the stacks it searches."""

    def stack(self, path: str) -> StackFinder | None:
        """Open the stack that a set-up product came from; `None` if there is none."""

    def tables(self, directory: str) -> Mapping[ProductName, str] | None:
        """List the table files of a product's directory by product; `None` if there is no such directory."""


class ProductSources(NamedTuple):
    """Where products to set up come from.

    Parameters
    ----------
    stacks : `tuple` [ `StackFinder`, ... ]
        In the order of search.
    flavors : `tuple` [ `Flavor`, ... ]
        The platform's, and what it falls back to.
    disk : `SetupDisk`
        What lies outside these stacks.
    tags : `frozenset` [ `str` ]
        Registered tags, and the user's own.
    place : `str`
        The stacks' names, for messages.
    """

    stacks: tuple[StackFinder, ...]
    flavors: tuple[Flavor, ...]
    disk: SetupDisk
    tags: frozenset[str]
    place: str

    def implicit_product(self) -> ProductName | None:
        """Find the product that EUPS adds to each table; `None` if it is not declared, as is usual."""
        for product in _IMPLICIT:
            if any(stack.versions(product) for stack in self.stacks):
                return product
        return None

    def knows(self, tag: str) -> bool:
        """Say whether a tag may be asked for; EUPS always knows some."""
        return tag in self.tags or tag in _ALWAYS_KNOWN


class SetupRequest(NamedTuple):
    """What a user asks to set up.

    Parameters
    ----------
    product : `ProductName` or `None`
        EUPS product; `None` if the directory says which.
    version : `str` or `None`, optional
        A version, or an expression such as ``>= 1.2``.
    directory : `str` or `None`, optional
        Absolute path of the product's files (``-r``).
    tags : `tuple` [ `str`, ... ], optional
        Tags to look for before versions (``-t``), in order; or the names of
        ``files``.
    post_tags : `tuple` [ `str`, ... ], optional
        Tags to look for after versions (``-T``), in order.
    files : `~collections.abc.Mapping`, optional
        For each element of ``tags`` or ``post_tags`` that is no tag: versions
        by product.
    just : `bool`, optional
        Whether dependencies are left alone (``-j``).
    keep : `bool`, optional
        Whether what is set up already stays (``-k``).
    types : `frozenset` [ `str` ], optional
        Setup types besides ``exact`` (``--type``).
    exact : `bool`, optional
        Whether exact versions go before a tag that was not asked for
        (``--exact``).
    inexact : `bool`, optional
        Whether exact blocks are passed over (``--inexact``).
    """

    product: ProductName | None
    version: str | None = None
    directory: str | None = None
    tags: tuple[str, ...] = ()
    post_tags: tuple[str, ...] = ()
    files: Mapping[str, Mapping[ProductName, EupsVersion]] = MappingProxyType({})
    just: bool = False
    keep: bool = False
    types: frozenset[str] = frozenset()
    exact: bool = False
    inexact: bool = False


class SetupChanges(NamedTuple):
    """What a set-up does to the environment.

    Parameters
    ----------
    variables : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables to set, in the order in which they entered the environment.
    aliases : `~collections.abc.Mapping` [ `str`, `str` ]
        Commands by alias, in the spelling of ``sh``.
    unset : `tuple` [ `str`, ... ]
        Variables to remove, in the order of the old environment.
    forgotten : `tuple` [ `str`, ... ]
        Aliases to remove.
    products : `tuple` [ `tuple` [ `ProductName`, `EupsVersion` ], ... ]
        What the command set up or found set up already, dependents first.
    messages : `tuple` [ `str`, ... ]
        What ``print`` statements say.
    warnings : `tuple` [ `str`, ... ]
        What a user may want to act on, one sentence each.
    """

    variables: Mapping[str, str]
    aliases: Mapping[str, str]
    unset: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    products: tuple[tuple[ProductName, EupsVersion], ...] = ()
    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def applied_to(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Make the environment of a program that runs with these changes.

        Parameters
        ----------
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            The environment that the changes were computed from.

        Returns
        -------
        environ : `dict` [ `str`, `str` ]
            A new one; programs know no aliases.
        """
        kept = {name: value for name, value in environ.items() if name not in self.unset}
        return kept | dict(self.variables)


class MissingProductError(NotFoundError):
    """No acceptable version of a product is declared.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `str` or `None`
        What was asked for.
    sought : `str`
        Where it was looked for: tags, stacks.
    nearest : `str` or `None`, optional
        A product or version that is there and has a similar name.
    """

    def __init__(
        self, product: ProductName, version: str | None, *, sought: str, nearest: str | None = None
    ) -> None:
        self.product = product
        self.version = version
        what = f"version {version} of `{product}`" if version else f"acceptable version of `{product}`"
        hint = f"there is `{nearest}`" if nearest else None
        super().__init__(f"no {what} {sought}", hint=hint)


class UnknownTagError(NotFoundError):
    """A tag that no stack knows.

    Parameters
    ----------
    tag : `str`
        What was asked for.
    place : `str`
        The stacks, or the table file that asks.
    nearest : `str` or `None`, optional
        A tag that is known and has a similar name.
    """

    def __init__(self, tag: str, *, place: str, nearest: str | None = None) -> None:
        super().__init__(
            f"there is no tag `{tag}` in {place}", hint=f"there is `{nearest}`" if nearest else None
        )


class EndlessSetupError(ToolkitError):
    """Tables that replace each other's products without an end.

    Parameters
    ----------
    product : `ProductName`
        A product in the ring.
    """

    def __init__(self, product: ProductName) -> None:
        super().__init__(
            f"the tables of `{product}` and others ask for other versions of each other without an end",
            hint="ask for one version of each product, as an exact block does",
        )


class DependencyError(ToolkitError):
    """A product that a table file requires cannot be set up.

    Parameters
    ----------
    cause : `ToolkitError`
        Why not; its exit code and hint are taken over.
    place : `str`
        The table file, and the line in it.
    """

    def __init__(self, cause: ToolkitError, *, place: str) -> None:
        super().__init__(f"{cause} (required by {place})", hint=cause.hint)
        self.cause = cause

    @property
    def code(self) -> ExitCode:
        """That of the cause."""
        return self.cause.code
