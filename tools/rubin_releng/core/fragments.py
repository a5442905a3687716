"""News fragments: small files that say, for a person, what a ticket changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.names import GitSha
    from rubin_releng.core.tickets import Ticket

__all__ = ["AddedFile", "Fragment"]


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
