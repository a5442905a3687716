"""Which products and packages share a layer: those apart whose layers will most likely stay."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["COLD", "HOT", "Candidate", "change_rates", "group_packages", "group_products"]

COLD = "products-cold"
"""Shared layer of small products that rarely change."""

HOT = "products-hot"
"""Shared layer of those that change in most weeks."""

_HOT_RATE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that needs a layer.

    Parameters
    ----------
    name : `str`
        Of a product or package.
    size_bytes : `int`
        Of its files.
    rate : `float`
        In which part of past weeks it changed, 0 to 1; 0 if nobody knows.
    is_data : `bool`
        Whether it gets a layer of its own before all others.
    """

    name: str
    size_bytes: int
    rate: float = 0.0
    is_data: bool = False

    @property
    def saving(self) -> float:
        """Bytes a week that a layer of its own would save."""
        return self.size_bytes * (1 - self.rate)


def change_rates(weeks: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Tell how often each product changed.

    Parameters
    ----------
    weeks : `~collections.abc.Sequence` [ `~collections.abc.Mapping` [ `str`, `str` ] ]
        Versions by name, the oldest first.

    Returns
    -------
    rates : `dict` [ `str`, `float` ]
        0 to 1, of those that are in two weeks that follow each other; what
        appears or goes did not change.
    """
    changed: dict[str, list[bool]] = {}
    for old, new in itertools.pairwise(weeks):
        for name in new.keys() & old.keys():
            changed.setdefault(name, []).append(old[name] != new[name])
    return {name: sum(times) / len(times) for name, times in sorted(changed.items())}


def group_products(
    candidates: Iterable[Candidate], *, layers: int, previous: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Give each product a layer.

    Parameters
    ----------
    candidates : `~collections.abc.Iterable` [ `Candidate` ]
        All of them.
    layers : `int`
        How many layers there may be.
    previous : `~collections.abc.Mapping` [ `str`, `str` ]
        Layer of each product last week. What is here stays there if the
        layers suffice: groups that stay are worth more than good ones.

    Returns
    -------
    groups : `dict` [ `str`, `tuple` [ `str`, ... ] ]
        Products, sorted, by the name of their layer: that of the product if it
        is alone, else `COLD` or `HOT`. Data come first, then rarely changed
        ones; shared layers are the last.

    Raises
    ------
    ConfigurationError
        Raised if there are fewer than two layers.
    """
    if layers < 2:  # noqa: PLR2004
        raise ConfigurationError(
            f"{layers} layers are too few for products", hint="give a larger budget, at least 2 are needed"
        )
    ranked = sorted(candidates, key=lambda one: (not one.is_data, -one.saving, one.name))
    homes = _kept(ranked, layers, previous) or _chosen(ranked, layers)
    order = {
        one.name: (
            homes[one.name] in {COLD, HOT},
            homes[one.name] == HOT,
            not one.is_data,
            one.rate,
            one.name,
        )
        for one in ranked
    }
    groups: dict[str, tuple[str, ...]] = {}
    for name in sorted(homes, key=lambda name: order[name]):
        groups[homes[name]] = tuple(sorted((*groups.get(homes[name], ()), name)))
    return groups


def group_packages(
    candidates: Iterable[Candidate], *, layers: int, previous: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Share the packages of an environment among layers, rarely changed ones first.

    Parameters
    ----------
    candidates : `~collections.abc.Iterable` [ `Candidate` ]
        All of them.
    layers : `int`
        How many layers there are, at least 1.
    previous : `~collections.abc.Mapping` [ `str`, `str` ]
        Layer of each package last time, which it keeps.

    Returns
    -------
    groups : `dict` [ `str`, `tuple` [ `str`, ... ] ]
        Packages, sorted, by the name of their layer, ``environment-1`` first;
        without layers that nothing is in.
    """
    ranked = sorted(candidates, key=lambda one: (one.rate, one.name))
    names = [f"environment-{number}" for number in range(1, layers + 1)]
    share = sum(one.size_bytes for one in ranked) / layers
    groups: dict[str, list[str]] = {name: [] for name in names}
    filled = 0.0
    for one in ranked:
        # The layer in which its middle lies, if all lay side by side.
        fair = names[min(int((filled + one.size_bytes / 2) / share), layers - 1)] if share else names[0]
        filled += one.size_bytes
        home = previous.get(one.name, fair)
        groups[home if home in groups else fair].append(one.name)
    return {name: tuple(sorted(members)) for name, members in groups.items() if members}


def _kept(ranked: Sequence[Candidate], layers: int, previous: Mapping[str, str]) -> dict[str, str] | None:
    """Leave all where they were; `None` if nothing was, or the layers do not suffice."""
    homes = {
        one.name: previous[one.name] for one in ranked if previous.get(one.name) in {one.name, COLD, HOT}
    }
    if not homes:
        return None
    free = layers - len({*homes.values(), HOT})
    for one in ranked:
        if one.name not in homes:
            homes[one.name] = one.name if free > 0 else HOT
            free -= 1
    return homes if len(set(homes.values())) <= layers else None


def _chosen(ranked: Sequence[Candidate], layers: int) -> dict[str, str]:
    if len(ranked) <= layers:
        return {one.name: one.name for one in ranked}
    alone = {one.name: one.name for one in ranked[: layers - 2]}
    shared = {one.name: HOT if one.rate > _HOT_RATE else COLD for one in ranked[layers - 2 :]}
    return alone | shared
