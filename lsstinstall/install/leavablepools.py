"""Threads that a user can leave behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InterruptedWorkError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_pool"]


@contextmanager
def open_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Make threads that are waited for in the end, unless the user interrupts.

    Those that wait for a silent server then still do: the process should end
    without them.

    Parameters
    ----------
    threads : `int`
        How many at most.

    Yields
    ------
    pool : `~concurrent.futures.ThreadPoolExecutor`
        Open inside the block.
    """
    pool = ThreadPoolExecutor(max_workers=threads)
    interrupted = False
    try:
        yield pool
    except (KeyboardInterrupt, InterruptedWorkError):
        interrupted = True
        raise
    finally:
        pool.shutdown(wait=not interrupted, cancel_futures=interrupted)
