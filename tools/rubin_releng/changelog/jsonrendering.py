"""A change log as plain values, for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import Relation, State
from rubin_releng.changelog.titles import ticket_titles
from rubin_releng.core.tickets import ticket_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["changelog_to_dict"]


def changelog_to_dict(changelog: ChangeLog) -> dict[str, object]:
    """Write a change log as plain values.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        ``from``, ``to``, ``counts``, ``products`` by name, ``tickets``,
        ``warnings``. The lists of a product of which nothing is known are
        `None`, never empty. Equal change logs give equal values in equal order.
    """
    states = Counter(product.state for product in changelog.products)
    titles = ticket_titles(changelog)
    return {
        "from": _side(changelog.old),
        "to": _side(changelog.new),
        "counts": {
            "products": len(changelog.products),
            **{state.value: states[state] for state in State},
            "tickets": len(changelog.products_of_ticket),
        },
        "products": {product.name: _product(product) for product in changelog.products},
        "tickets": [
            {
                "key": str(ticket),
                "title": titles.get(ticket),
                "products": list(products),
                "url": ticket_page(ticket),
            }
            for ticket, products in changelog.products_of_ticket.items()
        ],
        "warnings": list(changelog.warnings),
    }


def _side(side: Side) -> dict[str, object]:
    git_tag = None if side.tag is None else side.tag.git()
    return {
        "name": side.name,
        "eups_tag": None if side.tag is None else str(side.tag),
        "git_tag": None if git_tag is None else git_tag.name,
        "build": side.build,
        "environment": side.environment,
        "source": side.source,
    }


def _product(product: ProductChanges) -> dict[str, object]:
    is_known = product.relation is not Relation.UNKNOWN
    return {
        "relation": product.relation.value,
        "state": product.state.value,
        "reason": product.reason,
        "repository": product.repository,
        "from_commit": product.from_commit,
        "to_commit": product.to_commit,
        "from_version": product.from_version,
        "to_version": product.to_version,
        "commits": product.commits,
        "tickets": _keys(product.tickets) if is_known else None,
        "unmapped": list(product.unmapped) if is_known else None,
        "already_in_from": _keys(product.already_in_from) if is_known else None,
        "only_in_from": _keys(product.only_in_from) if is_known else None,
        "reverted": _keys(product.reverted) if is_known else None,
        "changes": [_change(change, undone=change.sha in product.undone) for change in product.changes],
        "lost": [_change(change, undone=False) for change in product.lost],
    }


def _change(change: Change, *, undone: bool) -> dict[str, object]:
    return {
        "sha": change.sha,
        "kind": change.kind.value,
        "tickets": _keys(change.tickets),
        "pull_request": change.pull_request,
        "title": change.title,
        "branch": change.branch,
        "author": change.author,
        "date": change.time.isoformat().replace("+00:00", "Z"),
        "undone": undone,
    }


def _keys(tickets: Iterable[Ticket]) -> list[str]:
    return [str(ticket) for ticket in tickets]
