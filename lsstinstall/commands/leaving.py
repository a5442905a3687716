"""How a program ends without being torn down: after rattler's threads were at work, or in a hurry."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

__all__ = ["end", "leave"]

_RATTLER = frozenset({"rattler", "rattler_build"})


def leave(code: int) -> int:
    """End this process at once if rattler was loaded, else do nothing.

    A failed or interrupted request leaves rattler's own threads running. When
    they end while Python is being torn down, they ask it for its lock and the
    process dies of a segmentation fault (py-rattler 0.28: one run in three
    with a server that refuses connections), which hides our exit code.

    Parameters
    ----------
    code : `int`
        Exit code.

    Returns
    -------
    code : `int`
        The same, if the process goes on.
    """
    if not _RATTLER.isdisjoint(sys.modules):
        end(code)
    return code


def end(code: int) -> NoReturn:
    """End this process at once.

    What a normal end does before it tears anything down is done: functions
    registered with `atexit`, the end of logging among them, and flushing.

    Parameters
    ----------
    code : `int`
        Exit code.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way to run them early
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
