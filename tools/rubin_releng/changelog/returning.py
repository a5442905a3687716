"""Tells products that are new from products that are back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.tags import parse_tag
from rubin_releng.changelog.models import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.changelog.models import ChangeLog

__all__ = ["mark_returned"]


def mark_returned(changelog: ChangeLog, tag_names: Callable[[ProductName], Iterable[str]]) -> ChangeLog:
    """Mark the added products that an earlier release had.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    tag_names : `~collections.abc.Callable`
        Gives all tags of a product's repository, without ``refs/tags/``;
        asked for added products alone.

    Returns
    -------
    changelog : `ChangeLog`
        The same, if the old end is not a release: then nobody can tell what
        was earlier.
    """
    tag = changelog.old.tag
    if tag is None:
        return changelog
    products = (
        replace(product, is_returned=any(_is_earlier(name, tag) for name in tag_names(product.name)))
        if product.relation is Relation.ADDED
        else product
        for product in changelog.products
    )
    return replace(changelog, products=tuple(products))


def _is_earlier(name: str, tag: EupsTag) -> bool:
    """Tell whether a tag of a repository is an earlier release of the same kind."""
    for external in (False, True):
        try:
            found = parse_tag(name, external=external)
        except InvalidNameError:
            continue
        return found.kind is tag.kind and found < tag
    return False
