"""Work on a graph: what is ready goes to an executor, a failure stops its dependents only."""

from __future__ import annotations

import heapq
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import inverted, stable_order
from rubin_releng.stack.weights import Capacity, Weight

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from concurrent.futures import Future
    from types import FrameType

__all__ = ["Ended", "Schedule", "Scheduling", "interruption_noted", "run_graph"]

Node = TypeVar("Node", bound=str)
Result = TypeVar("Result")

# What Ctrl-C, a job system and a closed terminal send.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[Node, Result]):
    """One node that was worked on.

    Parameters
    ----------
    node : `str`
        The node.
    error : `ToolkitError` or `None`
        Why it failed; `None` if it did not.
    seconds : `float`
        How long it took.
    result : object or `None`
        What the work gave; `None` if it failed.
    """

    node: Node
    error: ToolkitError | None
    seconds: float
    result: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Generic[Node, Result]):
    """How work on a graph ended.

    Parameters
    ----------
    ended : `~collections.abc.Mapping`
        Every node that was worked on, in the order of their ends.
    interrupted : `bool`
        Whether the user asked to stop.
    """

    ended: Mapping[Node, Ended[Node, Result]]
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling(Generic[Node]):
    """In which order, and how many at once.

    Parameters
    ----------
    capacity : `~rubin_releng.stack.weights.Capacity`
        How much work fits.
    keep_going : `bool`
        Whether nodes that need nothing failed are still begun after a failure.
    remaining : `~collections.abc.Mapping`, optional
        Seconds from the beginning of a node to the end of all; among those
        that are ready the one with most comes first, then the order of the
        graph.
    weights : `~collections.abc.Mapping`, optional
        What nodes weigh.
    """

    capacity: Capacity
    keep_going: bool
    remaining: Mapping[Node, float] = field(default_factory=dict)
    weights: Mapping[Node, Weight] = field(default_factory=dict)


def run_graph(
    dependencies: Mapping[Node, Collection[Node]],
    submit: Callable[[Node], Future[Result]],
    *,
    scheduling: Scheduling[Node],
    on_end: Callable[[Ended[Node, Result]], None],
    on_interrupt: Callable[[], None] = lambda: None,
) -> Schedule[Node, Result]:
    """Work on all nodes, each after all it depends on.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Node to the nodes it needs; all of them are nodes themselves.
    submit : `~collections.abc.Callable`
        Begins to work on a node; a `ToolkitError` of its future is a failure
        of that node.
    scheduling : `Scheduling`
        Order and limits.
    on_end : `~collections.abc.Callable`
        Called in the caller's thread when a node ended, before others are
        begun; a `ToolkitError` of it counts as the node's failure.
    on_interrupt : `~collections.abc.Callable`, optional
        Called once in the caller's thread after Ctrl-C or another signal to
        end, so that what runs can be stopped.

    Returns
    -------
    schedule : `Schedule`
        Nodes that are missing in it were never begun, or were cancelled.
        After Ctrl-C nothing new is begun, and what is running is waited for.
    """
    run = _Run(dependencies, submit, on_end=on_end, on_interrupt=on_interrupt, scheduling=scheduling)
    with interruption_noted(run.interrupt):
        while run.is_unfinished():
            run.advance()
    return Schedule(ended=run.ended, interrupted=run.interrupted)


@contextmanager
def interruption_noted(note: Callable[[], None]) -> Iterator[None]:
    """Turn the first signal to end into a call; the second does what it always does.

    Parameters
    ----------
    note : `~collections.abc.Callable`
        Called in the main thread, between two of its steps.

    Yields
    ------
    `None`
        In another thread than the main one signals do what they always do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def handle(_number: int, _frame: FrameType | None) -> None:
        restore()
        note()

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()


class _Run(Generic[Node, Result]):
    """The state of one run; only the caller's thread changes it."""

    def __init__(
        self,
        dependencies: Mapping[Node, Collection[Node]],
        submit: Callable[[Node], Future[Result]],
        *,
        on_end: Callable[[Ended[Node, Result]], None],
        on_interrupt: Callable[[], None],
        scheduling: Scheduling[Node],
    ) -> None:
        order = stable_order(dependencies)
        ranks = ((-scheduling.remaining.get(node, 0.0), place, node) for place, node in enumerate(order))
        self._rank = {rank[2]: rank for rank in ranks}
        self._missing = {node: set(dependencies[node]) for node in order}
        self._dependents = inverted(dependencies)
        self._ready = [self._rank[node] for node in order if not self._missing[node]]
        heapq.heapify(self._ready)
        self._submit = submit
        self._on_end = on_end
        self._on_interrupt = on_interrupt
        self._scheduling = scheduling
        self.ended: dict[Node, Ended[Node, Result]] = {}
        self.interrupted = False
        self._stopped = False
        self._pending: dict[Future[Result], tuple[Node, float]] = {}

    def is_unfinished(self) -> bool:
        """Tell whether something is running or can be begun."""
        return bool(self._pending) or self._has_more()

    def advance(self) -> None:
        """Begin what can be begun and take note of what ends next."""
        # No more than can run at once: what waits in a queue could not be held back.
        while self._has_more() and (node := self._take()) is not None:
            self._pending[self._submit(node)] = (node, time.monotonic())
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            node, begun = self._pending.pop(future)
            self._end(node, time.monotonic() - begun, future)

    def interrupt(self) -> None:
        """Begin nothing new."""
        self.interrupted = self._stopped = True
        self._on_interrupt()

    def _has_more(self) -> bool:
        return bool(self._ready) and not self._stopped

    def _take(self) -> Node | None:
        """Take the first of the ready nodes that fits beside what runs; `None` if none does."""
        weights = self._scheduling.weights
        running = [weights.get(node, Weight()) for node, _ in self._pending.values()]
        if len(running) >= self._scheduling.capacity.jobs:
            return None
        too_heavy = []
        found: Node | None = None
        while self._ready and found is None:
            rank = heapq.heappop(self._ready)
            if self._scheduling.capacity.fits(weights.get(rank[2], Weight()), running):
                found = rank[2]
            else:
                too_heavy.append(rank)
        for rank in too_heavy:
            heapq.heappush(self._ready, rank)
        return found

    def _end(self, node: Node, seconds: float, future: Future[Result]) -> None:
        try:
            ended = Ended(node=node, error=None, seconds=seconds, result=future.result())
        except CancelledError:
            # Stopped because the user asked for it: neither done nor failed.
            return
        except ToolkitError as error:
            ended = Ended(node=node, error=error, seconds=seconds)
        try:
            self._on_end(ended)
        except ToolkitError as error:
            ended = Ended(node=node, error=error, seconds=seconds)
        self.ended[node] = ended
        if ended.error is not None:
            self._stopped = self._stopped or not self._scheduling.keep_going
            return
        for dependent in self._dependents[node]:
            self._missing[dependent].discard(node)
            if not self._missing[dependent]:
                heapq.heappush(self._ready, self._rank[dependent])
