"""What one commit of a main line is: whose ticket, and of which kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.names import GitSha
from rubin_releng.core.mergesubjects import (
    MergeSubject,
    is_bot_branch,
    is_line_branch,
    is_release_branch,
    read_subject,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from rubin_releng.core.histories import Commit, Step
    from rubin_releng.core.pullrequests import PullRequest
    from rubin_releng.core.tickets import Ticket, TicketGrammar

__all__ = ["Change", "ChangeKind", "classify", "map_by_pull_request", "nested_changes"]

# The release a backport is for: DM-1001-v23, -v29_1, -v28b, -v23-hotfix; `-v3` is a third attempt
_BACKPORT = re.compile(r"-v\d{2,}(?:[._]\d+)*(?:\.x)?[a-z]?(?:-|$)", re.IGNORECASE)
_REVERTED_SHA = re.compile(r"This reverts commit ([0-9a-f]{40})\b")
# How git begins the message of what takes back a whole merge, or takes that back
_TAKING_BACK = re.compile(r'(?:(?:Revert|Reapply) ")+Merge ')
_PICKED_SHA = re.compile(r"\(cherry picked from commit ([0-9a-f]{40})\)")


class ChangeKind(StrEnum):
    """How a change came to be."""

    MERGE = "merge"
    BACKPORT = "backport"
    REVERT = "revert"
    RESTORED = "restored"
    NESTED = "nested"
    DIRECT = "direct"
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, in one product.

    Parameters
    ----------
    sha : `GitSha`
        Its identity; a branch name can come back.
    kind : `ChangeKind`
        How it came to be.
    tickets : `tuple` [ `Ticket`, ... ]
        In the order in which the branch or title names them; may be empty.
    branch : `str` or `None`
        Merged branch.
    pull_request : `int` or `None`
        Its number.
    title : `str` or `None`
        Of the pull request, or the subject of a plain commit.
    author : `str`
        Who merged it.
    time : `~datetime.datetime`
        When, UTC.
    brought : `frozenset` [ `GitSha` ]
        Commits that it merged, merges among them left out.
    reverted : `tuple` [ `GitSha`, ... ]
        Commits that it, or what it merged, says it reverts.
    reverted_pull_request : `int` or `None`
        Pull request that it says it reverts.
    picked_from : `GitSha` or `None`
        Commit that it is a copy of, where git wrote it down.
    """

    sha: GitSha
    kind: ChangeKind
    tickets: tuple[Ticket, ...]
    branch: str | None = None
    pull_request: int | None = None
    title: str | None = None
    author: str
    time: datetime
    brought: frozenset[GitSha] = frozenset()
    reverted: tuple[GitSha, ...] = ()
    reverted_pull_request: int | None = None
    picked_from: GitSha | None = None

    @property
    def undoes(self) -> bool:
        """Whether it turns something earlier round."""
        return self.kind in _UNDOING


_UNDOING = frozenset({ChangeKind.REVERT, ChangeKind.RESTORED})


class _Reading(NamedTuple):
    """What the message of one commit says."""

    kind: ChangeKind
    tickets: tuple[Ticket, ...]
    subject: MergeSubject


def classify(step: Step, grammar: TicketGrammar, *, on_release_branch: bool = False) -> Change:
    """Say what one commit of a main line is.

    Parameters
    ----------
    step : `Step`
        The commit, with what it merged.
    grammar : `TicketGrammar`
        Knows the projects.
    on_release_branch : `bool`, optional
        Whether the commit is known to be on no main line: then its merges are
        backports, whatever their branches are called.

    Returns
    -------
    change : `Change`
        Its tickets are those of the branch; where the branch names none,
        those of the title; never those of the messages of merged commits.
    """
    commit = step.commit
    subject = read_subject(commit.message)
    if subject is None:
        found = _plain(commit, grammar)
    else:
        found = _merged(commit, subject, grammar, on_release_branch=on_release_branch)
    brought = [one.sha for one in step.brought if len(one.parents) <= 1]
    if found.kind in _UNDOING:
        texts = [commit.message, *(one.message for one in step.brought)]
        reverted = dict.fromkeys(GitSha(sha) for text in texts for sha in _REVERTED_SHA.findall(text))
        return _change(commit, found, brought=brought, reverted=reverted)
    return _change(commit, found, brought=brought)


