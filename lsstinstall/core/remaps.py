"""``manifest.remap``: what a site installs or publishes instead of what a manifest says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.lines import Line, numbered_lines
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RemapAction", "RemapPurpose", "RemapRule", "format_remap", "parse_remap"]

_PREFIX = re.compile(r"\[([^]]*)\]\s*")
_VERBOSE = re.compile(r"verbose\s*=\s*(?:True|False|0|1)")
_MAX_FIELDS = 3


class RemapPurpose(StrEnum):
    """What a manifest is read or made for."""

    INSTALL = "install"
    CREATE = "create"


class RemapAction(StrEnum):
    """What becomes of a product in a manifest."""

    REPLACE = "replace"
    """Another product or version takes its place."""
    DROP = "None"
    """It is left out."""
    DUMMY = "dummy"
    """It is declared in the version `dummy`, without folder and table, and not installed."""
    KEEP = "noReinstall"
    """Where it is installed, it is left alone in every way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemapRule:
    """One line of ``manifest.remap``.

    Parameters
    ----------
    product : `ProductName`
        Product it applies to.
    version : `EupsVersion` or `None`
        Version it applies to; `None` for all.
    flavor : `Flavor` or `None`
        Flavor it applies to; `None` for all.
    purpose : `RemapPurpose` or `None`
        Whether it is meant for installation or for creation; `None` for both.
        EUPS does not look at it.
    action : `RemapAction`
        What becomes of the product.
    target_product : `ProductName`
        Product that takes its place; the same one unless another is named.
    target_version : `EupsVersion` or `None`
        Version that takes its place, for `RemapAction.REPLACE` only.
    """

    product: ProductName
    version: EupsVersion | None = None
    flavor: Flavor | None = None
    purpose: RemapPurpose | None = None
    action: RemapAction
    target_product: ProductName
    target_version: EupsVersion | None = None

    def format(self) -> str:
        """Write the rule as one line of ``manifest.remap``.

        Returns
        -------
        text : `str`
            The first column is padded to 29, as in LSST's own file; no line end.
        """
        left = f"[{self.purpose}]{self.product}" if self.purpose else self.product
        if self.version is not None:
            left += f":{self.version}"
        target = self.action.value if self.target_version is None else self.target_version
        if self.target_product != self.product:
            target = f"{self.target_product}:{target}"
        return " ".join([f"{left:<29}", target, *([self.flavor] if self.flavor else [])])


def parse_remap(text: str, *, source: str) -> tuple[RemapRule, ...]:
    """Read a ``manifest.remap``.

    Parameters
    ----------
    text : `str`
        Content of the file.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    rules : `tuple` [ `RemapRule`, ... ]
        In file order.

    Raises
    ------
    FormatError
        Raised if a line has more than three columns, an unknown prefix, or a
        name or version that cannot be.

    Notes
    -----
    Format: ``eups.distrib.server.Manifest.remapEntries`` (EUPS 2.2): product
    with an optional version, what takes its place, flavor. A missing version
    and ``any`` mean all, a missing second column and ``None`` drop the
    product; ``generic`` as flavor means all of them. ``verbose = ...`` lines
    set how much EUPS prints, so they are passed over. What the lines do is
    told by `lsstinstall.core.remaptables`.
    """
    return tuple(
        _read_rule(line, content)
        for line in numbered_lines(text, source=source)
        if (content := line.text.partition("#")[0].strip()) and _VERBOSE.fullmatch(content) is None
    )


def format_remap(rules: Iterable[RemapRule]) -> str:
    """Write a ``manifest.remap``.

    Parameters
    ----------
    rules : `~collections.abc.Iterable` [ `RemapRule` ]
        In the order of the lines.

    Returns
    -------
    text : `str`
        One line for each.
    """
    return "".join(f"{rule.format()}\n" for rule in rules)


def _read_rule(line: Line, content: str) -> RemapRule:
    purpose, content = _read_prefix(line, content)
    fields = content.split()
    # A column is counted in the line as it is, where a prefix may stand apart.
    shift = len(line.text.partition("#")[0].split()) - len(fields)
    if not 1 <= len(fields) <= _MAX_FIELDS:
        raise line.error(
            f"{len(fields)} columns instead of product, replacement and flavor",
            column=line.column_of(_MAX_FIELDS + shift),
        )
    name, _, version = fields[0].partition(":")
    product = line.read(parse_product_name, name, field=shift)
    action, target_product, target_version = _read_target(line, fields, product, shift)
    return RemapRule(
        product=product,
        version=None if version in {"", "any", "Any"} else line.read(_parse_version, version, field=shift),
        flavor=line.read(parse_flavor, fields[2], field=2 + shift) if len(fields) == _MAX_FIELDS else None,
        purpose=purpose,
        action=action,
        target_product=target_product,
        target_version=target_version,
    )


def _read_prefix(line: Line, content: str) -> tuple[RemapPurpose | None, str]:
    prefix = _PREFIX.match(content)
    if prefix is None:
        return None, content
    if prefix[1] not in set(RemapPurpose):
        raise line.error(
            f"prefix `[{prefix[1]}]` instead of `[create]` or `[install]`", column=line.column_of(0)
        )
    return RemapPurpose(prefix[1]), content[prefix.end() :]


def _read_target(
    line: Line, fields: list[str], product: ProductName, shift: int
) -> tuple[RemapAction, ProductName, EupsVersion | None]:
    if len(fields) == 1:
        return RemapAction.DROP, product, None
    before, _, after = fields[1].partition(":")
    target, version = (before, after) if after else (product, before)
    target_product = line.read(parse_product_name, target, field=1 + shift)
    if version in {"any", "none", "None"}:
        return RemapAction.DROP, target_product, None
    if version.lower() == "noreinstall":
        return RemapAction.KEEP, target_product, None
    if version == "dummy":
        return RemapAction.DUMMY, target_product, None
    return RemapAction.REPLACE, target_product, line.read(_parse_version, version, field=1 + shift)


def _parse_version(text: str) -> EupsVersion:
    # EUPS's documentation shows `*`, its code never understood it.
    if "*" in text:
        raise InvalidNameError(f"`{text}` is not a version", hint="write `any` for all versions")
    return parse_eups_version(text)
