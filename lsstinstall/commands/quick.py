"""The shortest way to a set-up: no click, no console, and no word on errors.

Whatever is not plain, or goes wrong, is left to the long way, which says so
as every command does. Nothing is printed before all is known.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from lsstinstall.commands.setupanswers import answer_setup, answer_unsetup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, UNSETUP_OPTIONS, read_plainly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.commands.setupanswers import Answer

__all__ = ["COMMANDS", "attempt", "show_answer"]

COMMANDS = frozenset({"setup", "unsetup"})
"""Subcommands that have a short way."""


def attempt(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Set up or take down by the short way.

    Parameters
    ----------
    arguments : `~collections.abc.Sequence` [ `str` ]
        The subcommand, one of `COMMANDS`, and what follows.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    done : `bool`
        False if nothing was printed, and the long way has to be taken.
    """
    command, *rest = arguments
    options = read_plainly(rest, SETUP_OPTIONS if command == "setup" else UNSETUP_OPTIONS)
    if options is None or options.manifests or sys.stdout is None or sys.stderr is None:
        return False
    try:
        answer = (
            answer_setup(options, environ, manifests={})
            if command == "setup"
            else answer_unsetup(options, environ)
        )
        show_answer(answer, sys.stdout, sys.stderr)
    except Exception:  # noqa: BLE001
        # Errors and bugs alike: the long way meets them again, and tells of them.
        return False
    return True


def show_answer(answer: Answer, stdout: TextIO, stderr: TextIO) -> None:
    """Print an answer.

    Parameters
    ----------
    answer : `Answer`
        What to print.
    stdout, stderr : `~typing.TextIO`
        Messages and warnings go to the second, unless they are in the answer.

    Raises
    ------
    OSError
        Raised if the answer does not arrive.
    """
    if not answer.is_json:
        stderr.writelines(f"{message}\n" for message in answer.changes.messages)
        stderr.writelines(f"warning: {warning}\n" for warning in answer.changes.warnings)
    stdout.flush()
    # As bytes: the shell must get a path as it is, whatever the encoding of the terminal.
    stdout.buffer.write(os.fsencode(answer.text))
    stdout.buffer.flush()
