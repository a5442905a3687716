"""What products weigh: cores and memory that a build of each takes, declared or measured."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, ProblemsError
from lsstinstall.core.names import parse_product_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.core.names import ProductName

__all__ = ["Capacity", "Weight", "parse_weights", "weigh"]

_GIB = 1 << 30
_KEYS = {"cores", "memory_gib"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What the build of one product takes.

    Parameters
    ----------
    cores : `int` or `None`
        Compilers at once; `None` for its share of the machine.
    memory_bytes : `int` or `None`
        At its peak; `None` if nobody knows.
    """

    cores: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a place where products are built has.

    Parameters
    ----------
    jobs : `int`
        How many products at once.
    cores : `int` or `None`
        Of all running builds together; `None` if that is another's concern.
    memory_bytes : `int` or `None`
        Likewise.
    """

    jobs: int
    cores: int | None = None
    memory_bytes: int | None = None

    @property
    def share(self) -> int:
        """Cores for a product that declares none."""
        return 1 if self.cores is None else max(1, self.cores // self.jobs)

    def fits(self, weight: Weight, running: Collection[Weight]) -> bool:
        """Tell whether one more build can run beside others.

        Parameters
        ----------
        weight : `Weight`
            Of the product.
        running : `~collections.abc.Collection` [ `Weight` ]
            Of what runs; beside nothing everything fits.

        Returns
        -------
        fits : `bool`
            Whether jobs, declared cores and known memory suffice.
        """
        if not running:
            return True
        if len(running) >= self.jobs:
            return False
        cores = sum(one.cores or self.share for one in (*running, weight))
        memory = sum(one.memory_bytes or 0 for one in (*running, weight))
        # What declares no cores shares what there is: only who declares more has to wait.
        declared = any(one.cores is not None for one in (*running, weight))
        return not (
            (self.cores is not None and declared and cores > self.cores)
            or (self.memory_bytes is not None and memory > self.memory_bytes)
        )


def parse_weights(text: str, *, source: str) -> dict[ProductName, Weight]:
    """Read a file of weights.

    Parameters
    ----------
    text : `str`
        TOML, a table for each product with ``cores`` (a whole number), or
        ``memory_gib``, or both.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    weights : `dict` [ `ProductName`, `Weight` ]
        In file order.

    Raises
    ------
    ConfigurationError
        Raised if it is no TOML.
    ProblemsError
        Raised if it says something else.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"`{source}` is no TOML: {str(error)[:1].lower()}{str(error)[1:]}"
        ) from error
    problems: list[ConfigurationError] = []
    weights: dict[ProductName, Weight] = {}
    for name, table in tables.items():
        try:
            weights[parse_product_name(name)] = _read_weight(name, table)
        except ConfigurationError as error:
            problems.append(error)
    if problems:
        hint = "write `[afw]`, and below it `cores = 4` or `memory_gib = 8`"
        raise ProblemsError(f"`{source}` holds what is no weight", problems, hint=hint)
    return weights


def _read_weight(name: str, table: object) -> Weight:
    if not isinstance(table, dict) or not table or not _KEYS.issuperset(table):
        wrong = "" if not isinstance(table, dict) else ", ".join(f"`{key}`" for key in {*table} - _KEYS)
        raise ConfigurationError(f"`{name}` has {wrong or 'nothing'} instead of `cores` and `memory_gib`")
    cores, memory = table.get("cores"), table.get("memory_gib")
    if cores is not None and (type(cores) is not int or cores < 1):
        raise ConfigurationError(f"`cores` of `{name}` is `{cores}`, not a number from 1 on")
    if memory is not None and (type(memory) not in {int, float} or not 0 < memory < float("inf")):
        raise ConfigurationError(f"`memory_gib` of `{name}` is `{memory}`, not a positive number")
    return Weight(cores=cores, memory_bytes=None if memory is None else int(memory * _GIB))


def weigh(
    product: ProductName, *, declared: Mapping[ProductName, Weight], peaks: Mapping[ProductName, int]
) -> Weight:
    """Say what a product weighs.

    Parameters
    ----------
    product : `ProductName`
        The product.
    declared : `~collections.abc.Mapping` [ `ProductName`, `Weight` ]
        What a file says; it wins.
    peaks : `~collections.abc.Mapping` [ `ProductName`, `int` ]
        Memory that was measured in former builds, in bytes.

    Returns
    -------
    weight : `Weight`
        With what is known.
    """
    weight = declared.get(product, Weight())
    if weight.memory_bytes is None:
        return Weight(cores=weight.cores, memory_bytes=peaks.get(product))
    return weight
