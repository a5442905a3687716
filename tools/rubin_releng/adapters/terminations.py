"""Requests to end, which leave time to clean up."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["cleaned_up_after"]

# What a job system and a closed terminal send; Ctrl-C raises by itself.
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def cleaned_up_after() -> Iterator[None]:
    """Take a request to end for Ctrl-C, so that what was begun is put away.

    Yields
    ------
    nothing
        A signal that is ignored, as by ``nohup``, stays so; outside of the
        main thread nothing changes.

    Raises
    ------
    KeyboardInterrupt
        Raised when a signal comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in _SIGNALS}
    for one in _SIGNALS:
        if before[one] is not signal.SIG_IGN:
            signal.signal(one, _interrupt)
    try:
        yield
    finally:
        for one in _SIGNALS:
            signal.signal(one, before[one])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
