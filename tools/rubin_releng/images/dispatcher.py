"""Tells repositories that build on an image that there is a new one, each once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rubin_releng.core.downstreams import Dispatch

__all__ = ["DispatchJournal", "DispatchOutcome", "Dispatched", "Dispatcher", "run_dispatches"]

_SCHEMA = 1
_BEGUN, _STARTED = "begun", "started"


class Dispatcher(Protocol):
    """GitHub, as far as we need it."""

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Send a request once."""


class DispatchOutcome(StrEnum):
    """What became of a request."""

    STARTED = "started"
    KNOWN = "started before"
    FAILED = "not started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """A request, and what became of it.

    Parameters
    ----------
    dispatch : `Dispatch`
        The request.
    outcome : `DispatchOutcome`
        What became of it.
    error : `ToolkitError` or `None`
        Why it failed, if it did.
    """

    dispatch: Dispatch
    outcome: DispatchOutcome
    error: ToolkitError | None = None


class DispatchJournal:
    """Which requests were begun and accepted: a line of JSON each, only ever added to.

    Parameters
    ----------
    read : `~collections.abc.Callable`
        Gives the whole text.
    append : `~collections.abc.Callable`
        Adds a line, and returns when it is on the disk.
    now : `~collections.abc.Callable`
        Tells the time, for people who read it.
    """

    def __init__(
        self, read: Callable[[], str], append: Callable[[str], None], now: Callable[[], str]
    ) -> None:
        self._read = read
        self._append = append
        self._now = now

    def started(self) -> frozenset[str]:
        """Tell what was accepted.

        Returns
        -------
        keys : `frozenset` [ `str` ]
            Of requests. Lines that are no entries, such as the half one of a
            killed writer, count for nothing.
        """
        return frozenset(key for line in self._read().splitlines() if (key := _key_of(line)))

    def add(self, dispatch: Dispatch, event: str) -> None:
        """Note what becomes of a request.

        Parameters
        ----------
        dispatch : `Dispatch`
            The request.
        event : `str`
            ``begun`` before it is sent, so that a full disk is found out in
            time; ``started`` when it was accepted.
        """
        entry = {
            "schema": _SCHEMA,
            "time": self._now(),
            "event": event,
            "key": dispatch.key,
            "downstream": dispatch.name,
            "image": dispatch.image,
        }
        self._append(json.dumps(entry, separators=(",", ":")) + "\n")


def run_dispatches(
    dispatches: Sequence[Dispatch], service: Dispatcher, journal: DispatchJournal, *, again: bool = False
) -> tuple[Dispatched, ...]:
    """Send requests that were not accepted before; one that fails does not stop the others.

    Parameters
    ----------
    dispatches : `~collections.abc.Sequence` [ `Dispatch` ]
        In the order in which they are sent.
    service : `Dispatcher`
        Where to.
    journal : `DispatchJournal`
        Knows what was accepted, and learns of each at once.
    again : `bool`, optional
        Whether what was accepted before is sent once more.

    Returns
    -------
    results : `tuple` [ `Dispatched`, ... ]
        In the same order.
    """
    known = frozenset() if again else journal.started()
    return tuple(_send(one, service, journal, is_known=one.key in known) for one in dispatches)


def _send(one: Dispatch, service: Dispatcher, journal: DispatchJournal, *, is_known: bool) -> Dispatched:
    if is_known:
        return Dispatched(dispatch=one, outcome=DispatchOutcome.KNOWN)
    journal.add(one, _BEGUN)
    try:
        service.post(one.path, one.body)
    except ToolkitError as error:
        return Dispatched(dispatch=one, outcome=DispatchOutcome.FAILED, error=error)
    journal.add(one, _STARTED)
    return Dispatched(dispatch=one, outcome=DispatchOutcome.STARTED)


def _key_of(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    is_start = isinstance(entry, dict) and entry.get("event") == _STARTED
    key = entry.get("key") if is_start else None
    return key if isinstance(key, str) else ""
