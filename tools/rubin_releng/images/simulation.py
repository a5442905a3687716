"""What clients would have moved each week, had the layers been cut in some way."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from statistics import fmean, median
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.graph import levels
from rubin_releng.images.grouping import HOT, Candidate, change_rates, group_products

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import ProductName

__all__ = ["DEFAULT_POLICIES", "PolicyResult", "Transition", "restrict", "simulate"]

DEFAULT_POLICIES = ("one", "product", "source", "groups-8", "groups-32", "depth-32", "hot-cold", "plan-53")
"""Policies of a table, if nobody asks for others."""

_POLICY = re.compile(r"(?P<kind>one|product|source|hot-cold|groups|depth|plan|without)(?:-(?P<rest>.+))?")
_HOT_RATE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What one week moved.

    Parameters
    ----------
    build : `str`
        The newer of the two builds.
    count, size : `float`
        Part of all products, and of all their bytes, 0 to 1.
    """

    build: str
    count: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """What one way to cut layers costs.

    Parameters
    ----------
    policy : `str`
        As it was asked for.
    layers : `int`
        Most layers of any week.
    weeks : `tuple` [ `Transition`, ... ]
        The oldest first.
    """

    policy: str
    layers: int
    weeks: tuple[Transition, ...]

    def summary(self, *, by_size: bool) -> tuple[float, float, float]:
        """Sum up.

        Parameters
        ----------
        by_size : `bool`
            By bytes instead of by number.

        Returns
        -------
        mean, median, worst : `tuple` [ `float`, `float`, `float` ]
            Over all weeks.
        """
        values = [week.size if by_size else week.count for week in self.weeks]
        return fmean(values), median(values), max(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """All weeks, seen in one way."""

    manifests: tuple[BuildManifest, ...]
    changed: tuple[frozenset[ProductName], ...]
    sizes: Mapping[ProductName, float]

    def rates(self, first: int, last: int) -> dict[str, float]:
        """Rates over transitions; products that are new in them count as unchanged."""
        return change_rates([_versions(one) for one in self.manifests[first : last + 1]])


def restrict(
    manifest: BuildManifest, roots: Iterable[ProductName], without: Iterable[str]
) -> frozenset[ProductName]:
    """Choose what some products pull in.

    Parameters
    ----------
    manifest : `BuildManifest`
        One build.
    roots : `~collections.abc.Iterable` [ `ProductName` ]
        Top products; those that it does not have are passed over.
    without : `~collections.abc.Iterable` [ `str` ]
        Patterns of names that are left out, though what they need is not.

    Returns
    -------
    products : `frozenset` [ `ProductName` ]
        All of them if there are no roots.
    """
    graph = manifest.dependencies
    waiting = [name for name in roots if name in graph]
    found = set(waiting) or set(graph)
    while waiting:
        needed = set(graph[waiting.pop()]) - found
        found |= needed
        waiting += needed
    patterns = tuple(without)
    return frozenset(name for name in found if not any(fnmatchcase(name, one) for one in patterns))


def simulate(
    manifests: Sequence[BuildManifest],
    policy: str,
    *,
    chosen: Callable[[BuildManifest], frozenset[ProductName]],
    sizes: Mapping[ProductName, float],
    training: int = 12,
) -> PolicyResult:
    """Replay a policy over builds.

    Parameters
    ----------
    manifests : `~collections.abc.Sequence` [ `BuildManifest` ]
        One for each week, the oldest first; two at least.
    policy : `str`
        ``one``, ``product``, ``source`` (only source changes count),
        ``without-NAME`` (NAME does not enter versions), ``groups-N``,
        ``depth-N``, ``hot-cold``, ``plan-N`` (what `image plan` does).
    chosen : `~collections.abc.Callable`
        Products of a build that are in the image.
    sizes : `~collections.abc.Mapping` [ `ProductName`, `float` ]
        Of products; those that are missing have the median of the others.
    training : `int`, optional
        Weeks that policies with groups learn from, and which are not judged.

    Returns
    -------
    result : `PolicyResult`
        Of all weeks that were judged.

    Raises
    ------
    ConfigurationError
        Raised if there is no such policy, or there are too few builds.
    """
    found = _POLICY.fullmatch(policy)
    if found is None:
        raise ConfigurationError(
            f"`{policy}` is no policy",
            hint="expected one, product, source, without-NAME, groups-N, depth-N, hot-cold or plan-N",
        )
    kind, rest = found["kind"], found["rest"]
    needs_number = kind in {"groups", "depth", "plan"}
    if needs_number and (rest is None or not rest.isdecimal() or int(rest) == 0):
        raise ConfigurationError(f"`{policy}` needs a number of layers", hint=f"for example `{kind}-32`")
    if (kind == "without") != (rest is not None) and not needs_number:
        raise ConfigurationError(f"`{policy}` is no policy", hint=f"expected `{kind}` or `without-NAME`")
    start = training if needs_number or kind == "hot-cold" else 0
    if len(manifests) < start + 2:
        raise ConfigurationError(
            f"{len(manifests)} builds are too few for `{policy}`", hint=f"at least {start + 2} are needed"
        )
    past = _Past(
        manifests=tuple(manifests),
        changed=tuple(_changed(old, new, kind, rest) for old, new in itertools.pairwise(manifests)),
        sizes=sizes,
    )
    return _replay(past, policy, kind, int(rest) if needs_number else 0, chosen, start)


def _replay(
    past: _Past,
    policy: str,
    kind: str,
    number: int,
    chosen: Callable[[BuildManifest], frozenset[ProductName]],
    start: int,
) -> PolicyResult:
    weeks = []
    layers = 0
    homes: dict[str, str] = {}
    if start:
        homes = _homes(past, kind, number, chosen(past.manifests[start]), start, {})
    for index in range(start, len(past.changed)):
        old, new = chosen(past.manifests[index]), chosen(past.manifests[index + 1])
        before = homes or _homes(past, kind, number, old, index, {})
        after = _homes(past, kind, number, new, index + 1, before)
        layers = max(layers, len(set(after.values())))
        moved = {after[name] for name in new if name in past.changed[index] or name not in old}
        # A layer that lost something is another one, too.
        moved |= {home for name, home in before.items() if name not in new}
        moved |= {after[name] for name in new & old if before.get(name) != after[name]}
        weeks.append(_transition(past, new, {name for name in new if after[name] in moved}, index))
        homes = after if start else {}
    return PolicyResult(policy=policy, layers=layers, weeks=tuple(weeks))


def _homes(
    past: _Past,
    kind: str,
    number: int,
    products: frozenset[ProductName],
    week: int,
    before: Mapping[str, str],
) -> dict[str, str]:
    """Tell the layer of each product in a week, knowing only earlier ones."""
    if kind == "one":
        return dict.fromkeys(products, "one")
    if kind in {"product", "source", "without"}:
        return {name: name for name in products}
    rates = past.rates(max(0, week - 12), week)
    if kind == "hot-cold":
        return {name: HOT if rates.get(name, 0.0) > _HOT_RATE else name for name in products}
    if kind == "plan":
        weights = _weights(past.sizes, products)
        candidates = [
            Candidate(
                name=name,
                size_bytes=round(weights[name]),
                rate=rates.get(name, 0.0),
                is_data=name.endswith("_data"),
            )
            for name in products
        ]
        groups = group_products(candidates, layers=number, previous=before)
        return {name: home for home, members in groups.items() for name in members}
    if before:
        return {name: before.get(name, f"group {number}") for name in products}
    return _cut(past, products, rates, number, week, by_depth=kind == "depth")


def _cut(
    past: _Past,
    products: frozenset[ProductName],
    rates: Mapping[str, float],
    number: int,
    week: int,
    *,
    by_depth: bool,
) -> dict[str, str]:
    """Cut into groups of the same size, the last one apart; rarely changed ones first."""
    depths = {
        name: depth for depth, level in enumerate(levels(past.manifests[week].dependencies)) for name in level
    }
    order = sorted(
        products, key=lambda name: (rates.get(name, 0.0), depths.get(name, 0) if by_depth else 0, name)
    )
    most = -(-len(order) // number)
    return {name: f"group {1 + index // most}" for index, name in enumerate(order)}


def _transition(
    past: _Past, products: frozenset[ProductName], moved: set[ProductName], index: int
) -> Transition:
    weights = _weights(past.sizes, products)
    return Transition(
        build=past.manifests[index + 1].build,
        count=len(moved) / len(products),
        size=sum(weights[name] for name in moved) / sum(weights.values()),
    )


def _weights(sizes: Mapping[ProductName, float], products: Iterable[ProductName]) -> dict[ProductName, float]:
    known = [size for size in sizes.values() if size > 0]
    usual = median(known) if known else 1.0
    return {name: sizes.get(name) or usual for name in products}


def _changed(
    old: BuildManifest, new: BuildManifest, kind: str, ignored: str | None
) -> frozenset[ProductName]:
    """Tell what is another file in the newer build."""
    before, after = old.by_name, new.by_name
    if kind not in {"source", "without"}:
        return frozenset(
            name for name in after if name not in before or before[name].version != after[name].version
        )
    sources = {name for name in after if name not in before or before[name].sha != after[name].sha}
    if kind == "source":
        return frozenset(sources)
    return frozenset(sources | _dependents(new, sources, ignored))


def _dependents(manifest: BuildManifest, sources: set[ProductName], ignored: str | None) -> set[ProductName]:
    """Everything that needs something changed, the ignored product apart."""
    found: set[ProductName] = set()
    # Those that others need come first.
    for level in levels(manifest.dependencies):
        for name in level:
            needed = {one for one in manifest.dependencies[name] if one != ignored}
            if needed & (sources | found):
                found.add(name)
    return found


def _versions(manifest: BuildManifest) -> dict[str, str]:
    return {product.name: product.version for product in manifest.products}
