"""What a range of changes comes to when reverts, and reverts of reverts, are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from rubin_releng.core.changes import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lsstinstall.core.names import GitSha
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["Effect", "settle", "unknown_shas"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The tickets of a range.

    Parameters
    ----------
    tickets : `frozenset` [ `Ticket` ]
        With a lasting effect, the revert of something older included.
    reverted : `frozenset` [ `Ticket` ]
        Without any: what came in the range was taken back in it.
    undone : `frozenset` [ `GitSha` ]
        Changes that a later one turned round.
    """

    tickets: frozenset[Ticket] = frozenset()
    reverted: frozenset[Ticket] = frozenset()
    undone: frozenset[GitSha] = frozenset()


@dataclass(slots=True)
class _Event:
    """A change, and the earlier events that it turns round."""

    change: Change
    targets: list[_Event] = field(default_factory=list)
    # It takes back a part of a change in the range, which goes on having an effect.
    is_partial: bool = False
    is_undone: bool = False


def unknown_shas(changes: Sequence[Change]) -> frozenset[GitSha]:
    """Name commits that are reverted here and are not in the range.

    Parameters
    ----------
    changes : `~collections.abc.Sequence` [ `Change` ]
        Of one line.

    Returns
    -------
    shas : `frozenset` [ `GitSha` ]
        `settle` wants to know which of them are older than the range: a
        cherry-picked revert names a commit of another line.
    """
    reverted = frozenset(sha for change in changes for sha in change.reverted)
    if not reverted:
        return reverted
    return reverted.difference((change.sha for change in changes), *(change.brought for change in changes))


def settle(
    changes: Sequence[Change],
    *,
    older: AbstractSet[GitSha] = frozenset(),
    carriers: Mapping[GitSha, GitSha] = MappingProxyType({}),
    hosts: Mapping[GitSha, tuple[Ticket, ...]] = MappingProxyType({}),
) -> Effect:
    """Find which tickets have an effect after the whole range.

    Parameters
    ----------
    changes : `~collections.abc.Sequence` [ `Change` ]
        Of one line, oldest first.
    older : `~collections.abc.Set` [ `GitSha` ], optional
        Reverted commits that are known to be older than the range.
    carriers : `~collections.abc.Mapping` [ `GitSha`, `GitSha` ], optional
        Of a change that came in by another one, that other one: both are
        taken back together.
    hosts : `~collections.abc.Mapping` [ `GitSha`, `tuple` [ `Ticket`, ... ] ], optional
        Of a change that was merged into another ticket's branch, the tickets
        of that branch: where they last, it came back with them.

    Returns
    -------
    effect : `Effect`
        A ticket is reverted only if every change of it is.
    """
    if not any(change.undoes for change in changes):
        return Effect(tickets=frozenset(ticket for change in changes for ticket in change.tickets))
    events: list[_Event] = []
    for change in changes:
        event = _Event(change)
        if change.undoes:
            _aim(event, events, older)
        events.append(event)
    undone_shas: set[GitSha] = set()
    for event in reversed(events):
        event.is_undone |= carriers.get(event.change.sha) in undone_shas
        if event.is_undone:
            undone_shas.add(event.change.sha)
        else:
            for target in event.targets:
                target.is_undone = True
    lasting = [
        event for event in events if not event.is_undone and not event.targets and not event.is_partial
    ]
    tickets = frozenset(ticket for event in lasting for ticket in event.change.tickets)
    undone = [event.change for event in events if event.is_undone]
    back = [change for change in undone if not tickets.isdisjoint(hosts.get(change.sha, ()))]
    if back:
        tickets |= {ticket for change in back for ticket in change.tickets}
        undone = [change for change in undone if change not in back]
    return Effect(
        tickets=tickets,
        reverted=frozenset(ticket for change in undone for ticket in change.tickets) - tickets,
        undone=frozenset(change.sha for change in undone),
    )


def _aim(event: _Event, earlier: Sequence[_Event], older: AbstractSet[GitSha]) -> None:
    """Find what a revert turns round: by commit, by pull request, else by ticket."""
    change = event.change
    if change.reverted:
        event.targets = [one for one in earlier if _reverts_whole(change, one.change)]
        event.is_partial = not event.targets and any(
            not one.change.brought.isdisjoint(change.reverted) for one in earlier
        )
        if event.targets or event.is_partial or not older.isdisjoint(change.reverted):
            return
    number = change.reverted_pull_request
    if number is not None:
        event.targets = [one for one in earlier if one.change.pull_request == number]
        if event.targets:
            return
        # It names another pull request, so those with a number are not meant.
        earlier = [one for one in earlier if one.change.pull_request is None]
    event.targets = _by_ticket(change, earlier)


def _reverts_whole(change: Change, candidate: Change) -> bool:
    reverted = set(change.reverted)
    if candidate.sha in reverted or candidate.picked_from in reverted:
        return True
    return bool(candidate.brought) and candidate.brought <= reverted


def _by_ticket(change: Change, earlier: Sequence[_Event]) -> list[_Event]:
    """Find all merges of the ticket; for a restored one the last revert alone."""
    same = [one for one in earlier if not set(change.tickets).isdisjoint(one.change.tickets)]
    if change.kind is ChangeKind.RESTORED:
        return [one for one in same if one.change.kind is ChangeKind.REVERT][-1:]
    return [one for one in same if not one.change.undoes]
