"""Stacks as set-up sees them: what is declared where, read fast and in one or several folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lsstinstall.adapters.eupsdatabase import Database, read_small_text
from lsstinstall.adapters.eupspaths import product_paths
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.setups import InstalledProduct
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["GENERIC", "StackPath", "StackReader"]

GENERIC = Flavor("generic")
"""What EUPS falls back to from every flavor."""


class StackReader:
    """One folder with products and their database ``ups_db``, read only.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder; made absolute.
    flavor : `Flavor`
        The platform's; what is declared for ``generic`` is found, too.

    Notes
    -----
    What was found is remembered until this object writes or takes the lock,
    so that a set-up reads each file once.
    """

    def __init__(self, path: Path, *, flavor: Flavor) -> None:
        self._path = path.absolute()
        self._root = str(self._path)
        self._flavor = flavor
        self._flavors = (flavor,) if flavor == GENERIC else (flavor, GENERIC)
        self._database = Database(self._path / "ups_db")
        self._found: dict[tuple[ProductName, EupsVersion, Flavor], InstalledProduct | None] = {}

    @classmethod
    def open(cls, path: Path, *, flavor: Flavor) -> Self:
        """Open a stack that must be there.

        Parameters
        ----------
        path : `~pathlib.Path`
            Folder with ``ups_db``.
        flavor : `Flavor`
            As for the constructor.

        Returns
        -------
        stack : `StackReader`
            Nothing was read yet.

        Raises
        ------
        NotFoundError
            Raised if there is no such folder, or it is no stack.
        """
        if not (path / "ups_db").is_dir():
            raise NotFoundError(
                f"`{path}` is no stack: it has no folder `ups_db`",
                hint="give the folder that `lsstinstall` installed into",
            )
        return cls(path, flavor=flavor)

    @property
    def path(self) -> Path:
        """The folder, absolute."""
        return self._path

    @property
    def flavor(self) -> Flavor:
        """The platform's flavor."""
        return self._flavor

    def forget(self) -> None:
        """Forget what was found, because someone else may have written."""
        self._found.clear()

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        """Find a declared version, for the platform or for ``generic``; `None` if there is none."""
        for flavor in self._flavors:
            found = self.find_for(product, version, flavor)
            if found is not None:
                return found
        return None

    def find_for(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> InstalledProduct | None:
        """Find a version that is declared for exactly one flavor; `None` if it is not."""
        key = (product, version, flavor)
        if key not in self._found:
            self._found[key] = self._look_up(product, version, flavor)
        return self._found[key]

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        """Find the version that carries a tag; nothing says that it is declared."""
        for flavor in self._flavors:
            found = self.tagged_for(product, tag, flavor)
            if found is not None:
                return found
        return None

    def tagged_for(self, product: ProductName, tag: str, flavor: Flavor) -> EupsVersion | None:
        """Find the version that carries a tag for exactly one flavor."""
        chain = self._database.read_chain(product, tag)
        assignment = None if chain is None else chain.find(flavor)
        return None if assignment is None else assignment.version

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        """List the declared versions, sorted as text; empty for an unknown product."""
        names = (EupsVersion(name) for name in self._database.version_names(product))
        return tuple(name for name in names if self.find(product, name) is not None)

    def table(self, product: InstalledProduct) -> str | None:
        """Read the table file named by the value; `None` if it names none."""
        if product.table is None:
            return None
        text = read_small_text(product.table)
        if text is None:
            raise NotFoundError(
                f"`{product.name}` {product.version} is declared with a table file that is not there: "
                f"`{product.table}`",
                hint="install the product again, or undeclare it",
            )
        return text

    def products(self) -> tuple[ProductName, ...]:
        """List the products with a declared version, sorted."""
        names = (ProductName(name) for name in self._database.product_names())
        return tuple(name for name in names if self.versions(name))

    def tags(self, product: ProductName, version: EupsVersion) -> tuple[str, ...]:
        """List the tags that a version carries for the platform, sorted."""
        installed = self.find(product, version)
        if installed is None:
            return ()
        names = self._database.chain_names(product)
        return tuple(tag for tag in names if self.tagged_for(product, tag, installed.flavor) == version)

    def global_tags(self) -> tuple[str, ...]:
        """List the registered tags, in the order of registration."""
        return self._database.global_tags()

    def _look_up(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> InstalledProduct | None:
        file = self._database.read_version(product, version)
        declaration = None if file is None else file.find(flavor)
        if declaration is None:
            return None
        directory, table = product_paths(declaration, stack=self._root)
        extra = f"{self._root}/ups_db/{flavor}/{product}/{version}"
        return InstalledProduct(
            name=product,
            version=version,
            flavor=flavor,
            directory=directory,
            stack=self._root,
            table=table,
            extra_dir=extra if os.access(extra, os.F_OK) else None,
        )


class StackPath:
    """Several stacks, searched in order, as ``EUPS_PATH`` names them.

    Parameters
    ----------
    stacks : `~collections.abc.Sequence` [ `StackReader` ]
        At least one; all of the same flavor.

    Notes
    -----
    The platform's flavor is looked for in all stacks before ``generic`` is,
    which is EUPS's order.
    """

    def __init__(self, stacks: Sequence[StackReader]) -> None:
        self._stacks = tuple(stacks)
        flavor = self._stacks[0].flavor
        self._flavors = (flavor,) if flavor == GENERIC else (flavor, GENERIC)

    @property
    def stacks(self) -> tuple[StackReader, ...]:
        """The stacks, in order."""
        return self._stacks

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        """Find a declared version; `None` if no stack declares it."""
        for flavor in self._flavors:
            for stack in self._stacks:
                found = stack.find_for(product, version, flavor)
                if found is not None:
                    return found
        return None

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        """Find the version that carries a tag; `None` if none does."""
        for flavor in self._flavors:
            for stack in self._stacks:
                found = stack.tagged_for(product, tag, flavor)
                if found is not None:
                    return found
        return None

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        """List all declared versions, those of the first stack first; each once."""
        return tuple(dict.fromkeys(version for stack in self._stacks for version in stack.versions(product)))

    def products(self) -> tuple[ProductName, ...]:
        """List the products with a declared version, sorted."""
        return tuple(sorted({product for stack in self._stacks for product in stack.products()}))

    def table(self, product: InstalledProduct) -> str | None:
        """Read the table file named by the value; `None` if it names none."""
        return self._stacks[0].table(product)

    def installed_directory(self, product: ProductName, version: EupsVersion) -> Path | None:
        """Find the folder of a declared version; `None` if it has none or is not declared."""
        found = self.find(product, version)
        return None if found is None or found.directory is None else Path(found.directory)
