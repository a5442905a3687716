"""News fragments: small files that say, for a person, what a ticket changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.tickets import parse_ticket

if TYPE_CHECKING:
    from collections.abc import Collection

    from lsstinstall.core.names import GitSha
    from rubin_releng.core.tickets import Ticket, TicketGrammar

__all__ = ["KNOWN_KINDS", "OTHER", "AddedFile", "Fragment", "parse_fragment"]

OTHER = "other"
"""Kind of what does not tell its own."""

KNOWN_KINDS = ("feature", "bugfix", "api", "perf", "doc", "removal", "misc", OTHER)
"""Kinds that are in use, whatever a single repository configures."""

# DM-1001.feature.md, DM-1001.perf, DM-1001.bugfix.2.rst, +orphan.misc.md, 12.doc.rst
_NAME = re.compile(r"(?P<about>[^.]+)\.(?P<kind>[A-Za-z_]+)(?:\.\d+)?(?:\.(?P<ending>md|rst|txt))?")
# What lies in these folders beside news; towncrier leaves the same out.
_IGNORED = re.compile(r"\..*|readme(?:\..*)?|_?template(?:\..*)?|.*\.(?:in|j2|jinja)", re.IGNORECASE)
_ENDINGS = frozenset({"md", "rst", "txt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One news fragment.

    Parameters
    ----------
    ticket : `Ticket` or `None`
        `None` for one that is about no ticket, or whose name says nothing.
    kind : `str`
        ``feature``, ``bugfix`` and so on, as the repository configures them;
        ``other`` if the name does not tell.
    text : `str`
        Content, without blanks at either end.
    path : `str`
        In the repository.
    commit : `GitSha`
        The last commit that has it.
    problem : `str` or `None`
        What is wrong with its name; `None` if nothing is.
    """

    ticket: Ticket | None
    kind: str
    text: str
    path: str
    commit: GitSha
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFile:
    """A file that came into a repository.

    Parameters
    ----------
    path : `str`
        In the repository; its last one, if it was moved.
    commit : `GitSha`
        The last commit that has it.
    text : `str`
        Its content there.
    """

    path: str
    commit: GitSha
    text: str


def parse_fragment(file: AddedFile, kinds: Collection[str], grammar: TicketGrammar) -> Fragment | None:
    """Read a news fragment by its name.

    Parameters
    ----------
    file : `AddedFile`
        A file of a folder of fragments.
    kinds : `~collections.abc.Collection` [ `str` ]
        Those that the repository configures.
    grammar : `TicketGrammar`
        Knows the projects; it finds the ticket in a name that is wrong.

    Returns
    -------
    fragment : `Fragment` or `None`
        `None` for what is no news, such as ``README.rst`` and ``.gitignore``.
        A name that says too little keeps its text, as kind ``other``.
    """
    name = file.path.rpartition("/")[2]
    if _IGNORED.fullmatch(name) is not None:
        return None
    match = _NAME.fullmatch(name)
    about = name.partition(".")[0] if match is None else match["about"]
    kind, problem = _read_kind(name, match, {*kinds, *KNOWN_KINDS})
    ticket = _read_ticket(about, grammar)
    if ticket is None and not about.startswith("+") and problem is None:
        problem = f"`{about}` is not a ticket"
    return Fragment(
        ticket=ticket, kind=kind, text=file.text.strip(), path=file.path, commit=file.commit, problem=problem
    )


def _read_kind(name: str, match: re.Match[str] | None, kinds: Collection[str]) -> tuple[str, str | None]:
    if match is None or match["kind"].lower() in _ENDINGS:
        return OTHER, f"`{name}` names no kind of news"
    kind = match["kind"].lower()
    if kind not in kinds:
        return OTHER, f"`{match['kind']}` is no kind of news"
    return kind, None


def _read_ticket(about: str, grammar: TicketGrammar) -> Ticket | None:
    try:
        return parse_ticket(about)
    except InvalidNameError:
        # DM-1001-bugfix
        return next(iter(grammar.find(about)), None)
