"""Which release a release is compared with, and which weekly it was made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from lsstinstall.core.tags import EupsTag, TagKind
from lsstinstall.core.weeks import Week

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

__all__ = ["Predecessor", "base_weekly", "common_weekly", "find_predecessor"]

# In an ordinary week a fifth of the products gets new commits; the rest cannot tell two weeklies apart.
_MOST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """The release to compare with.

    Parameters
    ----------
    tag : `EupsTag`
        It exists.
    note : `str`
        Why it is the one, for people, as in "the weekly before it".
    """

    tag: EupsTag
    note: str


def find_predecessor(
    tag: EupsTag,
    known: Collection[EupsTag],
    *,
    latest_patch: bool = False,
    times: Mapping[EupsTag, datetime] | None = None,
) -> Predecessor | None:
    """Choose what a release is compared with.

    Parameters
    ----------
    tag : `EupsTag`
        A weekly, a daily, a candidate or a final release.
    known : `~collections.abc.Collection` [ `EupsTag` ]
        All releases there are; numbers may have gaps.
    latest_patch : `bool`, optional
        Whether a new family is compared with the last release of the family
        before it, and not with its first.
    times : `~collections.abc.Mapping` [ `EupsTag`, `~datetime.datetime` ], optional
        When they were made, as far as that is known: a final release that is
        younger than a candidate is not taken for what came before it.

    Returns
    -------
    predecessor : `Predecessor` or `None`
        `None` for the first of its kind, and for tags that have no order.
    """
    match tag.kind:
        case TagKind.WEEKLY:
            return _latest([one for one in known if _is_before(one, tag)], "the weekly before it")
        case TagKind.DAILY:
            return _before_daily(tag, known)
        case TagKind.CANDIDATE:
            return _before_candidate(tag, known, times or {})
        case TagKind.RELEASE:
            finals = [one for one in known if _is_before(one, tag)]
            return _before_release(_version(tag), finals, latest_patch=latest_patch)
        case _:
            return None


def base_weekly(ancestors: Mapping[EupsTag, int], products: int) -> EupsTag | None:
    """Find the weekly that a release was made from.

    Parameters
    ----------
    ancestors : `~collections.abc.Mapping` [ `EupsTag`, `int` ]
        For each weekly, in how many products of the release its commit is
        part of the release's history.
    products : `int`
        How many products have weeklies at all.

    Returns
    -------
    base : `EupsTag` or `None`
        The newest that is an ancestor in nine of ten products: a product
        without a commit in a week cannot tell two weeklies apart, and a few
        products may have been cut early. `None` if there is no such weekly.
    """
    enough = [tag for tag, count in ancestors.items() if count and count >= _MOST * products]
    return max(enough, default=None)


def common_weekly(newest: Collection[EupsTag]) -> EupsTag | None:
    """Find the weekly that a release was made from, by the newest one that each product has.

    Parameters
    ----------
    newest : `~collections.abc.Collection` [ `EupsTag` ]
        For each product with weeklies the newest in the release's history.

    Returns
    -------
    base : `EupsTag` or `None`
        See `base_weekly`.
    """
    counts = Counter(newest)
    # What is in a history is in it together with all weeklies before.
    reach = {one: sum(count for other, count in counts.items() if other >= one) for one in counts}
    return base_weekly(reach, len(newest))


def _is_before(one: EupsTag, tag: EupsTag) -> bool:
    return one.kind is tag.kind and one < tag


def _latest(candidates: Collection[EupsTag], note: str) -> Predecessor | None:
    return Predecessor(tag=max(candidates), note=note) if candidates else None


def _before_daily(tag: EupsTag, known: Collection[EupsTag]) -> Predecessor | None:
    found = _latest([one for one in known if _is_before(one, tag)], "the daily before it")
    if found is not None:
        return found
    year, month, day = tag.numbers
    week = Week.of(date(year, month, day))
    # The weekly of the same week may be younger than the daily.
    earlier = [one for one in known if one.kind is TagKind.WEEKLY and one.numbers < (week.year, week.number)]
    return _latest(earlier, "the weekly before it, for there is no daily")


def _before_candidate(
    tag: EupsTag, known: Collection[EupsTag], times: Mapping[EupsTag, datetime]
) -> Predecessor | None:
    same = [one for one in known if _is_before(one, tag) and one.numbers[:-1] == tag.numbers[:-1]]
    if same:
        return _latest(same, "the candidate before it")
    here = times.get(tag)
    finals = [
        one
        for one in known
        if one.kind is TagKind.RELEASE and (here is None or one not in times or times[one] < here)
    ]
    return _before_release(_version(tag), finals, latest_patch=True)


def _before_release(
    version: tuple[int, int, int], finals: Collection[EupsTag], *, latest_patch: bool
) -> Predecessor | None:
    """Choose among final releases; those of two parts are the patch 0 of their family."""
    family = version[:2]
    earlier = [one for one in finals if _version(one) < version]
    patches = [one for one in earlier if _version(one)[:2] == family]
    if patches:
        return _latest(patches, "the release before it in its family")
    # 25.0 follows 24.0, not the 24.1 that came as an extra; 24.1 follows 24.0.
    sort = 2 if family[1] else 1
    before = [one for one in earlier if sort == 1 or _version(one)[0] == version[0]] or earlier
    if not before:
        return None
    last = max(_version(one) for one in before)
    members = [one for one in before if _version(one)[:sort] == last[:sort]]
    if latest_patch:
        return _latest(members, "the last release of the family before it")
    return Predecessor(tag=min(members), note="the first release of the family before it")


def _version(tag: EupsTag) -> tuple[int, int, int]:
    numbers = tag.numbers[:-1] if tag.kind is TagKind.CANDIDATE else tag.numbers
    major, minor, patch = (*numbers, 0)[:3]
    return major, minor, patch
