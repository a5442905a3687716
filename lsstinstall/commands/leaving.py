"""How a program ends after rattler's threads were at work."""

from __future__ import annotations

import atexit
import logging
import os
import sys

__all__ = ["leave"]

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
    if _RATTLER.isdisjoint(sys.modules):
        return code
    # What a normal end does before it tears anything down.
    logging.shutdown()
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way to run them early
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
