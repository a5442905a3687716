"""What is set up in a shell, and what lies in a directory that could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.setuprecords import SETUP_PREFIX, SetupRecord, setup_variable
from lsstinstall.core.setups import InstalledProduct
from lsstinstall.core.versions import local_directory, local_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.setups import ProductSources

__all__ = ["Inventory", "product_in"]

_NO_STACK = "(none)"


class Inventory:
    """Products as ``SETUP_...`` variables and directories tell of them.

    Parameters
    ----------
    sources : `ProductSources`
        Where products come from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The first environment: names of variables that differ from ours in
        case only, as EUPS 1 wrote them, are taken over from it.
    """

    def __init__(self, sources: ProductSources, environ: Mapping[str, str]) -> None:
        self._sources = sources
        names = (name for name in environ if name.upper().startswith(SETUP_PREFIX))
        self._spellings = {name.upper(): name for name in names if not name.isupper()}

    def variable(self, product: ProductName, environ: Mapping[str, str]) -> str:
        """Name the variable that says how a product is set up.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            The environment.

        Returns
        -------
        name : `str`
            ``SETUP_AFW``; in another spelling if only that is there.
        """
        name = setup_variable(product)
        spelling = self._spellings.get(name, name)
        return spelling if name not in environ and spelling in environ else name

    def record(self, product: ProductName, environ: Mapping[str, str]) -> SetupRecord | None:
        """Read how a product is set up; `None` if it is not."""
        value = environ.get(self.variable(product, environ))
        return None if value is None else SetupRecord.parse(value)

    def records(self, environ: Mapping[str, str]) -> tuple[SetupRecord, ...]:
        """Read all that is set up, in the order of the environment."""
        values = (value for name, value in environ.items() if name.upper().startswith(SETUP_PREFIX))
        found = (SetupRecord.parse(value) for value in values)
        return tuple(record for record in found if record is not None)

    def find(self, product: ProductName, environ: Mapping[str, str]) -> InstalledProduct | None:
        """Find a product that is set up.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            The environment.

        Returns
        -------
        found : `InstalledProduct` or `None`
            `None` if it is not set up, or its stack does not declare it any
            more.
        """
        record = self.record(product, environ)
        if record is None:
            return None
        flavor = record.flavor or self._sources.flavors[0]
        directory = local_directory(record.version)
        if directory is not None:
            table = record.table or f"{directory}/ups/{product}.table"
            local = self._local(product, directory, flavor, None if table == "none" else table)
            # What EUPS makes of "(none)" when it reads the variable, and writes if it sets up once more.
            return local._replace(stack="none")
        stack = None if record.stack is None else self._sources.disk.stack(record.stack)
        if stack is None:
            return None
        found = stack.find_for(product, record.version, flavor)
        if found is None and record.version in self._sources.tags:
            version = stack.tagged_for(product, record.version, flavor)
            found = None if version is None else stack.find_for(product, version, flavor)
        return found

    def local(
        self, product: ProductName, directory: str, *, flavor: Flavor, table: str | None
    ) -> InstalledProduct:
        """Make a product of a directory.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        directory : `str`
            Absolute path of its files.
        flavor : `Flavor`
            The platform's.
        table : `str` or `None`
            Path of its table file; `None` for the one in the directory, which
            need not be there.

        Returns
        -------
        product : `InstalledProduct`
            Its version is ``LOCAL:<directory>``.

        Raises
        ------
        NotFoundError
            Raised if there is no such directory.
        """
        tables = self._sources.disk.tables(directory)
        if tables is None:
            raise NotFoundError(
                f"`{directory}`, the directory given for `{product}`, is not there",
                hint=f"give the folder that holds `ups/{product}.table`",
            )
        return self._local(product, directory, flavor, table or tables.get(product))

    def _local(
        self, product: ProductName, directory: str, flavor: Flavor, table: str | None
    ) -> InstalledProduct:
        return InstalledProduct(
            name=product,
            version=local_version(directory),
            flavor=flavor,
            directory=directory,
            stack=_NO_STACK,
            table=table,
        )


def product_in(directory: str, suggested: ProductName | None, sources: ProductSources) -> ProductName:
    """Tell which product a directory holds.

    Parameters
    ----------
    directory : `str`
        Absolute path.
    suggested : `ProductName` or `None`
        What the user says; believed if the directory has no table file at
        all, or is not there.
    sources : `ProductSources`
        Asked for the directory's table files.

    Returns
    -------
    product : `ProductName`
        The product.

    Raises
    ------
    NotFoundError
        Raised if there is no such directory, or no table file in it.
    ConfigurationError
        Raised if there are several, or none of the name suggested.
    """
    tables = sources.disk.tables(directory)
    if tables is None and suggested is None:
        raise NotFoundError(
            f"there is no directory `{directory}`",
            hint="give the folder of a product, which holds `ups/PRODUCT.table`",
        )
    found = sorted(tables or ())
    if suggested is not None and (not found or suggested in found):
        return suggested
    shown = ", ".join(f"`{name}`" for name in found)
    if suggested is not None:
        raise ConfigurationError(
            f"`{directory}` does not hold `{suggested}`", hint=f"it has the table file of {shown}"
        )
    if not found:
        raise NotFoundError(
            f"`{directory}` has no table file in `ups`",
            hint="name the product beside the directory, or give the folder above",
        )
    if len(found) > 1:
        raise ConfigurationError(f"`{directory}` holds several products: {shown}", hint="name one of them")
    return found[0]
