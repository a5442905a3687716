"""One tag in all mirrors: what it stands for, and what its message says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rubin_releng.core.releasebuilds import TaggedCommit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import ProductName
    from rubin_releng.adapters.gittags import GitTags
    from rubin_releng.adapters.mirrorstores import MirrorRef, MirrorStore

__all__ = ["JoinedTags", "MirrorTags"]


class MirrorTags:
    """Reads tags without running git.

    Parameters
    ----------
    store : `MirrorStore`
        What the mirrors hold.
    urls : `~collections.abc.Mapping` [ `ProductName`, `str` ]
        Addresses of the products' repositories.
    """

    def __init__(self, store: MirrorStore, urls: Mapping[ProductName, str]) -> None:
        self._store = store
        self._urls = dict(sorted(urls.items()))

    def tagged(self, refs: Sequence[str]) -> Mapping[ProductName, tuple[TaggedCommit, ...]]:
        """Read those of some refs that are there.

        Parameters
        ----------
        refs : `~collections.abc.Sequence` [ `str` ]
            Full refs, the best first.

        Returns
        -------
        tagged : `~collections.abc.Mapping` [ `ProductName`, `tuple` [ `TaggedCommit`, ... ] ]
            By product, in the order of the refs; products without any of
            them are left out.
        """
        found = self._store.tagged(refs)
        return {
            name: tuple(_commit(found[url][ref]) for ref in refs if ref in found[url])
            for name, url in self._urls.items()
            if url in found
        }


class JoinedTags:
    """Reads tags in several ways.

    Parameters
    ----------
    clones : `GitTags` or `None`
        Of clones; they win.
    mirrors : `MirrorTags`
        Of mirrors.
    """

    def __init__(self, clones: GitTags | None, mirrors: MirrorTags) -> None:
        self._clones = clones
        self._mirrors = mirrors

    def tagged(self, refs: Sequence[str]) -> Mapping[ProductName, tuple[TaggedCommit, ...]]:
        """Read those of some refs that are there, in that order, for each repository with any."""
        own = {} if self._clones is None else self._clones.tagged(refs)
        return dict(sorted({**self._mirrors.tagged(refs), **own}.items()))


def _commit(ref: MirrorRef) -> TaggedCommit:
    date = None if ref.time is None else datetime.fromtimestamp(ref.time, UTC).date()
    return TaggedCommit(ref=ref.name, commit=ref.sha, message=ref.message, date=date)
