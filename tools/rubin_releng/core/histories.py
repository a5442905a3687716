"""Commits between two points of a history, and which of them a main line merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from lsstinstall.core.names import GitSha

__all__ = ["Commit", "Span", "Step", "trace_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit, as far as a change log needs it.

    Parameters
    ----------
    sha : `GitSha`
        Its id.
    parents : `tuple` [ `GitSha`, ... ]
        In git's order: the first is the line it was made on.
    author : `str`
        Name of its author; for a merge, of who merged.
    time : `~datetime.datetime`
        UTC; the committer's, which says when it was merged.
    message : `str`
        All of it, wrong bytes replaced.
    """

    sha: GitSha
    parents: tuple[GitSha, ...]
    author: str
    time: datetime
    message: str

    @property
    def subject(self) -> str:
        """First line of the message; empty if there is none."""
        return self.message.strip().partition("\n")[0].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What lies between two commits, on both sides of where they parted.

    Parameters
    ----------
    left : `tuple` [ `Commit`, ... ]
        Reachable from the first commit alone; children before parents.
    right : `tuple` [ `Commit`, ... ]
        Reachable from the second alone; children before parents.
    """

    left: tuple[Commit, ...]
    right: tuple[Commit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One commit of a main line, with all that came in by it.

    Parameters
    ----------
    commit : `Commit`
        On the line of first parents.
    brought : `tuple` [ `Commit`, ... ]
        What it merged: reachable from it and not from the step before, the
        commit itself left out; parents before children.
    """

    commit: Commit
    brought: tuple[Commit, ...]


def trace_line(tip: GitSha, commits: Sequence[Commit]) -> tuple[Step, ...]:
    """Follow first parents through a range of commits.

    Parameters
    ----------
    tip : `GitSha`
        Where the line ends.
    commits : `~collections.abc.Sequence` [ `Commit` ]
        All that can be reached from the tip and not from the other side, in
        any order with children before parents, as ``git log`` lists them.

    Returns
    -------
    steps : `tuple` [ `Step`, ... ]
        Oldest first. Every commit is in one step; the line stops where the
        range does.
    """
    by_sha = {commit.sha: commit for commit in commits}
    place: dict[GitSha, int] = {}
    chain: list[Commit] = []
    current = by_sha.get(tip)
    while current is not None:
        chain.append(current)
        current = by_sha.get(current.parents[0]) if current.parents else None
    claimed = {commit.sha for commit in chain}
    steps = []
    for commit in reversed(chain):
        brought = _claim(commit.parents[1:], by_sha, claimed) if len(commit.parents) > 1 else []
        if len(brought) > 1:
            if not place:
                place.update((one.sha, index) for index, one in enumerate(reversed(commits)))
            brought.sort(key=lambda one: place[one.sha])
        steps.append(Step(commit=commit, brought=tuple(brought)))
    return tuple(steps)


def _claim(start: Sequence[GitSha], by_sha: Mapping[GitSha, Commit], claimed: set[GitSha]) -> list[Commit]:
    """Collect what can be reached and belongs to no step yet."""
    found = []
    waiting = list(start)
    while waiting:
        sha = waiting.pop()
        if sha in by_sha and sha not in claimed:
            claimed.add(sha)
            found.append(by_sha[sha])
            waiting.extend(by_sha[sha].parents)
    return found