def nested_changes(step: Step, grammar: TicketGrammar, *, present: AbstractSet[GitSha]) -> tuple[Change, ...]:
    """Find merges that a main line brought in without showing them.

    Parameters
    ----------
    step : `Step`
        A commit of the line, with what it merged.
    grammar : `TicketGrammar`
        Knows the projects.
    present : `~collections.abc.Set` [ `GitSha` ]
        All commits of the range.

    Returns
    -------
    changes : `tuple` [ `Change`, ... ]
        Oldest first: merges of branches with tickets, of a branch into
        another one or on a former main line that became a second parent. A
        main line merged into a branch is none, nor is a branch that was
        merged before the range began. Also what takes a merge back: a merge
        with its tickets, a plain commit without, for it counts only by the
        commits that it names. That a branch takes back single commits is its
        own business.
    """
    found = []
    for commit in step.brought:
        is_merge = not present.isdisjoint(commit.parents[1:])
        # Most commits are neither, and reading subjects takes longest.
        subject = read_subject(commit.message) if is_merge or _TAKING_BACK.match(commit.message) else None
        if subject is None:
            continue
        reading = _merged(commit, subject, grammar, on_release_branch=False)
        if reading.kind in _UNDOING:
            tickets = reading.tickets if is_merge else ()
            shas = map(GitSha, _REVERTED_SHA.findall(commit.message))
            found.append(_change(commit, reading._replace(tickets=tickets), reverted=shas))
        elif is_merge and reading.tickets and reading.kind is not ChangeKind.BOT:
            found.append(_change(commit, reading._replace(kind=ChangeKind.NESTED)))
    return tuple(found)


def map_by_pull_request(change: Change, request: PullRequest, grammar: TicketGrammar) -> Change:
    """Give a commit that names nothing what is known of its pull request.

    Parameters
    ----------
    change : `Change`
        Pushed without a merge: fast-forwarded, rebased or stacked.
    request : `PullRequest`
        That brought it.
    grammar : `TicketGrammar`
        Knows the projects.

    Returns
    -------
    change : `Change`
        With the tickets of the branch, else of the title; there may be none.
    """
    subject = _named_by(request)
    is_bot = is_bot_branch(request.branch)
    tickets = () if is_bot else grammar.find_in_branch(request.branch) or grammar.find(request.title)
    kind = ChangeKind.BOT if is_bot else _kind(subject, subject.reverts)
    return replace(
        change,
        kind=kind,
        tickets=tickets,
        branch=request.branch,
        pull_request=request.number,
        title=request.title,
        reverted_pull_request=subject.reverted_pull_request,
    )


def _named_by(request: PullRequest) -> MergeSubject:
    message = f"Merge pull request #{request.number} from of/{request.branch}\n\n{request.title}"
    return read_subject(message) or MergeSubject()


def _plain(commit: Commit, grammar: TicketGrammar) -> _Reading:
    title = commit.subject
    free_text_merge = len(commit.parents) > 1
    tickets = grammar.find(title.partition(" into ")[0]) if free_text_merge else grammar.find_leading(title)
    kind = ChangeKind.MERGE if free_text_merge else ChangeKind.DIRECT
    if not tickets and _is_bot(commit):
        kind = ChangeKind.BOT
    return _Reading(kind, tickets, MergeSubject(title=title or None))


def _merged(
    commit: Commit, subject: MergeSubject, grammar: TicketGrammar, *, on_release_branch: bool
) -> _Reading:
    branches = [branch for branch in subject.branches if not is_line_branch(branch)]
    if any(is_bot_branch(branch) for branch in branches):
        # Its number is that of a version: dependabot/pip/sp-3
        return _Reading(ChangeKind.BOT, (), subject)
    tickets = tuple(dict.fromkeys(ticket for branch in branches for ticket in grammar.find_in_branch(branch)))
    reverts = subject.reverts
    if not tickets and subject.title is not None:
        tickets = _find_in_title(subject, subject.title, grammar)
        named = read_subject(subject.title)
        reverts += 0 if named is None or subject.reverts else named.reverts
    if not tickets and _is_bot(commit):
        return _Reading(ChangeKind.BOT, (), subject)
    return _Reading(_kind(subject, reverts, on_release_branch=on_release_branch), tickets, subject)


def _find_in_title(subject: MergeSubject, title: str, grammar: TicketGrammar) -> tuple[Ticket, ...]:
    """Read all of a pull request's title, and only the beginning of a plain commit's subject."""
    is_pull_request = subject.pull_request is not None or subject.reverted_pull_request is not None
    return grammar.find(title) if is_pull_request else grammar.find_leading(title)


def _is_bot(commit: Commit) -> bool:
    return commit.author.endswith("[bot]")


def _kind(subject: MergeSubject, reverts: int, *, on_release_branch: bool = False) -> ChangeKind:
    if reverts:
        return ChangeKind.REVERT if reverts % 2 else ChangeKind.RESTORED
    into_release = subject.into is not None and is_release_branch(subject.into)
    if on_release_branch or into_release or any(_BACKPORT.search(branch) for branch in subject.branches):
        return ChangeKind.BACKPORT
    return ChangeKind.MERGE


def _change(
    commit: Commit, reading: _Reading, *, brought: Iterable[GitSha] = (), reverted: Iterable[GitSha] = ()
) -> Change:
    kind, tickets, subject = reading
    picked = _PICKED_SHA.search(commit.message)
    return Change(
        sha=commit.sha,
        kind=kind,
        tickets=tickets,
        branch=" ".join(subject.branches) or None,
        pull_request=subject.pull_request,
        title=subject.title,
        author=commit.author,
        time=commit.time,
        brought=frozenset(brought),
        reverted=tuple(reverted),
        reverted_pull_request=subject.reverted_pull_request,
        picked_from=None if picked is None else GitSha(picked.group(1)),
    )
