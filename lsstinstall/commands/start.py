"""Where the `lsstinstall` program starts."""

from __future__ import annotations

import importlib
import os
import sys

from lsstinstall.commands.leaving import end, leave

__all__ = ["main", "program"]

_INTERRUPTED = 130

_QUICK = frozenset({"setup", "unsetup"})


def program() -> int:
    """Run `lsstinstall` as a process of its own, which may have to end abruptly.

    Returns
    -------
    code : `int`
        Exit code.
    """
    code = main()
    if "click" not in sys.modules or code == _INTERRUPTED:
        # The short way was taken: tearing Python down would take half as long as the set-up itself.
        # And who interrupts does not wait for threads that wait for a silent server.
        end(code)
    return leave(code)


def main() -> int:
    """Run `lsstinstall` with the arguments of this process.

    Returns
    -------
    code : `int`
        Exit code.

    Notes
    -----
    Modules are imported by need: a set-up runs in every shell, and click takes
    longer to import than the set-up to run.
    """
    arguments = sys.argv[1:]
    if arguments[:1] and arguments[0] in _QUICK:
        quick = importlib.import_module("lsstinstall.commands.quick")
        try:
            if quick.attempt(arguments, os.environ):
                return 0
        except KeyboardInterrupt:
            sys.stdout.write("false\n")
            sys.stderr.write("error: interrupted\n")
            return 130
    code: int = importlib.import_module("lsstinstall.commands.main").main()
    return code
