"""The commits of one repository as a graph in memory; answers as git would."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["CommitGraph"]

_LEFT, _RIGHT = 1, 2
_BOTH = _LEFT | _RIGHT


class CommitGraph:
    """Commits and their parents.

    Parameters
    ----------
    parents : `~collections.abc.Mapping` [ `GitSha`, `~collections.abc.Sequence` [ `GitSha` ] ]
        Of every commit, in git's order, children before parents. A parent
        that is no key was cut off.
    """

    def __init__(self, parents: Mapping[GitSha, Sequence[GitSha]]) -> None:
        self._parents = parents
        self._place = {sha: place for place, sha in enumerate(parents)}
        self._shas = tuple(parents)

    def __contains__(self, sha: object) -> bool:
        return sha in self._parents

    def find(self, prefix: str) -> GitSha | None:
        """Find the one commit whose id begins in a certain way.

        Parameters
        ----------
        prefix : `str`
            An id, whole or abbreviated.

        Returns
        -------
        sha : `GitSha` or `None`
            `None` if there is no such commit, or more than one.
        """
        whole = GitSha(prefix)
        if whole in self._parents:
            return whole
        found = [sha for sha in self._shas if sha.startswith(prefix)]
        return found[0] if len(found) == 1 else None

    def between(self, start: GitSha, end: GitSha) -> tuple[list[GitSha], list[GitSha]]:
        """Find the commits that only one of two points reaches.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.

        Returns
        -------
        left, right : `list` [ `GitSha` ]
            Of the start and of the end; children before parents, in the
            order of ``git log --topo-order``.
        """
        left, right = self._sides([start], [end])
        return self._in_order(start, left), self._in_order(end, right)

    def only_from(self, ends: Iterable[GitSha], bases: Iterable[GitSha]) -> set[GitSha]:
        """Find the commits that some points reach and others do not.

        Parameters
        ----------
        ends, bases : `~collections.abc.Iterable` [ `GitSha` ]
            Commits that are there.

        Returns
        -------
        shas : `set` [ `GitSha` ]
            Reachable from any of the ends and from none of the bases.
        """
        return self._sides(bases, ends)[1]

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Tell whether a commit, which need not be there, is part of another's history."""
        if sha not in self._parents or of not in self._parents:
            return False
        # Going down from the older one ends at once, unless it is not part of the history.
        return sha == of or (self._place[sha] > self._place[of] and not self._sides([of], [sha])[1])

    def line(self, end: GitSha) -> list[GitSha]:
        """Follow first parents.

        Parameters
        ----------
        end : `GitSha`
            A commit that is there.

        Returns
        -------
        shas : `list` [ `GitSha` ]
            Newest first, the end included.
        """
        found = [end]
        while (parents := self._parents[found[-1]]) and parents[0] in self._parents:
            found.append(parents[0])
        return found

    def descendants(self, sha: GitSha) -> frozenset[GitSha]:
        """Find the commits that have a certain one in their history.

        Parameters
        ----------
        sha : `GitSha`
            A commit that is there.

        Returns
        -------
        shas : `frozenset` [ `GitSha` ]
            The commit itself included.
        """
        found = {sha}
        for place in range(self._place[sha] - 1, -1, -1):
            if not found.isdisjoint(self._parents[self._shas[place]]):
                found.add(self._shas[place])
        return frozenset(found)

    def _sides(self, start: Iterable[GitSha], end: Iterable[GitSha]) -> tuple[set[GitSha], set[GitSha]]:
        """Walk down from both, newest first; a commit is final once all its children were seen."""
        place, parents = self._place, self._parents
        marks: dict[GitSha, int] = {}
        waiting: list[tuple[int, GitSha]] = []
        # How many that wait are not known to be on both sides.
        open_ones = 0
        for shas, mark in ((start, _LEFT), (end, _RIGHT)):
            for sha in shas:
                if sha not in marks:
                    heappush(waiting, (place[sha], sha))
                marks[sha] = marks.get(sha, 0) | mark
        open_ones = sum(mark != _BOTH for mark in marks.values())
        sides: dict[int, set[GitSha]] = {_LEFT: set(), _RIGHT: set(), _BOTH: set()}
        while open_ones:
            _, sha = heappop(waiting)
            mark = marks[sha]
            sides[mark].add(sha)
            open_ones -= mark != _BOTH
            for parent in parents[sha]:
                before = marks.get(parent)
                if before is None:
                    if parent in place:
                        marks[parent] = mark
                        heappush(waiting, (place[parent], parent))
                        open_ones += mark != _BOTH
                elif before | mark != before:
                    marks[parent] = _BOTH
                    open_ones -= 1
        return sides[_LEFT], sides[_RIGHT]

    def _in_order(self, tip: GitSha, shas: set[GitSha]) -> list[GitSha]:
        """Order what can be reached from a tip as git does: a child, then its last parent's line."""
        if len(shas) < 2:  # noqa: PLR2004
            return list(shas)
        parents = self._parents
        children: dict[GitSha, int] = {}
        for sha in shas:
            for parent in parents[sha]:
                children[parent] = children.get(parent, 0) + 1
        found: list[GitSha] = []
        waiting = [tip]
        while waiting:
            sha = waiting.pop()
            found.append(sha)
            for parent in parents[sha]:
                if parent in shas:
                    children[parent] -= 1
                    if not children[parent]:
                        waiting.append(parent)
        return found
