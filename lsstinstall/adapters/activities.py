"""Whether programs still do anything: what they compute, read and write; how long that is waited for."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InterruptedWorkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Attention", "RunLimits", "listed_activity", "proc_activity"]

_PROC = Path("/proc")
_STOP_PAUSE_SECONDS = 0.2
_LOOKS_PER_STALL = 8

# After "pid (name) ": state, parent, group, session, ..., user time, system time.
_GROUP, _USER_TIME, _SYSTEM_TIME = 2, 11, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """For how long a program that may wait for others is left alone.

    Parameters
    ----------
    stall_seconds : `float`
        It is ended when neither it nor what it started computes, reads or
        writes for so long. Where there is no ``/proc``, only computing counts.
    stop : `~collections.abc.Callable` or `None`, optional
        Tells whether somebody wants everything to end.
    """

    stall_seconds: float
    stop: Callable[[], bool] | None = None

    def heed_stop(self) -> None:
        """Raise an `InterruptedWorkError` if somebody wants everything to end."""
        if self.stop is not None and self.stop():
            raise InterruptedWorkError("stopped", hint="run the same command again to go on")


class Attention:
    """What is known of one program that runs.

    Parameters
    ----------
    group : `int`
        Its process group.
    limits : `RunLimits`
        How long it may do nothing.
    """

    def __init__(self, group: int, limits: RunLimits) -> None:
        self._group = group
        self._limits = limits
        self._look_seconds = limits.stall_seconds / _LOOKS_PER_STALL
        self._active_at = time.monotonic()
        self._look_at = self._active_at + self._look_seconds
        self._seen: frozenset[str] = frozenset()

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next question."""
        longest = self._look_seconds if self._limits.stop is None else _STOP_PAUSE_SECONDS
        return min(longest, self._look_seconds)

    def is_exhausted(self) -> bool:
        """Tell whether it did nothing for too long; raises as `RunLimits.heed_stop` does."""
        self._limits.heed_stop()
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + self._look_seconds
            seen, self._seen = self._seen, _activity(self._group)
            if seen != self._seen:
                self._active_at = now
        return now >= self._active_at + self._limits.stall_seconds


def _activity(group: int) -> frozenset[str]:
    if _PROC.is_dir():
        return proc_activity(group)
    columns = ("-o", "pgid=", "-o", "pid=", "-o", "time=")
    listed = subprocess.run(["/bin/ps", "-A", *columns], capture_output=True, text=True, check=False)
    return listed_activity(group, listed.stdout)


def proc_activity(group: int, *, proc: Path = _PROC) -> frozenset[str]:
    """Say how much a process group has done, as Linux tells it.

    Parameters
    ----------
    group : `int`
        Its id.
    proc : `~pathlib.Path`, optional
        Where the system tells of its processes.

    Returns
    -------
    activity : `frozenset` [ `str` ]
        A line for each process: processor time, and bytes read and written
        whether by disk or network. The same twice means that nothing was done
        in between.
    """
    return frozenset(_proc_lines(group, proc))


def _proc_lines(group: int, proc: Path) -> Iterator[str]:
    for process in proc.iterdir():
        if process.name.isdecimal():
            # Processes end while we look.
            with suppress(OSError):
                # The name may hold blanks and brackets.
                fields = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
                values = fields[2].split()
                if values[_GROUP] == str(group):
                    times = f"{values[_USER_TIME]} {values[_SYSTEM_TIME]}"
                    yield f"{process.name} {times} {_moved_bytes(process)}"


def _moved_bytes(process: Path) -> str:
    # A program that guards its secrets does not show it.
    with suppress(OSError):
        return " ".join((process / "io").read_text(encoding="utf-8").split()[:4])
    return ""


def listed_activity(group: int, listing: str) -> frozenset[str]:
    """Say how much a process group has done, as `ps` tells it.

    Parameters
    ----------
    group : `int`
        Its id.
    listing : `str`
        Output of ``ps -A -o pgid= -o pid= -o time=``.

    Returns
    -------
    activity : `frozenset` [ `str` ]
        A line for each process, with its processor time.
    """
    lines = (line.strip() for line in listing.splitlines())
    return frozenset(line for line in lines if line.split(maxsplit=1)[:1] == [str(group)])
