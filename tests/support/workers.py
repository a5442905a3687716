"""Worker processes of the process that runs the tests."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

__all__ = ["kill_workers"]


def kill_workers() -> None:
    """Kill all children of this process, and wait until they are dead."""
    for worker in _children():
        os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_state(worker) not in {"Z", ""} for worker in _children()) and time.monotonic() < deadline:
        time.sleep(0.01)


def _children() -> list[int]:
    stats = (path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat"))
    return [int(before.split()[0]) for before, _, after in stats if int(after.split()[1]) == os.getpid()]


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
