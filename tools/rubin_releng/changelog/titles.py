"""Titles of tickets, as far as pull requests and commits tell them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rubin_releng.core.issues import IssueSource, with_fallback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.core.changes import Change
    from rubin_releng.core.issues import Issue
    from rubin_releng.core.tickets import Ticket

__all__ = ["titles_of_changes", "with_issues"]

# DM-1001: Title, [DM-1001] Title, DM-1001, DM-1002 - Title, DM-1001-v29: Title, DM-1001: (v29) Title
_KEYS = re.compile(
    r"[\[(\s]*(?:[A-Z][A-Z0-9]*-[0-9]+(?:-v[0-9._]+)?[\s:;,.)\]\u2013-]*"
    r"(?:\(v[0-9][0-9._]*\)[\s:;,.)\]\u2013-]*)?)+",
    re.IGNORECASE,
)


def titles_of_changes(changes: Iterable[Change]) -> Mapping[Ticket, str]:
    """Find a title for each ticket that has one.

    Parameters
    ----------
    changes : `~collections.abc.Iterable` [ `Change` ]
        Of all products, in the order of products and then of time.

    Returns
    -------
    titles : `~collections.abc.Mapping` [ `Ticket`, `str` ]
        Of the first change that has a title beyond the key. Never of a
        revert, whose title is that of another.
    """
    titles: dict[Ticket, str] = {}
    for change in changes:
        title = None if change.undoes or change.title is None else _without_keys(change.title)
        if title:
            for ticket in change.tickets:
                titles.setdefault(ticket, title)
    return titles


def with_issues(changelog: ChangeLog, issues: Mapping[Ticket, Issue]) -> ChangeLog:
    """Put in what a source knows of tickets.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    issues : `~collections.abc.Mapping` [ `Ticket`, `Issue` ]
        What was found.

    Returns
    -------
    changelog : `ChangeLog`
        A title given by hand stays; that of a pull request stays where the
        source has none. No ticket is left out.
    """
    entries = (replace(entry, issue=_better(entry.issue, issues)) for entry in changelog.tickets)
    return replace(changelog, tickets=tuple(entries))


def _better(issue: Issue, issues: Mapping[Ticket, Issue]) -> Issue:
    found = issues.get(issue.key)
    if found is None or issue.source is IssueSource.OVERRIDE:
        return issue
    return with_fallback(found, issue.title)


def _without_keys(title: str) -> str:
    match = _KEYS.match(title)
    return " ".join(title[match.end() if match else 0 :].split())
