"""What a change log needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.core.fragments import AddedFile
    from rubin_releng.core.histories import Span
    from rubin_releng.core.issues import Issue
    from rubin_releng.core.pullrequests import PullRequest
    from rubin_releng.core.tickets import Ticket

__all__ = ["FragmentReader", "HistoryReader", "PullRequestSource", "TitleSource"]


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


class FragmentReader(Protocol):
    """The files of one product's history; they may have to be fetched."""

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        """Read files of certain commits.

        Parameters
        ----------
        places : `~collections.abc.Sequence` [ `tuple` [ `GitSha`, `str` ] ]
            Commits that are there, and paths in the repository.

        Returns
        -------
        texts : `tuple` [ `str` or `None`, ... ]
            One for each place: wrong bytes replaced; `None` if that commit
            has no such file.
        """

    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        """Read the files that came into some folders between two points.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.
        folders : `~collections.abc.Sequence` [ `str` ]
            In the repository; their folders count, too.

        Returns
        -------
        files : `tuple` [ `AddedFile`, ... ]
            By path: added by any commit that only the end reaches, whether
            they are still there or not, each once.
        """


class TitleSource(Protocol):
    """Knows titles of tickets."""

    def issues(self, keys: Collection[Ticket]) -> Mapping[Ticket, Issue]:
        """Look tickets up.

        Parameters
        ----------
        keys : `~collections.abc.Collection` [ `Ticket` ]
            Any tickets.

        Returns
        -------
        issues : `~collections.abc.Mapping` [ `Ticket`, `Issue` ]
            One for each key; without a title where none could be had, with
            the reason.
        """


class PullRequestSource(Protocol):
    """Knows which pull requests brought commits to a main line."""

    def merged(
        self, product: ProductName, repository_url: str, shas: Sequence[GitSha]
    ) -> Mapping[GitSha, PullRequest]:
        """Find the pull requests of commits that do not name any.

        Parameters
        ----------
        product : `ProductName`
            Whose commits they are.
        repository_url : `str`
            Where its repository is.
        shas : `~collections.abc.Sequence` [ `GitSha` ]
            Commits on a main line.

        Returns
        -------
        pull_requests : `~collections.abc.Mapping` [ `GitSha`, `PullRequest` ]
            Merged ones only; commits that were pushed directly are left out.
        """
