"""A real EUPS, where there is one: found, and asked what a set-up changes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import run
from tests.support.setupcases import base_environ, marked, next_environ, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.setupcases import Changes, SetupCase

_DRIVER = Path(__file__).with_name("eupsdriver.py")


def find_eups() -> Path | None:
    """Find the folder of a real EUPS: ``EUPS_DIR``, or above ``eups_setup`` on ``PATH``."""
    named = os.environ.get("EUPS_DIR")
    program = shutil.which("eups_setup")
    places = (Path(named) if named else None, Path(program).resolve().parents[1] if program else None)
    for folder in places:
        if folder is not None and (folder / "python" / "eups" / "setupcmd.py").is_file():
            return folder
    return None


def ask_eups(arguments: Sequence[str], environ: Mapping[str, str]) -> Changes | None:
    """Set up, or with ``--unsetup`` take down; `None` if EUPS says that it cannot.

    EUPS itself is found by ``PYTHONPATH`` in the environment.
    """
    command = [sys.executable, str(_DRIVER), *arguments]
    done = run(command, cwd=None, env=environ, timeout=60)
    answer: dict[str, Any] = json.loads(done.stdout)
    return None if "failed" in answer else answer


def play_with_eups(case: SetupCase, root: Path, eups: Path) -> list[Changes | None]:
    """Run the commands of a case that was written to disk, each in the environment that the last one left."""
    environ = base_environ(case, root=str(root), eups=str(eups))
    results: list[Changes | None] = []
    for step in case.steps:
        arguments = [unmarked(argument, root=str(root), eups=str(eups)) for argument in step.arguments]
        changes = ask_eups(arguments, environ)
        if changes is not None:
            environ = next_environ(environ, changes)
        results.append(marked(changes, root=str(root), eups=str(eups)))
    return results
