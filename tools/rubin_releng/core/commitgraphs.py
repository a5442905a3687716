"""The commits of one repository as a graph in memory; answers as git would."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

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
        self._shas = tuple(parents)
        place = self._place = {sha: place for place, sha in enumerate(self._shas)}
        # Numbers are faster than ids, and the smaller one is never the older of two.
        self._parents = [[place[one] for one in ones if one in place] for ones in parents.values()]
        # A line ends where the history was cut off, though another parent may be there.
        self._first = [place.get(ones[0], -1) if ones else -1 for ones in parents.values()]

    def __len__(self) -> int:
        return len(self._shas)

    def __contains__(self, sha: object) -> bool:
        return sha in self._place

    def has_all(self, names: Iterable[str]) -> bool:
        """Tell whether all names are those of commits that are there."""
        return self._place.keys() >= set(names)

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
        if whole in self._place:
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
        first, last = self._place[start], self._place[end]
        left, right = self._sides([first], [last])
        return self._in_order(first, left), self._in_order(last, right)

    def beside(self, end: GitSha, line: AbstractSet[GitSha]) -> set[GitSha]:
        """Find the commits that a point reaches and that are not part of a line.

        Parameters
        ----------
        end : `GitSha`
            A commit that is there.
        line : `~collections.abc.Set` [ `GitSha` ]
            Commits together with all that they reach.

        Returns
        -------
        shas : `set` [ `GitSha` ]
            Those that `reachable` gives of the point, and not of the line.
        """
        shas, parents = self._shas, self._parents
        found: set[GitSha] = set()
        waiting = [self._place[end]]
        while waiting:
            place = waiting.pop()
            sha = shas[place]
            if sha not in line and sha not in found:
                found.add(sha)
                waiting.extend(parents[place])
        return found

    def reachable(self, ends: Iterable[GitSha]) -> set[GitSha]:
        """Find the commits that some points reach.

        Parameters
        ----------
        ends : `~collections.abc.Iterable` [ `GitSha` ]
            Commits that are there.

        Returns
        -------
        shas : `set` [ `GitSha` ]
            The points included.
        """
        parents = self._parents
        found: set[int] = set()
        waiting = [self._place[end] for end in ends]
        while waiting:
            place = waiting.pop()
            while place not in found:
                found.add(place)
                # Mostly there is one parent, and nothing to wait for.
                place, *others = parents[place] or (place,)
                waiting.extend(others)
        shas = self._shas
        return {shas[place] for place in found}

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Tell whether a commit, which need not be there, is part of another's history."""
        older, newer = self._place.get(sha), self._place.get(of)
        if older is None or newer is None:
            return False
        # Going down from the older one ends at once, unless it is not part of the history.
        return older == newer or (older > newer and not self._sides([newer], [older])[1])

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
        found = [self._place[end]]
        while (first := self._first[found[-1]]) >= 0:
            found.append(first)
        return [self._shas[one] for one in found]

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
        start = self._place[sha]
        found = {start}
        for place in range(start - 1, -1, -1):
            if not found.isdisjoint(self._parents[place]):
                found.add(place)
        return frozenset(self._shas[one] for one in found)

    def _sides(self, start: Iterable[int], end: Iterable[int]) -> tuple[list[int], list[int]]:
        """Walk down from both, newest first; a commit is final once all its children were seen."""
        parents = self._parents
        marks: dict[int, int] = {}
        for places, mark in ((start, _LEFT), (end, _RIGHT)):
            for place in places:
                marks[place] = marks.get(place, 0) | mark
        waiting = sorted(marks)
        # How many that wait are not known to be on both sides.
        open_ones = sum(mark != _BOTH for mark in marks.values())
        left: list[int] = []
        right: list[int] = []
        while open_ones:
            place = heappop(waiting)
            mark = marks[place]
            if mark != _BOTH:
                (left if mark == _LEFT else right).append(place)
                open_ones -= 1
            for parent in parents[place]:
                before = marks.get(parent)
                if before is None:
                    marks[parent] = mark
                    heappush(waiting, parent)
                    open_ones += mark != _BOTH
                elif before | mark != before:
                    marks[parent] = _BOTH
                    open_ones -= 1
        return left, right

    def _in_order(self, tip: int, places: list[int]) -> list[GitSha]:
        """Order what can be reached from a tip as git does: a child, then its last parent's line."""
        shas = self._shas
        if len(places) < 3:  # noqa: PLR2004 - a child and its parent
            return [shas[place] for place in places]
        parents = self._parents
        children = dict.fromkeys(places, 0)
        for place in places:
            for parent in parents[place]:
                if parent in children:
                    children[parent] += 1
        found: list[GitSha] = []
        waiting = [tip]
        while waiting:
            place = waiting.pop()
            found.append(shas[place])
            for parent in parents[place]:
                if parent in children:
                    children[parent] -= 1
                    if not children[parent]:
                        waiting.append(parent)
        return found
