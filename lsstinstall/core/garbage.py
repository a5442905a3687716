"""What nobody needs any more: which tags are kept, and what could go."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, NotFoundError
from lsstinstall.core.tags import EupsTag, TagKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from lsstinstall.core.stackgraphs import ProductVersion

__all__ = ["Garbage", "GarbageKind", "TagRule"]

_CURRENT = "current"
_WILDCARDS = frozenset("*?[")
_WITHOUT_AGE = frozenset({TagKind.FLOATING, TagKind.BRANCH})


class GarbageKind(StrEnum):
    """What sort of thing could go."""

    PRODUCT = "product"
    LEFTOVER = "leftover"
    ENVIRONMENT = "environment"
    PACKAGE = "package"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage:
    """One thing that nobody needs.

    Parameters
    ----------
    kind : `GarbageKind`
        What sort of thing.
    name : `str`
        What people call it.
    place : `str` or `None`
        Absolute path; `None` for a product without a folder.
    reason : `str`
        Why nobody needs it, a few words.
    size_bytes : `int`
        What the disk gains.
    item : `ProductVersion` or `None`
        The product, if it is one.
    """

    kind: GarbageKind
    name: str
    place: str | None
    reason: str
    size_bytes: int = 0
    item: ProductVersion | None = None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            "kind": self.kind.value,
            "name": self.name,
            "path": self.place,
            "reason": self.reason,
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule:
    """Which tags keep their products.

    Parameters
    ----------
    patterns : `tuple` [ `str`, ... ]
        Tags, or patterns as of a shell, such as ``v*``.
    newest : `int` or `None`
        How many tags of each kind are kept, the newest; `None` for none.

    Notes
    -----
    Without patterns and number all tags are kept. Otherwise those are that
    have no form of Rubin's tags, for a person gave them, but ``current``,
    which each first version of a product gets, is kept only by its name.

    A tag is not among the newest if all that carries it carries another tag
    of its kind, with more: servers tag what next week's release has unchanged,
    and nobody has installed that release.
    """

    patterns: tuple[str, ...] = ()
    newest: int | None = None

    def kept(self, carriers: Mapping[str, AbstractSet[ProductVersion]]) -> frozenset[str]:
        """Choose the tags to keep.

        Parameters
        ----------
        carriers : `~collections.abc.Mapping` [ `str`, `~collections.abc.Set` [ `ProductVersion` ] ]
            All tags of a stack, with the products that carry each.

        Returns
        -------
        kept : `frozenset` [ `str` ]
            Some of them.

        Raises
        ------
        NotFoundError
            Raised if a tag that was named is not there, or patterns alone
            were given and fit no tag: everything would go.
        """
        if not self.patterns and self.newest is None:
            return frozenset(carriers)
        kept = {tag for tag in carriers if any(fnmatchcase(tag, pattern) for pattern in self.patterns)}
        self._check(kept)
        by_kind: dict[TagKind, list[EupsTag]] = defaultdict(list)
        for name in carriers.keys() - {_CURRENT}:
            try:
                tag = EupsTag.parse(name)
            except InvalidNameError:
                kept.add(name)
            else:
                by_kind[tag.kind].append(tag)
        for kind, found in by_kind.items():
            if self.newest is not None and kind not in _WITHOUT_AGE:
                whole = [
                    one
                    for one in found
                    if not any(carriers[one.name] < carriers[more.name] for more in found)
                ]
                newest = sorted(whole, key=lambda tag: tag.listing_key, reverse=True)
                kept.update(tag.name for tag in newest[: self.newest])
        return frozenset(kept)

    def _check(self, matched: AbstractSet[str]) -> None:
        missing = [one for one in self.patterns if one not in matched and _WILDCARDS.isdisjoint(one)]
        if self.newest is None and not matched:
            missing = list(self.patterns)
        if missing:
            names = ", ".join(f"`{one}`" for one in missing)
            raise NotFoundError(
                f"no installed product has the tag {names} that is to be kept",
                hint="`lsstinstall list` shows the tags that are there",
            )
