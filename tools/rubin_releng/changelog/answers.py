"""Answers to people's questions, as JSON and as text; each is a function of its values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.changelog.models import Flag, Relation, State

if TYPE_CHECKING:
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.changelog.models import ChangeLog, TicketEntry
    from rubin_releng.changelog.whereabouts import Whereabouts

__all__ = [
    "backports_to_dict",
    "backports_to_text",
    "lost_to_dict",
    "lost_to_text",
    "where_to_dict",
    "where_to_text",
]

_GONE = frozenset({State.REMOVED, State.LEGACY})


def where_to_dict(found: Whereabouts) -> dict[str, object]:
    """Give the whereabouts of a ticket as JSON has them."""
    return {
        "ticket": str(found.ticket),
        "first_weekly": _name(found.first_weekly),
        "first_release": _name(found.first_release),
        "whole_weekly": _name(found.whole_weekly),
        "whole_release": _name(found.whole_release),
        "asked": found.name,
        "is_contained": found.is_contained,
        "products": [
            {
                "product": place.product,
                "commits": [
                    {"sha": change.sha, "kind": change.kind.value, "pull_request": change.pull_request}
                    for change in place.changes
                ],
                "first_weekly": _name(place.weekly),
                "first_release": _name(place.release),
                "is_contained": place.is_contained,
            }
            for place in found.places
        ],
    }


def where_to_text(found: Whereabouts) -> str:
    """Say where a ticket is."""
    if not found.places:
        return f"{found.ticket} is in no history"
    lines = [
        (
            f"{found.ticket}: {_first('weekly', found.first_weekly, found.whole_weekly)},"
            f" {_first('release', found.first_release, found.whole_release)}"
        )
    ]
    for place in found.places:
        kinds = ", ".join(dict.fromkeys(change.kind.value for change in place.changes))
        since = f"since {_name(place.weekly) or 'no weekly'} and {_name(place.release) or 'no release'}"
        inside = "" if place.is_contained is None else _inside(is_in=place.is_contained, name=found.name)
        lines.append(f"  {place.product}: {kinds}, {since}{inside}")
    if found.is_contained is not None:
        verdict = (
            "has it in every product that it touched" if found.is_contained else "does not have all of it"
        )
        lines.append(f"{found.name} {verdict}")
    return "\n".join(lines)


def _first(what: str, first: EupsTag | None, whole: EupsTag | None) -> str:
    if first is None:
        return f"in no {what}"
    if whole is None:
        return f"first {what} {first}, but never with all of it"
    return f"first {what} {first}" if first == whole else f"first {what} {first}, all of it in {whole}"


def _inside(*, is_in: bool, name: str | None) -> str:
    return f"; {'in' if is_in else 'not in'} {name}"


def lost_to_dict(changelog: ChangeLog) -> dict[str, object]:
    """Give what one end has and the other lacks as JSON has it."""
    return {
        "from": changelog.old.name,
        "to": changelog.new.name,
        "tickets": [
            {"key": str(entry.issue.key), "title": entry.issue.title, "products": _lost_in(entry, changelog)}
            for entry in _lost(changelog)
        ],
        "products_removed": [product.name for product in changelog.products if product.state in _GONE],
        "commits_without_ticket": {
            product.name: [change.sha for change in product.lost if not change.tickets]
            for product in changelog.products
            if any(not change.tickets for change in product.lost)
        },
        "downgraded": [one.name for one in changelog.products if one.relation is Relation.BACKWARD],
        "not_known": {one.name: one.reason for one in changelog.products if one.reason is not None},
        "warnings": list(changelog.warnings),
    }


def lost_to_text(changelog: ChangeLog) -> str:
    """Say what would be lost by moving from one end to the other."""
    lost = _lost(changelog)
    lines = [f"{len(lost)} tickets of {changelog.old.name} are not in {changelog.new.name}"]
    for entry in lost:
        title = f"  {entry.issue.title}" if entry.issue.title else ""
        lines.append(f"  {entry.issue.key}{title} [{', '.join(_lost_in(entry, changelog))}]")
    for product in changelog.products:
        if product.state in _GONE:
            lines.append(f"  {product.name}: the product is gone")
        bare = sum(not change.tickets for change in product.lost)
        if bare:
            lines.append(f"  {product.name}: {bare} changes without a ticket")
    return "\n".join(lines)


def _lost(changelog: ChangeLog) -> list[TicketEntry]:
    return [entry for entry in changelog.tickets if Flag.ONLY_IN_FROM in entry.flags]


def _lost_in(entry: TicketEntry, changelog: ChangeLog) -> list[str]:
    return [product.name for product in changelog.products if entry.issue.key in product.only_in_from]


def backports_to_dict(changelog: ChangeLog) -> dict[str, object]:
    """Give the backports of a release as JSON has them.

    Parameters
    ----------
    changelog : `ChangeLog`
        From the weekly that the release was made from to the release.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        Tickets by project and number.
    """
    return {
        "release": changelog.new.name,
        "base": changelog.old.name,
        "count": len(changelog.news),
        "tickets": [
            {"key": str(one.issue.key), "title": one.issue.title, "products": list(one.products)}
            for one in changelog.news
        ],
        "warnings": list(changelog.warnings),
    }


def backports_to_text(changelog: ChangeLog) -> str:
    """Say what was merged after the weekly that a release was made from, and taken into it."""
    lines = [f"{len(changelog.news)} tickets merged after {changelog.old.name} are in {changelog.new.name}"]
    for entry in changelog.news:
        title = f"  {entry.issue.title}" if entry.issue.title else ""
        lines.append(f"  {entry.issue.key}{title} [{', '.join(entry.products)}]")
    return "\n".join(lines)


def _name(tag: EupsTag | None) -> str | None:
    return None if tag is None else tag.name
