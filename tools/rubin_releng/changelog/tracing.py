"""Reads one side of a comparison: the changes of a line, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rubin_releng.core.changes import ChangeKind, classify, map_by_pull_request, nested_changes
from rubin_releng.core.effects import Effect, settle, unknown_shas
from rubin_releng.core.histories import trace_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.ports import HistoryReader, PullRequestSource
    from rubin_releng.core.changes import Change
    from rubin_releng.core.histories import Commit
    from rubin_releng.core.overrides import Overrides
    from rubin_releng.core.tickets import TicketGrammar

__all__ = ["Trace", "Tracer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One side of a comparison.

    Parameters
    ----------
    changes : `tuple` [ `Change`, ... ]
        Of the line, oldest first, with merges that it does not show itself.
    effect : `Effect`
        Which tickets last.
    """

    changes: tuple[Change, ...] = ()
    effect: Effect = field(default_factory=Effect)


_NOTHING = Trace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracer:
    """Reads the changes of one product.

    Parameters
    ----------
    product : `ProductName`
        Whose changes they are.
    repository : `str` or `None`
        URL of its history, if it is known.
    reader : `HistoryReader`
        Its history.
    grammar : `TicketGrammar`
        Knows the projects.
    overrides : `Overrides`
        Corrections by hand; they win.
    pull_requests : `PullRequestSource` or `None`
        Knows pull requests that no commit names.
    """

    product: ProductName
    repository: str | None
    reader: HistoryReader
    grammar: TicketGrammar
    overrides: Overrides
    pull_requests: PullRequestSource | None = None

    def trace(self, base: GitSha, tip: GitSha, commits: Sequence[Commit]) -> Trace:
        """Read one side.

        Parameters
        ----------
        base, tip : `GitSha`
            Where it begins and ends.
        commits : `~collections.abc.Sequence` [ `Commit` ]
            Reachable from the tip and not from the base, children first.

        Returns
        -------
        trace : `Trace`
            Empty without commits.
        """
        if not commits:
            return _NOTHING
        changes = [
            corrected
            for change in self._ask_for_pull_requests(self._read_line(base, tip, commits))
            if (corrected := self.overrides.correct(self.product, change)) is not None
        ]
        doubtful = sorted(unknown_shas(changes))
        older = frozenset(sha for sha in doubtful if self.reader.is_ancestor(sha, base))
        return Trace(changes=tuple(changes), effect=settle(changes, older=older))

    def _read_line(self, base: GitSha, tip: GitSha, commits: Sequence[Commit]) -> list[Change]:
        off_main = self.reader.off_main(base, tip)
        steps = trace_line(tip, commits)
        own = [classify(step, self.grammar, on_release_branch=step.commit.sha in off_main) for step in steps]
        listed = {ticket for change in own for ticket in change.tickets}
        present = {commit.sha for commit in commits}
        changes: list[Change] = []
        for step, change in zip(steps, own, strict=True):
            if step.brought:
                nested = nested_changes(step, self.grammar, present=present)
                changes.extend(one for one in nested if listed.isdisjoint(one.tickets))
            changes.append(change)
        return changes

    def _ask_for_pull_requests(self, changes: list[Change]) -> list[Change]:
        """Map what was pushed without a merge, which is rare; nothing else needs to be asked."""
        direct = [one.sha for one in changes if one.kind is ChangeKind.DIRECT and not one.tickets]
        if self.pull_requests is None or self.repository is None or not direct:
            return changes
        known = self.pull_requests.merged(self.product, self.repository, direct)
        return [
            map_by_pull_request(one, known[one.sha], self.grammar) if one.sha in known else one
            for one in changes
        ]
