"""Work on a graph: what is ready goes to a bounded pool, a failure stops its dependents only."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import inverted, stable_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from concurrent.futures import Future
    from types import FrameType

__all__ = ["Ended", "Schedule", "run_graph"]

Node = TypeVar("Node", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[Node]):
    """One node that was worked on.

    Parameters
    ----------
    node : `str`
        The node.
    error : `ToolkitError` or `None`
        Why it failed; `None` if it did not.
    seconds : `float`
        How long it took.
    """

    node: Node
    error: ToolkitError | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Generic[Node]):
    """How work on a graph ended.

    Parameters
    ----------
    ended : `~collections.abc.Mapping`
        Every node that was worked on, in the order of their ends.
    interrupted : `bool`
        Whether the user asked to stop.
    """

    ended: Mapping[Node, Ended[Node]]
    interrupted: bool


def run_graph(
    dependencies: Mapping[Node, Collection[Node]],
    work: Callable[[Node], None],
    *,
    jobs: int,
    keep_going: bool,
    on_end: Callable[[Ended[Node]], None],
) -> Schedule[Node]:
    """Work on all nodes, each after all it depends on.

    Parameters
    ----------
    dependencies : `~collections.abc.Mapping`
        Node to the nodes it needs; all of them are nodes themselves.
    work : `~collections.abc.Callable`
        Called in threads; a `ToolkitError` of it is a failure of that node.
    jobs : `int`
        How many nodes at once.
    keep_going : `bool`
        Whether nodes that need nothing failed are still begun after a failure.
    on_end : `~collections.abc.Callable`
        Called in the caller's thread when a node ended, before others are
        begun; a `ToolkitError` of it counts as the node's failure.

    Returns
    -------
    schedule : `Schedule`
        Nodes that are missing in it were never begun. After Ctrl-C nothing
        new is begun, and what is running is waited for.
    """
    run = _Run(dependencies, work, on_end=on_end, keep_going=keep_going)
    with _interruption_noted(run.interrupt), ThreadPoolExecutor(jobs, thread_name_prefix="work") as pool:
        while run.is_unfinished():
            run.advance(pool, jobs=jobs)
    return Schedule(ended=run.ended, interrupted=run.interrupted)


@contextmanager
def _interruption_noted(note: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C into a call; the second is an exception as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.getsignal(signal.SIGINT)

    def handle(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, former)
        note()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


class _Run(Generic[Node]):
    """The state of one run; only the caller's thread changes it."""

    def __init__(
        self,
        dependencies: Mapping[Node, Collection[Node]],
        work: Callable[[Node], None],
        *,
        on_end: Callable[[Ended[Node]], None],
        keep_going: bool,
    ) -> None:
        order = stable_order(dependencies)
        self._place = {node: place for place, node in enumerate(order)}
        self._missing = {node: set(dependencies[node]) for node in order}
        self._dependents = inverted(dependencies)
        self._ready = [node for node in order if not self._missing[node]]
        self._work = work
        self._on_end = on_end
        self._keep_going = keep_going
        self.ended: dict[Node, Ended[Node]] = {}
        self.interrupted = False
        self._stopped = False
        self._pending: set[Future[Ended[Node]]] = set()

    def is_unfinished(self) -> bool:
        """Tell whether something is running or can be begun."""
        return bool(self._pending) or self._has_more()

    def advance(self, pool: ThreadPoolExecutor, *, jobs: int) -> None:
        """Begin what can be begun and take note of what ends next."""
        # No more than can run at once: what waits in a queue could not be held back.
        while len(self._pending) < jobs and self._has_more():
            self._pending.add(pool.submit(self._do, self._take()))
        done, self._pending = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            self._end(future.result())

    def interrupt(self) -> None:
        """Begin nothing new."""
        self.interrupted = self._stopped = True

    def _has_more(self) -> bool:
        return bool(self._ready) and not self._stopped

    def _take(self) -> Node:
        node = min(self._ready, key=self._place.__getitem__)
        self._ready.remove(node)
        return node

    def _do(self, node: Node) -> Ended[Node]:
        started = time.monotonic()
        error: ToolkitError | None = None
        try:
            self._work(node)
        except ToolkitError as failure:
            error = failure
        return Ended(node=node, error=error, seconds=time.monotonic() - started)

    def _end(self, ended: Ended[Node]) -> None:
        try:
            self._on_end(ended)
        except ToolkitError as error:
            ended = Ended(node=ended.node, error=error, seconds=ended.seconds)
        self.ended[ended.node] = ended
        if ended.error is not None:
            self._stopped = self._stopped or not self._keep_going
            return
        for dependent in self._dependents[ended.node]:
            self._missing[dependent].discard(ended.node)
            if not self._missing[dependent]:
                self._ready.append(dependent)
