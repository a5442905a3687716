"""The variables in which a shell remembers what is set up: ``SETUP_<NAME>`` and its like.

For example ``SETUP_AFW='afw g1a2b3c4d5+6e7f8a9b0c -f Linux64 -Z /the/stack'``,
as ``eups.Eups.findSetupVersion`` reads it (EUPS 2.2.15).
"""

from __future__ import annotations

from typing import NamedTuple

from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion

__all__ = ["SETUP_PREFIX", "SetupRecord", "directory_variable", "extra_variable", "setup_variable"]

SETUP_PREFIX = "SETUP_"
"""How the variables begin that say how a product is set up."""

_BLANK = "-+-"


def directory_variable(product: str) -> str:
    """Name the variable that holds a product's directory, ``AFW_DIR``."""
    return f"{product.upper()}_DIR"


def extra_variable(product: str) -> str:
    """Name the variable of a product's directory inside the database, ``AFW_DIR_EXTRA``."""
    return f"{product.upper()}_DIR_EXTRA"


def setup_variable(product: str) -> str:
    """Name the variable that says how a product is set up, ``SETUP_AFW``."""
    return SETUP_PREFIX + product.upper()


class SetupRecord(NamedTuple):
    """How a product was set up.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version; ``setup`` if the variable names none.
    flavor : `Flavor` or `None`
        The declaration's flavor.
    stack : `str` or `None`
        The stack that declares it; ``(none)`` for a directory.
    table : `str` or `None`, optional
        The table file, if it is not the product's own.
    """

    product: ProductName
    version: EupsVersion
    flavor: Flavor | None
    stack: str | None
    table: str | None = None

    @classmethod
    def parse(cls, text: str) -> SetupRecord | None:
        """Read the variable.

        Parameters
        ----------
        text : `str`
            Its value.

        Returns
        -------
        record : `SetupRecord` or `None`
            `None` if the value is empty.
        """
        words = text.split()
        if not words:
            return None
        product = ProductName(words.pop(0))
        version = EupsVersion(words.pop(0) if words and words[0] != "-f" else "setup")
        options = dict(zip(words[::2], words[1::2], strict=False))
        flavor = options.get("-f")
        return cls(
            product=product,
            version=version,
            flavor=None if flavor is None else Flavor(flavor),
            stack=_decoded(options.get("-Z", options.get("-z"))),
            table=_decoded(options.get("-m")),
        )

    def format(self) -> str:
        """Write the variable's value.

        Returns
        -------
        text : `str`
            Blanks in paths become ``-+-``.
        """
        text = f"{self.product} {self.version} -f {self.flavor} -Z {_encoded(self.stack)}"
        return text if self.table is None else f"{text} -m {_encoded(self.table)}"


def _encoded(path: str | None) -> str:
    return str(path).replace(" ", _BLANK)


def _decoded(path: str | None) -> str | None:
    return None if path is None else path.replace(_BLANK, " ")
