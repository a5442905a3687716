"""Where a declaration says that things are, and how EUPS spells it in the database."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.declarations import FlavorDeclaration

__all__ = ["UPS", "product_paths", "spell_directory", "spell_table"]

UPS = "ups"
"""Folder of a product that holds its table file."""

_FLAVOR = re.compile(r"\$FLAVOR\b")

# EUPS takes a folder's path for a regular expression when it shortens the table's path.
_SPECIAL = frozenset("+*?()[]{}|^$\\")


def product_paths(declaration: FlavorDeclaration, *, stack: str) -> tuple[str | None, str | None]:
    """Find a declared product's folder and table file.

    Parameters
    ----------
    declaration : `FlavorDeclaration`
        As read; its paths may be relative or begin with a macro.
    stack : `str`
        Absolute path of the stack.

    Returns
    -------
    directory : `str` or `None`
        Absolute; `None` if it has none.
    table : `str` or `None`
        Absolute, whether or not there is such a file; `None` if it has none.

    Notes
    -----
    As ``eups.Product.resolvePaths``: the table is looked for below the
    product's ``ups`` first, then below the stack, because EUPS writes paths of
    both kinds.
    """
    macros = {"$PROD_ROOT": stack, "$UPS_DB": f"{stack}/ups_db"}
    directory = _resolve(declaration.product_dir, base=stack, macros=macros, flavor=declaration.flavor)
    if directory is not None:
        macros["$PROD_DIR"] = directory
    ups = _resolve(declaration.ups_dir, base=directory, macros=macros, flavor=declaration.flavor)
    if ups is not None:
        macros["$UPS_DIR"] = ups
    table = _resolve(declaration.table_file, base=ups or directory, macros=macros, flavor=declaration.flavor)
    if table is not None and ups is not None and not os.access(table, os.F_OK):
        below = _resolve(declaration.table_file, base=stack, macros=macros, flavor=declaration.flavor)
        if below is not None and os.access(below, os.F_OK):
            table = below
    return directory, table


def _resolve(path: str | None, *, base: str | None, macros: dict[str, str], flavor: str) -> str | None:
    if path is None:
        return None
    if path[0] not in "/$" and base is not None:
        path = f"{base}/{path}"
    if "$" in path:
        macro, slash, rest = path.partition("/")
        path = f"{macros.get(macro, macro)}{slash}{rest}"
        path = _FLAVOR.sub(lambda _: flavor, path)
    return path


def spell_directory(directory: Path, *, stack: Path) -> str:
    """Write a product's folder as EUPS does.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Absolute.
    stack : `~pathlib.Path`
        The stack that declares it.

    Returns
    -------
    text : `str`
        Relative to the stack if it lies in it, links resolved; else absolute.
    """
    if directory.is_relative_to(stack):
        return str(directory.relative_to(stack))
    real = directory.resolve()
    root = stack.resolve()
    return str(real.relative_to(root)) if real.is_relative_to(root) else str(directory)


def spell_table(table: Path, *, directory: str, stack: Path) -> str:
    """Write the path of a product's own table file as EUPS does.

    Parameters
    ----------
    table : `~pathlib.Path`
        Absolute path, in the ``ups`` folder of the product.
    directory : `str`
        What `spell_directory` made of the product's folder.
    stack : `~pathlib.Path`
        The stack that declares it.

    Returns
    -------
    text : `str`
        The bare name; but the path from the stack if the folder's path holds a
        character that means something in a regular expression, as the ``+`` of
        most versions does.
    """
    if Path(directory).is_absolute():
        return table.name
    real = table.resolve()
    root = stack.resolve()
    if not real.is_relative_to(root):
        return str(table)
    return str(real.relative_to(root)) if _SPECIAL & set(directory) else table.name
