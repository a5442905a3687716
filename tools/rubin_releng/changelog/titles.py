"""Titles of tickets, as far as pull requests and commits tell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.core.tickets import Ticket

__all__ = ["ticket_titles"]

# DM-1001: Title, [DM-1001] Title, DM-1001, DM-1002 - Title, DM-1001 (v29): Title
_KEYS = re.compile(
    r"[\[(\s]*(?:[A-Z][A-Z0-9]*-[0-9]+(?:\s*\(v[0-9._]+\)|-v[0-9._]+)?[\s:;,.)\]\u2013-]*)+", re.IGNORECASE
)


def ticket_titles(changelog: ChangeLog) -> Mapping[Ticket, str]:
    """Find a title for each ticket that has one.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    titles : `~collections.abc.Mapping` [ `Ticket`, `str` ]
        Of the first change of the first product by name that has a title
        beyond the key. Never of a revert, whose title is that of another.
    """
    titles: dict[Ticket, str] = {}
    changes = (change for product in changelog.products for change in product.changes)
    for change in changes:
        title = None if change.undoes or change.title is None else _without_keys(change.title)
        if title:
            for ticket in change.tickets:
                titles.setdefault(ticket, title)
    return titles


def _without_keys(title: str) -> str:
    match = _KEYS.match(title)
    return " ".join(title[match.end() if match else 0 :].split())
