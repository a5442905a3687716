"""Products made by threads of this process, each with programs of its own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from rubin_releng.adapters.supervision import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event
    from types import TracebackType
    from typing import Self

    from rubin_releng.core.buildtasks import BuildTask, Made

__all__ = ["LocalPool", "settle"]


class LocalPool:
    """A bounded pool of threads.

    Parameters
    ----------
    make : `~collections.abc.Callable`
        Makes a product.
    jobs : `int`
        How many at once.
    stopping : `~threading.Event`
        Set to stop what runs; ``make`` looks at it.
    """

    def __init__(self, make: Callable[[BuildTask], Made], *, jobs: int, stopping: Event) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="build")
        self._stopping = stopping

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

    def submit(self, task: BuildTask) -> Future[Made]:
        """Begin to make a product."""
        outer: Future[Made] = Future()
        self._pool.submit(self._make, task).add_done_callback(lambda inner: settle(outer, inner))
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
