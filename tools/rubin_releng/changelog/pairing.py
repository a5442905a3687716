"""Finds products that only changed their name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from rubin_releng.changelog.ends import End
    from rubin_releng.changelog.relating import Sources

__all__ = ["pair_names"]

_SCHEME = re.compile(r"^(?:[a-z+]+://(?:[^@/]+@)?|[^@/]+@)")


def pair_names(
    olds: Mapping[ProductName, End], news: Mapping[ProductName, End], sources: Sources
) -> dict[ProductName, ProductName]:
    """Find former names of products.

    Parameters
    ----------
    olds : `~collections.abc.Mapping` [ `ProductName`, `End` ]
        Old ends of the products that are gone.
    news : `~collections.abc.Mapping` [ `ProductName`, `End` ]
        New ends of the products that came.
    sources : `Sources`
        Has the table of names, URLs and histories.

    Returns
    -------
    names : `dict` [ `ProductName`, `ProductName` ]
        Former name by new name: by the table, else because both have one
        repository, else because the new history goes on from the old one. A
        common first commit is not enough, for templates and split products
        have that, too.
    """
    found: dict[ProductName, ProductName] = {}
    for new in sorted(news):
        old = sources.settings.renamed.get(new)
        if old is not None and old in olds:
            found[new] = old
    _match(found, _urls(olds, sources), _urls(news, sources))
    for new in sorted(news.keys() - found.keys()):
        grown = [old for old in sorted(olds.keys() - found.values()) if _has(new, olds[old], sources)]
        if len(grown) == 1:
            found[new] = grown[0]
    return found


def _has(new: ProductName, old: End, sources: Sources) -> bool:
    """Tell whether a history holds what the other product was built from."""
    reader = sources.readers.get(new)
    return reader is not None and old.commit is not None and reader.resolve((old.commit,)) != (None,)


def _match(
    found: dict[ProductName, ProductName], olds: Mapping[ProductName, str], news: Mapping[ProductName, str]
) -> None:
    """Pair what has the same mark; a mark that several have pairs nothing."""
    for new, mark in sorted(news.items()):
        if new in found:
            continue
        alike = [old for old, other in olds.items() if other == mark and old not in found.values()]
        rivals = [other for other, its in news.items() if its == mark and other not in found]
        if len(alike) == 1 and len(rivals) == 1:
            found[new] = alike[0]


def _urls(ends: Mapping[ProductName, End], sources: Sources) -> dict[ProductName, str]:
    urls = {name: end.repository or sources.repositories.get(name) for name, end in ends.items()}
    return {name: _plain_url(url) for name, url in urls.items() if url}


def _plain_url(url: str) -> str:
    """Leave out what does not tell repositories apart."""
    path = _SCHEME.sub("", url.strip().rstrip("/").removesuffix(".git"))
    return path.replace(":", "/", 1).lower()
