"""The exclusion map, ``exclusions.txt``: optional dependencies that are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.lines import Line, numbered_lines

if TYPE_CHECKING:
    import re

    from lsstinstall.core.names import ProductName

__all__ = ["ExclusionMap", "ExclusionRule", "parse_exclusions"]

_FIELDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionRule:
    """Dependencies that some products do without.

    Parameters
    ----------
    dependency, product : `re.Pattern`
        Compared with the beginning of the names: ``condor`` is also meant by
        a dependency on ``condor_plugin``.
    """

    dependency: re.Pattern[str]
    product: re.Pattern[str]

    def format(self) -> str:
        """Write the rule as one line, without its end."""
        return f"{self.dependency.pattern:<23} {self.product.pattern}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionMap:
    """All rules of a file.

    Parameters
    ----------
    rules : `tuple` [ `ExclusionRule`, ... ]
        In file order, which means nothing.
    """

    rules: tuple[ExclusionRule, ...] = ()

    def excludes(self, dependency: ProductName, *, of: ProductName) -> bool:
        """Tell whether an optional dependency is left out.

        Parameters
        ----------
        dependency : `ProductName`
            What is depended on; never ask for a required one.
        of : `ProductName`
            The product that depends on it.

        Returns
        -------
        excluded : `bool`
            Whether a rule matches the beginnings of both names.
        """
        return any(rule.dependency.match(dependency) and rule.product.match(of) for rule in self.rules)

    def format(self) -> str:
        """Write the map, one rule a line."""
        return "".join(f"{rule.format()}\n" for rule in self.rules)


def parse_exclusions(text: str, *, source: str) -> ExclusionMap:
    """Read an exclusion map.

    Parameters
    ----------
    text : `str`
        Content of ``exclusions.txt``.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    exclusions : `ExclusionMap`
        Rules in file order.

    Raises
    ------
    FormatError
        Raised if a line has one field only, or a field is no regular
        expression; it points at the place in the expression.

    Notes
    -----
    Format: ``etc/exclusions.txt`` of lsstsw (2026-02), read as ``lsst_build``
    does: a regular expression for the dependency and one for the product, and
    whatever follows is passed over.
    """
    rules = (
        _read_rule(line)
        for line in numbered_lines(text, source=source)
        if line.text.strip() and not line.text.lstrip().startswith("#")
    )
    return ExclusionMap(rules=tuple(rules))


def _read_rule(line: Line) -> ExclusionRule:
    fields = line.text.split()
    if len(fields) < _FIELDS:
        raise line.error(
            "one field instead of a pattern for dependencies and one for products", column=line.column_of(1)
        )
    return ExclusionRule(
        dependency=line.read_pattern(fields[0], column=line.column_of(0)),
        product=line.read_pattern(fields[1], column=line.column_of(1)),
    )
