"""Cuts an installation into layers: environment, data, products, and what is left on top."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.layerings import Layering, LayerKind, PlannedLayer, PlannedPart
from rubin_releng.images.grouping import COLD, HOT, Candidate, group_packages, group_products

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Installation", "PlacedPackage", "PlacedProduct", "PlanRules", "plan_layers"]

_LEAST_LAYERS = 5
"""Two for the environment, two for products, top."""


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedProduct:
    """One installed product.

    Parameters
    ----------
    name, version, flavor : `str`
        As EUPS prints them.
    path : `str`
        Below the root.
    digest : `str`
        Of the package that it came from; empty if nobody knows.
    size_bytes : `int`
        Of its files, about.
    """

    name: str
    version: str
    flavor: str
    path: str
    digest: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPackage:
    """One conda package of the environment.

    Parameters
    ----------
    name, version : `str`
        Version and build, joined by a hyphen.
    digest : `str`
        Of its archive; empty if nobody knows.
    size_bytes : `int`
        Of its archive.
    """

    name: str
    version: str
    digest: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What there is to be cut.

    Parameters
    ----------
    root, at : `str`
        Its folder, and where that lies in the image.
    environment : `str` or `None`
        Below the root.
    packages : `tuple` [ `PlacedPackage`, ... ]
        Of the environment.
    products : `tuple` [ `PlacedProduct`, ... ]
        One version each.
    """

    root: str
    at: str
    environment: str | None = None
    packages: tuple[PlacedPackage, ...] = ()
    products: tuple[PlacedProduct, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """How to cut.

    Parameters
    ----------
    budget : `int`
        Layers of the whole image.
    below : `int`
        How many of them the image below has.
    environment_layers : `int`
        How many the environment may have, beside one for what no package
        brought.
    data : `tuple` [ `str`, ... ]
        Patterns of names of products that are data.
    variant : `str`
        What else the content depends on, such as the rules of a clean-up.
    rates : `~collections.abc.Mapping` [ `str`, `float` ]
        How often products and packages change, 0 to 1.
    previous : `~collections.abc.Mapping` [ `str`, `str` ]
        Layer of each product and package last time.
    """

    budget: int = 64
    below: int = 1
    environment_layers: int = 6
    data: tuple[str, ...] = ("*_data",)
    variant: str = ""
    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    previous: Mapping[str, str] = field(default_factory=_nothing)


def plan_layers(installation: Installation, rules: PlanRules) -> Layering:
    """Cut an installation into layers.

    Parameters
    ----------
    installation : `Installation`
        What there is.
    rules : `PlanRules`
        How to cut.

    Returns
    -------
    layering : `Layering`
        Environment, data, products alone, products together, top.

    Raises
    ------
    ConfigurationError
        Raised if the budget does not suffice.
    """
    free = rules.budget - rules.below
    if free < _LEAST_LAYERS:
        raise ConfigurationError(
            f"a budget of {rules.budget} layers leaves {free} above the image below",
            hint=f"at least {_LEAST_LAYERS} are needed",
        )
    # One for what no package brought, one for the top, two for products.
    most = min(rules.environment_layers, free - _LEAST_LAYERS + 1)
    environment = _environment(installation, rules, most)
    left = free - len(environment) - 1
    layers = (*environment, *_products(installation, rules, left), _top(installation))
    return Layering(layers=layers, budget=rules.budget)


def _environment(installation: Installation, rules: PlanRules, most: int) -> tuple[PlannedLayer, ...]:
    if installation.environment is None:
        return ()
    packages = {one.name: one for one in installation.packages}
    candidates = [
        Candidate(name=one.name, size_bytes=one.size_bytes, rate=rules.rates.get(one.name, 0.0))
        for one in installation.packages
    ]
    place = installation.environment
    source, at = f"{installation.root}/{place}", f"{installation.at.rstrip('/')}/{place}"
    layers = [
        PlannedLayer(
            name=name,
            kind=LayerKind.ENVIRONMENT,
            key=_key("packages", [_facts(packages[member]) for member in members], at, rules),
            products={member: packages[member].version for member in members},
            parts=(PlannedPart(source=source, at=at, packages=members),),
            size_bytes=sum(packages[member].size_bytes for member in members),
        )
        for name, members in group_packages(candidates, layers=most, previous=rules.previous).items()
    ]
    names = tuple(sorted(packages))
    rest = PlannedLayer(
        name="environment-rest",
        kind=LayerKind.ENVIRONMENT,
        # Byte-code and caches: made from the packages, by programs that are among them.
        key=_key("rest", [_facts(packages[name]) for name in names], at, rules),
        products={},
        parts=(PlannedPart(source=source, at=at, packages=names, is_rest=True),),
    )
    return (*layers, rest)


def _products(installation: Installation, rules: PlanRules, most: int) -> tuple[PlannedLayer, ...]:
    products = {one.name: one for one in installation.products}
    if not products:
        return ()
    candidates = [
        Candidate(
            name=one.name,
            size_bytes=one.size_bytes,
            rate=rules.rates.get(one.name, 0.0),
            is_data=any(fnmatchcase(one.name, pattern) for pattern in rules.data),
        )
        for one in installation.products
    ]
    data = {one.name for one in candidates if one.is_data}
    # Whoever builds on another environment gets other files, though EUPS calls them the same.
    environment = _key("environment", sorted(_facts(one) for one in installation.packages), "", rules)
    layers = []
    for name, members in group_products(candidates, layers=most, previous=rules.previous).items():
        kind = LayerKind.DATA if name in data else LayerKind.PRODUCT
        facts = [_facts(products[member]) for member in members]
        layers.append(
            PlannedLayer(
                name=name,
                kind=LayerKind.SHARED if name in {COLD, HOT} else kind,
                key=_key("products", facts, environment, rules),
                products={member: products[member].version for member in members},
                parts=tuple(_product_part(installation, products[member]) for member in members),
                size_bytes=sum(products[member].size_bytes for member in members),
            )
        )
    return tuple(layers)


def _product_part(installation: Installation, product: PlacedProduct) -> PlannedPart:
    return PlannedPart(
        source=f"{installation.root}/{product.path}", at=f"{installation.at.rstrip('/')}/{product.path}"
    )


def _top(installation: Installation) -> PlannedLayer:
    """Everything else: databases, tags, scripts. Only reading it tells what it is."""
    places = {one.path for one in installation.products}
    if installation.environment is not None:
        places.add(installation.environment)
    part = PlannedPart(source=installation.root, at=installation.at, without=tuple(sorted(places)))
    return PlannedLayer(name="top", kind=LayerKind.TOP, key=None, products={}, parts=(part,))


def _facts(one: PlacedProduct | PlacedPackage) -> list[str]:
    if isinstance(one, PlacedProduct):
        return [one.name, one.version, one.flavor, one.path, one.digest]
    return [one.name, one.version, one.digest]


def _key(what: str, facts: list[list[str]], context: str, rules: PlanRules) -> str:
    return hashlib.sha256(canonical_json([what, facts, context, rules.variant])).hexdigest()
