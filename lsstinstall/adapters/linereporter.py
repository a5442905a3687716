"""Progress in plain lines, for logs, pipes and CI; and the quiet kind."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TextIO

from lsstinstall.adapters.streams import write_line
from lsstinstall.core.progress import ProgressMeter
from lsstinstall.core.quantities import format_bytes, format_seconds
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LineReporter", "QuietReporter", "step_line"]

_MARKS = {Outcome.DONE: "+", Outcome.UNCHANGED: "=", Outcome.SKIPPED: "-", Outcome.FAILED: "x"}

# A log in which nothing moved for longer than this looks dead.
_PACE_SECONDS = 10.0


def step_line(name: str, outcome: Outcome, *, place: str, seconds: float | None, detail: str) -> str:
    """Write one step as a line.

    Parameters
    ----------
    name : `str`
        What ended.
    outcome : `Outcome`
        How; it has a mark, and a word unless it was done.
    place : `str`
        Which of how many; may be empty.
    seconds : `float` or `None`
        How long it took.
    detail : `str`
        More; may be empty.

    Returns
    -------
    line : `str`
        Without its end.
    """
    word = "" if outcome is Outcome.DONE else f" {outcome.value}"
    took = "" if seconds is None else f" {format_seconds(seconds)}"
    tail = f" ({detail})" if detail else ""
    return f"  {_MARKS[outcome]} {place}{name}{word}{took}{tail}"


class LineReporter:
    """A line for each heading and finished step, and now and then one that tells how far it has come.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where to write, usually standard error.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Decides on GitHub's groups.
    verbose : `bool`
        Whether unchanged steps get a line, too.
    clock : `~collections.abc.Callable`, optional
        Seconds since any moment.
    """

    def __init__(
        self,
        stream: TextIO,
        environ: Mapping[str, str],
        *,
        verbose: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._groups = environ.get("GITHUB_ACTIONS") == "true"
        self._verbose = verbose
        self._clock = clock
        self._lock = threading.Lock()
        self._meter = ProgressMeter(clock)
        self._told = clock()

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Open a group or write a heading."""
        with self._lock:
            self._meter.begin(what, total, size_bytes)
            amounts = [str(total)] if total is not None else []
            amounts += [format_bytes(size_bytes)] if size_bytes is not None else []
            heading = f"{what} ({', '.join(amounts)})" if amounts else what
            # GitHub's groups do not lie in one another.
            self._line(f"::group::{what}" if self._groups and self._meter.depth == 1 else heading)

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Write that one step ended, with its place, time and detail."""
        with self._lock:
            self._meter.step(name)
            if outcome is Outcome.UNCHANGED and not self._verbose:
                return
            place, progress = "", self._meter.progress()
            if progress is not None and progress.total is not None:
                place = f"[{progress.count:>{len(str(progress.total))}}/{progress.total}] "
            self._line(step_line(name, outcome, place=place, seconds=seconds, detail=detail))

    def advance(self, size_bytes: int) -> None:
        """Write a line if there was none for a while."""
        with self._lock:
            self._meter.advance(size_bytes)
            if self._clock() - self._told < _PACE_SECONDS:
                return
            progress = self._meter.progress()
            if progress is not None:
                parts = (progress.counted, progress.measured, progress.left)
                self._line("  . " + ", ".join(part for part in parts if part))

    def note(self, text: str) -> None:
        """Write one sentence."""
        with self._lock:
            self._line(text)

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Write a warning and its way out."""
        with self._lock:
            self._line(f"warning: {text}")
            if hint:
                self._line(f"  hint: {hint}")

    def end(self) -> None:
        """Close the group."""
        with self._lock:
            self._meter.end()
            if self._groups and self._meter.depth == 0:
                self._line("::endgroup::")

    def close(self) -> None:
        """Do nothing: a line is never in the way."""

    def _line(self, text: str) -> None:
        write_line(self._stream, text)
        self._told = self._clock()


class QuietReporter:
    """Warnings and nothing else.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where to write, usually standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Write nothing."""

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Write nothing."""

    def advance(self, size_bytes: int) -> None:
        """Write nothing."""

    def note(self, text: str) -> None:
        """Write nothing."""

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Write a warning and its way out."""
        write_line(self._stream, f"warning: {text}" + (f"\n  hint: {hint}" if hint else ""))

    def end(self) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Do nothing."""
