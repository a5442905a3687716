"""Histories read from the text of one `git log`: no program runs, nothing is fetched."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, cast

from rubin_releng.core.commitgraphs import CommitGraph
from rubin_releng.core.histories import Commit, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.names import GitSha

__all__ = ["LOG_OPTIONS", "MAIN_LINES", "LoggedHistory"]

LOG_OPTIONS = (
    *("-c", "i18n.logOutputEncoding=utf-8", "-c", "log.showSignature=false", "-c", "log.mailmap=false"),
    *("log", "-z", "--topo-order", "--format=%H%x1f%P%x1f%ct%x1f%an%x1f%B"),
)
"""How git has to be asked: what follows names the points to start from."""

MAIN_LINES = (
    "refs/heads/main",
    "refs/remotes/origin/main",
    "refs/heads/master",
    "refs/remotes/origin/master",
)
"""Where main lines are; a repository without them has its own as ``HEAD``."""

_ID = re.compile(r"[0-9a-f]{4,40}")
_SHA_SIZE = 40


class LoggedHistory:
    """The history of one repository, as far as its refs reach.

    Parameters
    ----------
    find_refs : `~collections.abc.Callable`
        Gives the commits of full refs and of ``HEAD``, tags peeled; `None`
        for each that is not there.
    read : `~collections.abc.Callable`
        Gives what git printed when asked with `LOG_OPTIONS`; called when it
        is wanted, and once.
    is_cut : `bool`, optional
        Whether the history is cut off somewhere.
    """

    def __init__(
        self,
        find_refs: Callable[[Sequence[str]], tuple[GitSha | None, ...]],
        read: Callable[[], str],
        *,
        is_cut: bool = False,
    ) -> None:
        self._find_refs = find_refs
        self._read = read
        self._is_cut = is_cut
        self._commits: dict[GitSha, Commit] = {}
        self._beside: dict[GitSha, frozenset[GitSha]] = {}

    @cached_property
    def _records(self) -> dict[GitSha, str]:
        found = {record[:_SHA_SIZE]: record for record in self._read().split("\0") if record}
        # Not each id by itself: there are very many.
        return cast("dict[GitSha, str]", found)

    @cached_property
    def graph(self) -> CommitGraph:
        """All commits, with their parents."""
        start = _SHA_SIZE + 1
        found = {
            sha: record[start : record.index("\x1f", start)].split() for sha, record in self._records.items()
        }
        return CommitGraph(cast("dict[GitSha, list[GitSha]]", found))

    def load(self) -> int:
        """Read all commits now, and count them: processes that are forked later share them."""
        return len(self.graph)

    def commit(self, sha: GitSha) -> Commit:
        """Read one commit that is there."""
        found = self._commits.get(sha)
        if found is None:
            found = self._commits[sha] = _read_commit(self._records[sha])
        return found

    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        """Find the commits that refs or commit ids mean.

        Parameters
        ----------
        names : `~collections.abc.Sequence` [ `str` ]
            Full refs, or whole or abbreviated commit ids.

        Returns
        -------
        commits : `tuple` [ `GitSha` or `None`, ... ]
            One for each name; `None` where there is no commit.
        """
        # First what is asked most often: whole ids of two ends, and refs that are there.
        if names and len(names[0]) == _SHA_SIZE and self.graph.has_all(names):
            return cast("tuple[GitSha, ...]", tuple(names))
        known = self._find_refs(names)
        if None not in known or not _may_be_ids(tuple(names)):
            return known
        return tuple(
            self.graph.find(name) if sha is None and _ID.fullmatch(name) else sha
            for name, sha in zip(names, known, strict=True)
        )

    def between(self, start: GitSha, end: GitSha) -> Span:
        """Read the commits that only one of two points reaches.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.

        Returns
        -------
        span : `Span`
            Both sides, children before parents.
        """
        left, right = self.graph.between(start, end)
        return Span(left=tuple(map(self.commit, left)), right=tuple(map(self.commit, right)))

    def off_main(self, start: GitSha, end: GitSha) -> frozenset[GitSha]:
        """Find the commits that lie on a branch beside the main line.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.

        Returns
        -------
        shas : `frozenset` [ `GitSha` ]
            Reachable from the end, but neither from the start nor from the
            main line; empty if nobody can tell which line that is.
        """
        if not self._mains or end in self._on_main:
            return frozenset()
        return self._beside_main(end) - self._beside_main(start)

    def _beside_main(self, sha: GitSha) -> frozenset[GitSha]:
        found = self._beside.get(sha)
        if found is None:
            found = self._beside[sha] = frozenset(self.graph.beside(sha, self._on_main))
        return found

    @cached_property
    def _mains(self) -> tuple[GitSha, ...]:
        *named, head = self._find_refs((*MAIN_LINES, "HEAD"))
        known = tuple(sha for sha in named if sha is not None)
        return known or (() if head is None else (head,))

    @cached_property
    def _on_main(self) -> set[GitSha]:
        return self.graph.reachable(self._mains)

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Tell whether a commit, which need not be there, is part of another's history.

        Parameters
        ----------
        sha : `GitSha`
            The one in question.
        of : `GitSha`
            A commit that is there.

        Returns
        -------
        is_ancestor : `bool`
            False if it is not there.
        """
        return self.graph.is_ancestor(sha, of)

    def count(self, end: GitSha) -> int:
        """Count the commits of the line of first parents that ends here.

        Parameters
        ----------
        end : `GitSha`
            A commit that is there.

        Returns
        -------
        commits : `int`
            At least 1.
        """
        return len(self.graph.line(end))

    def root(self, end: GitSha) -> GitSha:
        """Find the first commit of the line of first parents that ends here.

        Parameters
        ----------
        end : `GitSha`
            A commit that is there.

        Returns
        -------
        commit : `GitSha`
            Without parents, unless the history is cut off.
        """
        return self.graph.line(end)[-1]

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether a pattern is in any message, or in a name of an author."""
        return any(pattern.search(record, _SHA_SIZE) for record in self._records.values())

    def descendants(self, sha: GitSha) -> frozenset[GitSha]:
        """Find the commits that have a certain one in their history, itself included."""
        return self.graph.descendants(sha)

    def is_shallow(self) -> bool:
        """Tell whether the history is cut off somewhere."""
        return self._is_cut


@lru_cache(maxsize=1024)
def _may_be_ids(names: tuple[str, ...]) -> bool:
    """Tell whether any name may be that of a commit; the same ones are asked of each repository."""
    return any(_ID.fullmatch(name) for name in names)


def _read_commit(record: str) -> Commit:
    sha, parents, time, author, message = cast("list[GitSha]", record.split("\x1f", 4))
    return Commit(
        sha=sha,
        parents=tuple(cast("list[GitSha]", parents.split())),
        author=author,
        time=datetime.fromtimestamp(int(time), UTC),
        message=message,
    )
