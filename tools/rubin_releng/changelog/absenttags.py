"""Tags that no repository has: mostly a slip of the pen, which would make every product new or gone."""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from rubin_releng.changelog.sides import read_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lsstinstall.core.tags import EupsTag
    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.sides import Side

__all__ = ["absent_sides", "refuse_absent"]

_TAGS = "refs/tags/"


def absent_sides(changelog: ChangeLog) -> tuple[Side, ...]:
    """Find the ends of a comparison of several products that none of them has.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    sides : `tuple` [ `Side`, ... ]
        Tags that are known by repositories alone. Of one product none: it
        may have come, or gone. Nor one that a place may know which could
        not be asked, of which the change log warns.
    """
    products = changelog.products
    ends = (
        (changelog.old, [product.from_commit for product in products]),
        (changelog.new, [product.to_commit for product in products]),
    )
    return tuple(
        side for side, commits in ends if _rests_on_tags(side) and len(commits) > 1 and not any(commits)
    )


def _rests_on_tags(side: Side) -> bool:
    return side.is_tag and side.pins is None and not side.warnings


def refuse_absent(side: Side, names: Collection[str]) -> None:
    """Refuse a tag that no repository has.

    Parameters
    ----------
    side : `Side`
        The tag.
    names : `~collections.abc.Collection` [ `str` ]
        Tags of all repositories.

    Raises
    ------
    NotFoundError
        Raised if none of its spellings is among them; names the nearest.
    """
    tag = side.tag
    if tag is None or any(ref.removeprefix(_TAGS) in names for ref in side.refs):
        return
    near = ", ".join(f"`{one.name}`" for one in _nearest(tag, names))
    hint = f"the nearest are {near}" if near else "look for it in the repositories with `git tag`"
    raise NotFoundError(f"no repository has `{side.name}`", hint=hint)


def _nearest(tag: EupsTag, names: Iterable[str]) -> list[EupsTag]:
    """Take two before, and the one behind."""
    found = {one for one in map(read_tag, names) if one is not None and one.kind is tag.kind}
    known = sorted(found)
    place = bisect(known, tag)
    return known[max(place - 2, 0) : place + 1]
