"""The history that the demo's repositories get, read from ``history.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["History", "Merge", "ProductHistory", "TagMark", "parse_history"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A ticket branch that was merged.

    Parameters
    ----------
    pull_request : `int`
        Its number.
    branch : `str`
        ``tickets/DM-55109``.
    title : `str`
        Of the pull request.
    authored, merged : `~datetime.datetime`
        When the branch's commit and the merge were made.
    source : `str`
        Version of the source distribution that has the content.
    paths : `tuple` [ `str`, ... ]
        Shell patterns of the files it touched; empty means all that differ.
    """

    pull_request: int
    branch: str
    title: str
    authored: datetime
    merged: datetime
    source: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductHistory:
    """The history of one repository.

    Parameters
    ----------
    name : `str`
        EUPS product.
    requires : `tuple` [ `str`, ... ]
        Products in its table file, in order.
    root : `str` or `None`
        Version of the source distribution of the first commit; `None` for
        a product without sources.
    date : `~datetime.datetime`
        When that state was reached.
    merges : `tuple` [ `Merge`, ... ]
        Oldest first.
    """

    name: str
    requires: tuple[str, ...]
    root: str | None
    date: datetime
    merges: tuple[Merge, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Versions of the source distributions it needs, in order of use, each once."""
        used = [*([self.root] if self.root else []), *(merge.source for merge in self.merges)]
        return tuple(dict.fromkeys(used))


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMark:
    """A git tag on the state that all repositories had at a time.

    Parameters
    ----------
    name : `str`
        Git spelling, ``w.2026.28``.
    date : `~datetime.datetime`
        When it was made.
    """

    name: str
    date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All repositories of the demo.

    Parameters
    ----------
    products : `tuple` [ `ProductHistory`, ... ]
        In file order.
    tags : `tuple` [ `TagMark`, ... ]
        Weekly tags, in file order.
    release_tags : `tuple` [ `TagMark`, ... ]
        Tags that are made after the last weekly was cut, in file order; the
        last is the release's.
    """

    products: tuple[ProductHistory, ...]
    tags: tuple[TagMark, ...]
    release_tags: tuple[TagMark, ...] = ()


def parse_history(text: str, *, source: str) -> History:
    """Read a ``history.toml``.

    Parameters
    ----------
    text : `str`
        Content of the file.
    source : `str`
        Its name, for errors.

    Returns
    -------
    history : `History`
        In file order.

    Raises
    ------
    ConfigurationError
        Raised if it is not TOML, or a key is missing or unknown.
    """
    try:
        values = tomllib.loads(text)
        products = tuple(_parse_product(name, entry) for name, entry in values["products"].items())
        tags, release_tags = (
            tuple(TagMark(**tag) for tag in values.get(key, ())) for key in ("tags", "release_tags")
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"`{source}` is no history: {error}") from error
    return History(products=products, tags=tags, release_tags=release_tags)


def _parse_product(name: str, entry: Mapping[str, Any]) -> ProductHistory:
    merges = tuple(
        Merge(**{**merge, "paths": tuple(merge.get("paths", ()))}) for merge in entry.get("merges", ())
    )
    return ProductHistory(
        name=name,
        requires=tuple(entry["requires"]),
        root=entry.get("root"),
        date=entry["date"],
        merges=merges,
    )
