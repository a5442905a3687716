"""Clones that are named one by one, or found in folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, InvalidNameError, NotFoundError
from lsstinstall.core.names import parse_product_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.names import ProductName

__all__ = ["find_clones", "read_named"]


def read_named(named: Iterable[str]) -> dict[ProductName, Path]:
    """Read clones that are named.

    Parameters
    ----------
    named : `~collections.abc.Iterable` [ `str` ]
        Each ``NAME=PATH``.

    Returns
    -------
    clones : `dict` [ `ProductName`, `~pathlib.Path` ]
        The last of each name; they may be missing.

    Raises
    ------
    ConfigurationError
        Raised if one is not of that form.
    """
    found = {}
    for text in named:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigurationError(f"`{text}` is no repository", hint="expected `NAME=PATH`")
        found[parse_product_name(name)] = Path(path)
    return found


def find_clones(folders: Iterable[Path]) -> dict[ProductName, Path]:
    """Find every repository of some folders whose name could be a product's.

    Parameters
    ----------
    folders : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        The first that has a product wins.

    Returns
    -------
    clones : `dict` [ `ProductName`, `~pathlib.Path` ]
        Bare or not.

    Raises
    ------
    NotFoundError
        Raised if a folder is missing.
    """
    found: dict[ProductName, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise NotFoundError(f"there is no folder `{folder}`")
        for path in sorted(folder.iterdir()):
            try:
                name = parse_product_name(path.name.removesuffix(".git"))
            except InvalidNameError:
                continue
            if (path / ".git").exists() or (path / "HEAD").is_file():
                found.setdefault(name, path)
    return found
