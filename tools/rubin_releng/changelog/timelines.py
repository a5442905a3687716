"""Compares many pairs of ends: each product's history is read once, what did not change costs nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from rubin_releng.changelog.comparer import (
    alone_at,
    assemble,
    compare_ends,
    end_of,
    names_of,
    open_ends,
    present_at,
)
from rubin_releng.changelog.doubts import doubt_sides
from rubin_releng.changelog.ends import end_of_commits
from rubin_releng.changelog.pairing import pair_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.doubts import Doubt
    from rubin_releng.changelog.ends import End
    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.changelog.relating import Sources
    from rubin_releng.changelog.sides import Side

__all__ = ["RULES", "Timelines"]

RULES = 1
"""Raised when the same histories come to give another change log: then all pages are made anew."""


class Timelines:
    """All products, through all releases.

    Parameters
    ----------
    sources : `Sources`
        What products are compared with.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._sides: list[Side] = []
        self._ends: dict[int, dict[ProductName, End]] = {}
        # Ends of one product that say the same are the same object, so that one look tells.
        self._known: defaultdict[ProductName, dict[tuple[object, ...], End]] = defaultdict(dict)
        self._unchanged: dict[int, tuple[ProductChanges, tuple[str | Doubt, ...]]] = {}

    @property
    def readers(self) -> Mapping[ProductName, HistoryReader]:
        """The histories that are at hand."""
        return self._sources.readers

    def ends(self, side: Side) -> Mapping[ProductName, End]:
        """Find all products at one end.

        Parameters
        ----------
        side : `Side`
            The end; asked for twice, it is looked up once.

        Returns
        -------
        ends : `~collections.abc.Mapping` [ `ProductName`, `End` ]
            Of every product that it or any history has.
        """
        found = self._ends.get(id(side))
        if found is None:
            names = names_of(side, side, self._sources.readers)
            find = self._find if side.pins is None else self._pinned
            found = self._ends[id(side)] = {name: find(name, side) for name in names}
            # Keeps it alive, for its place in memory is its key.
            self._sides.append(side)
        return found

    def look_up(self, sides: Iterable[Side]) -> None:
        """Find all products at many ends, in one question to each history.

        Parameters
        ----------
        sides : `~collections.abc.Iterable` [ `Side` ]
            Ends that will be compared; those that documents tell are left
            for later, and so are all if a history cannot be read.
        """
        waiting = {id(side): side for side in sides if side.pins is None and id(side) not in self._ends}
        refs = [ref for side in waiting.values() for ref in side.refs]
        found: dict[int, dict[ProductName, End]] = {key: {} for key in waiting}
        for name in sorted(self._sources.readers):
            try:
                commits = self._sources.readers[name].resolve(refs)
            except ToolkitError:
                # Whoever looks for a single end meets the same again, and tells it.
                return
            known, first = self._known[name], 0
            for key, side in waiting.items():
                last = first + len(side.refs)
                own = commits[first:last]
                found[key][name] = known.get(own) or self._referred(name, side, own)
                first = last
        self._ends.update(found)
        self._sides += waiting.values()

    def _find(self, name: ProductName, side: Side) -> End:
        """Find a product by the refs of an end."""
        try:
            commits = self._sources.readers[name].resolve(side.refs)
        except ToolkitError:
            return end_of(name, side, self._sources)
        return self._known[name].get(commits) or self._referred(name, side, commits)

    def _referred(self, name: ProductName, side: Side, commits: tuple[GitSha | None, ...]) -> End:
        """Make the end of commits that were met for the first time: mostly they tell whose end it is."""
        end = end_of_commits(name, side, commits)
        # A warning names the refs of this end.
        if end.commit is not None and not end.warnings:
            self._known[name][commits] = end
        return end

    def _pinned(self, name: ProductName, side: Side) -> End:
        """Find a product by the document of an end."""
        end = end_of(name, side, self._sources)
        if end.commit is None:
            return end
        return self._known[name].setdefault((end.commit, end.version, end.repository), end)

    def key(self, old: Side, new: Side) -> str:
        """Sum up all that a change log of two ends depends on, but for the settings.

        Parameters
        ----------
        old, new : `Side`
            The two ends.

        Returns
        -------
        key : `str`
            SHA-256. What lies between two commits never changes.
        """
        digest = hashlib.sha256(f"{RULES}\n".encode())
        for side in (old, new):
            digest.update(f"{side.name} {side.environment} {side.warnings}\n".encode())
            for name, end in self.ends(side).items():
                if not end.is_absent:
                    parts = (name, end.commit, end.version, end.repository, end.reason, *end.warnings)
                    digest.update("\0".join(map(str, parts)).encode() + b"\n")
        return digest.hexdigest()

    def compare(self, old: Side, new: Side, *, note: str | None = None) -> ChangeLog:
        """Tell what happened between two ends.

        Parameters
        ----------
        old, new : `Side`
            The two ends.
        note : `str`, optional
            Why they are compared.

        Returns
        -------
        changelog : `ChangeLog`
            What `compare_sides` gives.
        """
        names = names_of(old, new, self._sources.readers)
        starts, ends = self._of(old, names), self._of(new, names)
        former = pair_names(alone_at(starts, ends), alone_at(ends, starts), self._sources)
        gone = set(former.values())
        results = [
            self._compare(name, starts[former.get(name, name)], ends[name], former.get(name))
            for name in present_at(starts, ends, is_open=open_ends(old, new))
            if name not in gone
        ]
        products = [product for product, _ in results]
        settings = self._sources.settings
        doubts = (*doubt_sides(old, new, products, settings), *(one for _, found in results for one in found))
        found = assemble(old, new, products, settings, doubts)
        return found if note is None else replace(found, predecessor_note=note)

    def _of(self, side: Side, names: list[ProductName]) -> dict[ProductName, End]:
        known = self.ends(side)
        return {name: known[name] if name in known else end_of(name, side, self._sources) for name in names}

    def _compare(
        self, name: ProductName, start: End, end: End, former: ProductName | None
    ) -> tuple[ProductChanges, tuple[str | Doubt, ...]]:
        if start is not end or former is not None:
            return compare_ends(name, start, end, former, self._sources)
        found = self._unchanged.get(id(end))
        if found is None:
            found = self._unchanged[id(end)] = compare_ends(name, start, end, None, self._sources)
        return found
