"""Products made by threads of this process, each with programs of its own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from rubin_releng.adapters.supervision import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event
    from types import TracebackType
    from typing import Self

    from lsstinstall.core.names import ProductName
    from rubin_releng.adapters.workshops import StackWorkshop
    from rubin_releng.core.buildtasks import BuildTask, Made

__all__ = ["LocalPool", "settle"]

Answer = TypeVar("Answer")

# Of a shared cache, whose answers take their time.
_ASKED_AT_ONCE = 8
# Of an archive: less is unpacked before another thread has had its turn.
_SMALL_BYTES = 1 << 20


class LocalPool:
    """A bounded pool of threads.

    Parameters
    ----------
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        Makes products.
    jobs : `int`
        How many at once.
    stopping : `~threading.Event`
        Set to stop what runs; the workshop looks at it.
    """

    def __init__(self, workshop: StackWorkshop, *, jobs: int, stopping: Event) -> None:
        self._workshop = workshop
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="build")
        self._stopping = stopping
        self._sizes: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def cached(self, tasks: Sequence[BuildTask]) -> tuple[BuildTask, ...]:
        """Find what a build cache has."""
        found = self._all(self._look, tasks) if self._workshop.cache.is_far else map(self._look, tasks)
        return tuple(task for task, is_cached in zip(tasks, found, strict=True) if is_cached)

    def restore(self, tasks: Sequence[BuildTask]) -> Mapping[ProductName, Made]:
        """Take products out of build caches; small ones in this thread, for others would be in its way."""
        cache = self._workshop.cache
        limit = -1 if cache.is_far else _SMALL_BYTES
        small = [task for task in tasks if self._sizes[task.key] <= limit]
        large = [task for task in tasks if self._sizes[task.key] > limit]
        begun = self._all(self._take, large) if cache.is_far else self._pool.map(self._take, large)
        taken = {task.product.name: self._take(task) for task in small}
        taken |= {task.product.name: made for task, made in zip(large, begun, strict=True)}
        return {name: made for name, made in taken.items() if made is not None}

    def _all(self, ask: Callable[[BuildTask], Answer], tasks: Sequence[BuildTask]) -> list[Answer]:
        with ThreadPoolExecutor(_ASKED_AT_ONCE, thread_name_prefix="ask") as pool:
            return list(pool.map(ask, tasks))

    def _look(self, task: BuildTask) -> bool:
        if self._stopping.is_set() or (size := self._workshop.cache.find(task.key)) is None:
            return False
        self._sizes[task.key] = size
        return True

    def _take(self, task: BuildTask) -> Made | None:
        return None if self._stopping.is_set() else self._workshop.restore(task)

    def submit(self, task: BuildTask) -> Future[Made]:
        """Begin to make a product."""
        outer: Future[Made] = Future()
        self._pool.submit(self._workshop.make, task).add_done_callback(lambda inner: settle(outer, inner))
        return outer

    def stop(self) -> None:
        """Let programs be ended, gently, then firmly."""
        self._stopping.set()


def settle(outer: Future[Made], inner: Future[Made]) -> None:
    """Pass on how work ended; what was stopped counts as cancelled."""
    if inner.cancelled() or isinstance(error := inner.exception(), StoppedError):
        outer.cancel()
        outer.set_running_or_notify_cancel()
    elif error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())
