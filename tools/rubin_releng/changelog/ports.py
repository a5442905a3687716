"""What a change log needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import GitSha
    from rubin_releng.core.histories import Span

__all__ = ["HistoryReader"]


class HistoryReader(Protocol):
    """The history of one product; it is only read."""

    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        """Find the commits that refs or commit ids mean.

        Parameters
        ----------
        names : `~collections.abc.Sequence` [ `str` ]
            Full refs, or whole or abbreviated commit ids.

        Returns
        -------
        commits : `tuple` [ `GitSha` or `None`, ... ]
            One for each name, tags peeled; `None` where there is no commit.
        """

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

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Tell whether a commit, which need not be there, is part of another's history."""

    def count(self, end: GitSha) -> int:
        """Count the commits of the line of first parents that ends here."""

    def is_shallow(self) -> bool:
        """Tell whether the history is cut off somewhere."""
