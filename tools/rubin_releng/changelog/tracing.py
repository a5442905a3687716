"""Reads one side of a comparison: the changes of a line, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rubin_releng.core.changes import ChangeKind, classify, map_by_pull_request, nested_changes
from rubin_releng.core.effects import Effect, settle, unknown_shas
from rubin_releng.core.histories import trace_line
from rubin_releng.core.mergesubjects import read_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.ports import HistoryReader, PullRequestSource
    from rubin_releng.core.changes import Change
    from rubin_releng.core.histories import Commit, Step
    from rubin_releng.core.overrides import Overrides
    from rubin_releng.core.tickets import Ticket, TicketGrammar

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


@dataclass(frozen=True, slots=True)
class _Line:
    """All changes of one side, oldest first.

    Those that are hidden have an effect and are not told, for a change of the
    line names their ticket, or they have none; carriers are the changes of
    the line by which others came in, hosts the tickets of the branches that
    those were merged into.
    """

    changes: list[Change]
    hidden: set[GitSha] = field(default_factory=set)
    carriers: dict[GitSha, GitSha] = field(default_factory=dict)
    hosts: dict[GitSha, tuple[Ticket, ...]] = field(default_factory=dict)


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
        line = self._read_line(base, tip, commits)
        changes = self._correct(self._ask_for_pull_requests(line.changes))
        doubtful = sorted(unknown_shas(changes))
        # What the base alone has is of another line: a revert of it was copied with what it takes back.
        older = frozenset(
            sha for sha in doubtful if all(self.reader.is_ancestor(sha, of) for of in (base, tip))
        )
        effect = settle(changes, older=older, carriers=line.carriers, hosts=line.hosts)
        if not line.hidden:
            return Trace(changes=tuple(changes), effect=effect)
        shown = tuple(change for change in changes if change.sha not in line.hidden)
        return Trace(changes=shown, effect=replace(effect, undone=effect.undone - line.hidden))

    def _read_line(self, base: GitSha, tip: GitSha, commits: Sequence[Commit]) -> _Line:
        off_main = self.reader.off_main(base, tip)
        steps = trace_line(tip, commits)
        own = [classify(step, self.grammar, on_release_branch=step.commit.sha in off_main) for step in steps]
        if not any(step.brought for step in steps):
            return _Line(own)
        listed = {ticket for change in own if not change.undoes for ticket in change.tickets}
        present = {commit.sha for commit in commits}
        line = _Line([])
        for step, change in zip(steps, own, strict=True):
            for nested in nested_changes(step, self.grammar, present=present) if step.brought else ():
                line.carriers[nested.sha] = change.sha
                line.hosts[nested.sha] = self._host_of(nested.sha, step)
                is_listed = nested.kind is ChangeKind.NESTED and not listed.isdisjoint(nested.tickets)
                if is_listed or not nested.tickets:
                    line.hidden.add(nested.sha)
                line.changes.append(nested)
            line.changes.append(change)
        return line

    def _host_of(self, sha: GitSha, step: Step) -> tuple[Ticket, ...]:
        """Find the tickets of the branch that a merge beside the line says it was merged into."""
        message = next(commit.message for commit in step.brought if commit.sha == sha)
        subject = read_subject(message)
        into = None if subject is None else subject.into
        return () if into is None else self.grammar.find_in_branch(into)

    def _correct(self, changes: list[Change]) -> list[Change]:
        if not self.overrides.merges:
            return changes
        corrected = (self.overrides.correct(self.product, change) for change in changes)
        return [change for change in corrected if change is not None]

    def _ask_for_pull_requests(self, changes: list[Change]) -> list[Change]:
        """Map what was pushed without a merge, which is rare; nothing else needs to be asked."""
        if self.pull_requests is None or self.repository is None:
            return changes
        direct = [one.sha for one in changes if one.kind is ChangeKind.DIRECT and not one.tickets]
        if not direct:
            return changes
        known = self.pull_requests.merged(self.product, self.repository, direct)
        return [
            map_by_pull_request(one, known[one.sha], self.grammar) if one.sha in known else one
            for one in changes
        ]
