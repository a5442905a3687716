"""Jira tickets: how they are written in branches and titles, and how they sort."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["DEFAULT_PROJECTS", "Ticket", "TicketGrammar", "parse_ticket", "ticket_page"]

DEFAULT_PROJECTS = ("DM", "OSW", "PREOPS", "RFC", "SITCOM", "SP")
"""Jira projects whose keys are known anywhere, sorted."""

_KEY = re.compile(r"([A-Z][A-Z0-9]*)-([0-9]+)")
# `tickets/PIPE-12`: the prefix says that it is a ticket, whatever the project.
# Upper case only, for `tickets/patch-1` is none.
# GitHub puts `revert-12-` in front.
_ANY_KEY = re.compile(r"(?:^|/|-)tickets?/([A-Z][A-Z0-9]+)-([0-9]+)")


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One Jira ticket; sorts by project, then by number.

    Parameters
    ----------
    project : `str`
        Upper case, ``DM``.
    number : `int`
        At least 0.
    """

    project: str
    number: int

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Ticket):
            return NotImplemented
        return (self.project, self.number) < (other.project, other.number)

    def __str__(self) -> str:
        return f"{self.project}-{self.number}"


def parse_ticket(text: str) -> Ticket:
    """Read a ticket's key.

    Parameters
    ----------
    text : `str`
        For example ``DM-1001``; case and leading zeros do not matter.

    Returns
    -------
    ticket : `Ticket`
        Of any project, also one that we do not know.

    Raises
    ------
    InvalidNameError
        Raised if it is not a project, a hyphen and a number.
    """
    match = _KEY.fullmatch(text.upper())
    if match is None:
        raise InvalidNameError(f"`{text}` is not a ticket", hint="expected something like `DM-1001`")
    return Ticket(project=match.group(1), number=int(match.group(2)))


def ticket_page(ticket: Ticket) -> str:
    """Say where people read about a ticket.

    Parameters
    ----------
    ticket : `Ticket`
        Any ticket.

    Returns
    -------
    url : `str`
        Its page in Rubin's Jira, which only some tickets show to everybody.
    """
    return f"https://rubinobs.atlassian.net/browse/{ticket}"


class TicketGrammar:
    """Finds keys of known projects.

    Parameters
    ----------
    projects : `~collections.abc.Collection` [ `str` ], optional
        Jira projects, in any case. A list is needed: ``[A-Z]+-[0-9]+`` also
        matches ``setup-python-6``, ``revert-12``, ``patch-1`` and dates.
    """

    def __init__(self, projects: Collection[str] = DEFAULT_PROJECTS) -> None:
        # The longest first, or `SP` would hide a project `SPX`.
        names = "|".join(re.escape(name) for name in sorted(projects, key=lambda name: (-len(name), name)))
        self._key = re.compile(rf"(?<![A-Za-z0-9])({names})-([0-9]+)", re.IGNORECASE)
        key = rf"(?:{names})-[0-9]+"
        # `DM-1001: Title`, `[DM-1001] Title`, `tickets/DM-1001`, `DM-1001, DM-1002: Title`
        self._leading = re.compile(
            rf"[\[(\"']*(?:[\w.-]+/)*{key}(?:(?:[\s,;+&/]|and)+{key})*(?![A-Za-z0-9])", re.IGNORECASE
        )

    def find(self, text: str) -> tuple[Ticket, ...]:
        """Find the tickets that a text names.

        Parameters
        ----------
        text : `str`
            A branch or a title.

        Returns
        -------
        tickets : `tuple` [ `Ticket`, ... ]
            In the order of the text, each once.
        """
        found = (
            Ticket(project=match.group(1).upper(), number=int(match.group(2)))
            for match in self._key.finditer(text)
        )
        return tuple(dict.fromkeys(found))

    def find_in_branch(self, branch: str) -> tuple[Ticket, ...]:
        """Find the tickets that a branch names.

        Parameters
        ----------
        branch : `str`
            For example ``tickets/DM-1001-hotfix`` or ``u/someone/DM-1001``.

        Returns
        -------
        tickets : `tuple` [ `Ticket`, ... ]
            In the order of the name; a key right after ``tickets/`` counts
            whatever its project.
        """
        known = self.find(branch)
        if known:
            return known
        match = _ANY_KEY.search(branch)
        return () if match is None else (Ticket(project=match.group(1), number=int(match.group(2))),)

    def find_leading(self, subject: str) -> tuple[Ticket, ...]:
        """Find the tickets with which a plain commit's subject begins.

        Parameters
        ----------
        subject : `str`
            ``DM-1001: Title``. A key further on is something the commit talks
            about, not what it belongs to.

        Returns
        -------
        tickets : `tuple` [ `Ticket`, ... ]
            In the order of the text.
        """
        match = self._leading.match(subject)
        return () if match is None else self.find(match.group(0))
