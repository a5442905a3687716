"""What `setup` asks of a stack, and what it answers: values and one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = ["InstalledProduct", "ProductFinder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProduct:
    """One declared version of a product, as a stack's database knows it.

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
        Absolute path of the stack that declares it.
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
