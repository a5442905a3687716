"""Declarations as EUPS would write them, for products that lie on this disk."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.adapters.eupspaths import UPS, spell_directory, spell_table
from lsstinstall.adapters.locks import login_name
from lsstinstall.core.declarations import FlavorDeclaration, format_eups_time
from lsstinstall.core.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "InternedTable",
    "Stamp",
    "TablePlace",
    "interned_path",
    "redeclare",
    "says_the_same",
    "spell_declaration",
]


class TablePlace(StrEnum):
    """Where the table file of a product is."""

    PRODUCT = "product"
    """``<directory>/ups/<product>.table``."""

    NOWHERE = "nowhere"
    """It has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InternedTable:
    """A table file that is kept in the database, as by ``eups declare -M``.

    Parameters
    ----------
    text : `str`
        Its content.
    """

    text: str

    def format(self) -> str:
        """Write the file as EUPS does, which puts a blank behind each line end.

        Returns
        -------
        text : `str`
            Byte for byte what EUPS would write.
        """
        return "".join(f"{line} " for line in self.text.splitlines(keepends=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who wrote something, and when.

    Parameters
    ----------
    who : `str`
        Login name.
    when : `str`
        As EUPS spells times.
    """

    who: str
    when: str

    @classmethod
    def make(cls, who: str | None, when: datetime | None) -> Stamp:
        """Fill in what was not said.

        Parameters
        ----------
        who : `str` or `None`
            By default our login name.
        when : `~datetime.datetime` or `None`
            By default the local time.

        Returns
        -------
        stamp : `Stamp`
            For the database.
        """
        return cls(who=who or _login(), when=format_eups_time(when or datetime.now().astimezone()))


def _login() -> str:
    """Name who writes, as EUPS does: it means to prefer the full name, and never gets to it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return login_name()


def spell_declaration(
    product: ProductName,
    version: EupsVersion,
    flavor: Flavor,
    *,
    directory: Path | None,
    table: TablePlace | InternedTable,
    stack: Path,
    stamp: Stamp,
) -> FlavorDeclaration:
    """Write down where a product is, as EUPS does.

    Parameters
    ----------
    product, version, flavor
        What is declared.
    directory : `~pathlib.Path` or `None`
        The product's folder; `None` if it has none.
    table : `TablePlace` or `InternedTable`
        Where its table file is.
    stack : `~pathlib.Path`
        The stack that declares it.
    stamp : `Stamp`
        Who declares it, and when.

    Returns
    -------
    declaration : `FlavorDeclaration`
        For the version file.

    Raises
    ------
    NotFoundError
        Raised if the folder or its table file is not there.
    """
    ups_dir: str | None = None
    table_file: str | None = None
    product_dir: str | None = None
    if directory is not None:
        if not directory.is_dir():
            raise NotFoundError(f"cannot declare `{product}` {version}: there is no folder `{directory}`")
        product_dir = spell_directory(directory.absolute(), stack=stack)
    if isinstance(table, InternedTable):
        ups_dir, _, table_file = f"$UPS_DB/{interned_path(product, version, flavor)}".rpartition("/")
    elif table is TablePlace.PRODUCT and directory is not None and product_dir is not None:
        path = directory.absolute() / UPS / f"{product}.table"
        if not path.is_file():
            raise NotFoundError(f"cannot declare `{product}` {version}: there is no table file `{path}`")
        ups_dir, table_file = UPS, spell_table(path, directory=product_dir, stack=stack)
    return FlavorDeclaration(
        flavor=flavor,
        declarer=stamp.who,
        declared=stamp.when,
        product_dir=product_dir,
        ups_dir=ups_dir,
        table_file=table_file,
    )


def says_the_same(one: FlavorDeclaration, other: FlavorDeclaration) -> bool:
    """Say whether two declarations name the same folder and table file."""
    return (one.product_dir, one.ups_dir, one.table_file) == (
        other.product_dir,
        other.ups_dir,
        other.table_file,
    )


def redeclare(new: FlavorDeclaration, old: FlavorDeclaration, stamp: Stamp) -> FlavorDeclaration:
    """Put a declaration in the place of an older one, whose author stays its author."""
    return new._replace(declarer=old.declarer, declared=old.declared, modifier=stamp.who, modified=stamp.when)


def interned_path(product: ProductName, version: EupsVersion, flavor: Flavor) -> str:
    """Say where an interned table file lies below ``ups_db``."""
    return f"{flavor}/{product}/{version}/{UPS}/{product}.table"
