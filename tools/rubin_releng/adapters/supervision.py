"""Programs that build: watched while they run, ended with all that they started."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.errors import InterruptedWorkError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["MARK", "OutputLog", "StoppedError", "Usage", "end_strays", "supervise"]

MARK = "LSSTINSTALL_BUILD"
"""Variable by which programs of a build are known: the folder that they work in."""

_GRACE_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.5
# For what a program that has ended left behind and that still holds its output.
_DRAIN_SECONDS = 1.0
_CHUNK = 1 << 16
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


class OutputLog(Protocol):
    """Gets what a program prints."""

    def write(self, data: bytes, /) -> None:
        """Take some of it, cut anywhere."""

    def finish(self) -> None:
        """Learn that there is no more."""


class StoppedError(InterruptedWorkError):
    """A program that was ended because the user asked to stop."""

    def __init__(self) -> None:
        super().__init__("stopped", hint="run the same command again to go on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a program used, with all that it started and waited for.

    Parameters
    ----------
    cpu_seconds : `float`
        Of all processors.
    peak_bytes : `int`
        Memory of all its processes together, the most that was seen.
    """

    cpu_seconds: float = 0.0
    peak_bytes: int = 0

    def plus(self, other: Usage) -> Usage:
        """Add what ran afterwards."""
        return Usage(
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
        )


def supervise(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: OutputLog,
    stop: Callable[[], bool],
) -> Usage:
    """Run a program of a build to its end.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.
    cwd : `~pathlib.Path`
        Folder to run in.
    env : `~collections.abc.Mapping` [ `str`, `str` ]
        The whole environment.
    log : `OutputLog`
        Gets both outputs.
    stop : `~collections.abc.Callable`
        Asked several times a second whether to end it.

    Returns
    -------
    usage : `Usage`
        What it took.

    Raises
    ------
    NotFoundError
        Raised if there is no such program.
    ProcessError
        Raised if it ended badly.
    StoppedError
        Raised if it was stopped: asked to end, then forced. Nothing that it
        started runs on, however it ended.
    """
    try:
        # A session of its own, which ends as one.
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**env, MARK: str(cwd)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise NotFoundError(f"cannot run `{command[0]}`: {(error.strerror or str(error)).lower()}") from error
    watch = _Watch(process, log, stop)
    try:
        usage = watch.run()
    finally:
        watch.end()
        log.finish()
    if watch.stopped:
        raise StoppedError
    if process.returncode != 0:
        raise ProcessError(command, returncode=process.returncode, output="")
    return usage


class _Watch:
    """One program that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: OutputLog, stop: Callable[[], bool]) -> None:
        self._process = process
        self._log = log
        self._stop = stop
        self._peak = 0
        self._asked_at: float | None = None
        self._used: resource.struct_rusage | None = None
        self.stopped = False

    def run(self) -> Usage:
        """Pass its output on until it has ended."""
        output = self._process.stdout
        if output is None:
            raise AssertionError
        poll = select.poll()
        poll.register(output, select.POLLIN | select.POLLHUP)
        pause, due = _FIRST_PAUSE_SECONDS, time.monotonic() + _FIRST_PAUSE_SECONDS
        drain: float | None = None
        while drain is None or time.monotonic() < drain:
            if poll.poll(max(0.0, due - time.monotonic()) * 1000):
                data = os.read(output.fileno(), _CHUNK)
                if not data:
                    break
                self._log.write(data)
            if time.monotonic() >= due:
                self._look()
                if drain is None and self._has_ended():
                    drain = time.monotonic() + _DRAIN_SECONDS
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                due = time.monotonic() + pause
        return self._wait()

    def _look(self) -> None:
        """See how much memory is used, and whether somebody wants an end."""
        family = list(_family(self._process.pid))
        self._peak = max(self._peak, sum(map(_resident_bytes, family)))
        if not self._stop():
            return
        if not self.stopped:
            self.stopped = True
            self._asked_at = time.monotonic()
            self._signal(signal.SIGTERM)
        elif self._asked_at is not None and time.monotonic() > self._asked_at + _GRACE_SECONDS:
            self._signal(signal.SIGKILL)

    def _has_ended(self) -> bool:
        if self._used is None:
            pid, status, used = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._used = used
        return self._used is not None

    def _wait(self) -> Usage:
        # It may have closed its output and work on.
        pause = 0.0
        while not self._has_ended():
            time.sleep(pause)
            pause = min(pause + 0.001, _FIRST_PAUSE_SECONDS)
            self._look()
        # What it left behind goes with it.
        self._signal(signal.SIGKILL)
        used = self._used
        if used is None:
            raise AssertionError
        largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        # Until it became the program it shared our memory, which counts as its own.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        peak = max(self._peak, largest) if largest > own or not self._peak else self._peak
        return Usage(cpu_seconds=used.ru_utime + used.ru_stime, peak_bytes=peak)

    def end(self) -> None:
        """End it whatever happened, and close what we hold."""
        if self._process.returncode is None:
            self._signal(signal.SIGKILL)
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _family(pid: int) -> Iterator[int]:
    """List a process and all below it; only itself where the system does not tell."""
    pending = [pid]
    while pending:
        one = pending.pop()
        yield one
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                pending.extend(map(int, (task / "children").read_text(encoding="ascii").split()))


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def end_strays(folder: Path) -> int:
    """End what a killed run left running.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Programs of builds in it and below it are ended at once; nobody may be
        building there now.

    Returns
    -------
    count : `int`
        How many there were; 0 where the system does not tell of processes.
    """
    wanted = f"{MARK}={folder}".encode()
    strays = [pid for pid in _our_processes() if _has_mark(pid, wanted)]
    for pid in strays:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(strays)


def _our_processes() -> Iterator[int]:
    for path in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if path.stat().st_uid == os.getuid() and int(path.name) != os.getpid():
                yield int(path.name)


def _has_mark(pid: int, wanted: bytes) -> bool:
    try:
        variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(one == wanted or one.startswith(wanted + b"/") for one in variables)
