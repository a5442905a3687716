"""Shells that give act the time to read what a failing step printed last."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_shells"]

_NAMES = ("bash", "sh", "python", "python3", "pwsh")

# act runs each step on a terminal of its own, and closes it as soon as the step has failed: of what is not
# read by then nothing is told (exec in act's pkg/container/host_environment.go). Only shells that act itself
# started wait, and only when they fail.
_SCRIPT = """\
#!/bin/sh
{real} "$@"
code=$?
if [ "$code" -ne 0 ]; then
  name=$(cat "/proc/$PPID/comm" 2>/dev/null || ps -o comm= -p "$PPID")
  case "$name" in act | */act) sleep 0.2 ;; esac
fi
exit "$code"
"""


def make_shells(folder: Path, path: str) -> str:
    """Make stand-ins of the shells of steps.

    Parameters
    ----------
    folder : `~pathlib.Path`
        New; gets a script for each shell that there is.
    path : `str`
        Where the real ones are, as in `PATH`.

    Returns
    -------
    path : `str`
        The folder put in front.
    """
    folder.mkdir()
    for name in _NAMES:
        real = shutil.which(name, path=path)
        if real is not None:
            script = folder / name
            script.write_text(_SCRIPT.format(real=shlex.quote(real)), encoding="utf-8")
            script.chmod(0o755)
    return os.pathsep.join((str(folder), path))
