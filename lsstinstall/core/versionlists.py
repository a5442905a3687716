"""Files that say which version of each product to set up: ``setup -t FILE``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_version_list"]

_STATEMENT = re.compile(r"setupRequired\(([^)]+)\)")
_OPTION = re.compile(r"-\S+\s+")
_BRACKETS = re.compile(r"\s*\[[^]]+\]")


def parse_version_list(text: str, *, source: str) -> Mapping[ProductName, EupsVersion]:
    """Read versions by product.

    Parameters
    ----------
    text : `str`
        Lines ``product version ...`` or ``setupRequired(product version)``;
        ``|`` and blanks in front, as ``eups list -D`` prints them, ``#``
        comments and empty lines do not count.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    versions : `~collections.abc.Mapping` [ `ProductName`, `EupsVersion` ]
        In file order; of a product that is named twice the first version.

    Raises
    ------
    FormatError
        Raised if a line has no version, or a statement more than one.

    Notes
    -----
    Format: ``Eups._findTaggedProductFromFile`` (EUPS 2.2.15).
    """
    versions: dict[ProductName, EupsVersion] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.lstrip("| \t").rstrip()
        if not content or content.startswith("#"):
            continue
        statement = _STATEMENT.match(content)
        if statement:
            content = _BRACKETS.sub("", _OPTION.sub("", statement[1]))
        product, *versions_named = content.split()
        if not versions_named or (statement and versions_named[1:]):
            raise FormatError(
                f"expected a product and its version, got `{line.strip()}`",
                source=source,
                line=number,
                column=len(line) - len(line.lstrip()) + 1,
                text=line,
                hint="a line reads `afw 1.2`; comments begin with `#`",
            )
        versions.setdefault(ProductName(product), EupsVersion(versions_named[0]))
    return versions
