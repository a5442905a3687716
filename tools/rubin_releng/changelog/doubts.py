"""What is doubtful of a change log, told in few sentences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lsstinstall.core.names import ProductName
    from rubin_releng.changelog.models import ProductChanges
    from rubin_releng.changelog.relating import Sources
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changelogsettings import ChangeLogSettings

__all__ = ["Doubt", "Doubtful", "doubt_product", "doubt_sides", "tell_doubts"]

# So many products have a sentence each; more of them share one.
_FEW = 3


class Doubtful(StrEnum):
    """What is not known of a product."""

    CHANGES = "changes"
    NEWS = "news"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that is not known of one product.

    Parameters
    ----------
    product : `ProductName`
        The product.
    of : `Doubtful`
        What is not known.
    reason : `str`
        Why; the same for many products, where it has one cause.
    """

    product: ProductName
    of: Doubtful
    reason: str


def tell_doubts(doubts: Iterable[str | Doubt]) -> tuple[str, ...]:
    """Put doubts into sentences.

    Parameters
    ----------
    doubts : `~collections.abc.Iterable` [ `str` or `Doubt` ]
        Sentences, and doubts of single products.

    Returns
    -------
    sentences : `tuple` [ `str`, ... ]
        In the order of the doubts; many products with one reason share a
        sentence, at the place of the first.
    """
    alike: dict[tuple[Doubtful, str], list[ProductName]] = defaultdict(list)
    given = tuple(doubts)
    for doubt in given:
        if isinstance(doubt, Doubt):
            alike[doubt.of, doubt.reason].append(doubt.product)
    return tuple(
        dict.fromkeys(
            doubt if isinstance(doubt, str) else _tell(doubt, alike[doubt.of, doubt.reason])
            for doubt in given
        )
    )


def _tell(doubt: Doubt, alike: Sequence[ProductName]) -> str:
    news = "news of " if doubt.of is Doubtful.NEWS else ""
    if len(alike) <= _FEW:
        verb = "are" if news else "is"
        return f"{news}`{doubt.product}` {verb} not known: {doubt.reason}"
    first = ", ".join(f"`{name}`" for name in alike[:_FEW])
    others = f" and {len(alike) - _FEW} more"
    return f"{news}{len(alike)} products are not known ({first}{others}): {doubt.reason}"


def doubt_product(product: ProductChanges, sources: Sources) -> list[str | Doubt]:
    """Tell what is doubtful of one product.

    Parameters
    ----------
    product : `ProductChanges`
        What was found.
    sources : `Sources`
        Where.

    Returns
    -------
    doubts : `list` [ `str` or `Doubt` ]
        Nothing of a product whose merges nobody wants.
    """
    reader = sources.readers.get(product.name)
    if product.is_excluded:
        return []
    if product.reason is not None:
        return [Doubt(product=product.name, of=Doubtful.CHANGES, reason=product.reason)]
    if reader is not None and product.state is State.CHANGED and reader.is_shallow():
        return [f"the history of `{product.name}` is cut off, so tickets may be missing"]
    return []


def doubt_sides(
    old: Side, new: Side, products: Sequence[ProductChanges], settings: ChangeLogSettings
) -> tuple[str, ...]:
    """Tell what is doubtful of the ends themselves.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    products : `~collections.abc.Sequence` [ `ProductChanges` ]
        What was compared.
    settings : `ChangeLogSettings`
        Knows releases that were withdrawn.

    Returns
    -------
    warnings : `tuple` [ `str`, ... ]
        A tag that no repository has is rather misspelt than a release
        without products.
    """
    found: list[str] = []
    for side, has_none in (
        (old, all(product.from_commit is None for product in products)),
        (new, all(product.to_commit is None for product in products)),
    ):
        found += side.warnings
        if side.is_tag and has_none:
            found.append(f"no repository has the tag `{side.name}`")
        withdrawn = settings.overrides.why_withdrawn(side.tag)
        if withdrawn is not None:
            found.append(f"`{side.name}` was withdrawn: {withdrawn}")
    return tuple(dict.fromkeys(found))
