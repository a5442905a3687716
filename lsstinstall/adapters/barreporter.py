"""Progress on a terminal: one calm display of the whole, and lines above it only for what matters."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TextIO

from lsstinstall.adapters.linereporter import step_line
from lsstinstall.core.progress import Progress, ProgressMeter
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.adapters.display import Display

__all__ = ["BarReporter"]


class BarReporter:
    """A display that goes away at the end.

    Steps are only counted, also those that were skipped, which may be many
    for one that failed. Failures, notes and warnings stay above the display.

    Parameters
    ----------
    stream : `~typing.TextIO`
        A terminal.
    color : `bool`
        Whether it gets color.
    width : `int`, optional
        Columns; by default the terminal is asked.
    clock : `~collections.abc.Callable`, optional
        Seconds since any moment.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        color: bool,
        width: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._color = color
        self._width = width
        # The display asks for our progress while it holds a lock of its own: it is never called in ours.
        self._lock = threading.Lock()
        self._meter = ProgressMeter(clock)
        self._opening = threading.Lock()
        self._display: Display | None = None
        self._drawing = False

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Begin to draw with the outermost work."""
        with self._lock:
            self._meter.begin(what, total, size_bytes)
            first, self._drawing = not self._drawing, True
        if first:
            self._open().start(self._progress)

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Count a step, and tell of it if it failed."""
        with self._lock:
            self._meter.step(name)
        if outcome is Outcome.FAILED:
            line = step_line(name, outcome, place="", seconds=seconds, detail=detail)
            self._open().line(line, style="bold red")

    def advance(self, size_bytes: int) -> None:
        """Count bytes."""
        with self._lock:
            self._meter.advance(size_bytes)

    def note(self, text: str) -> None:
        """Show one sentence, above the display."""
        self._open().line(text)

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Show a warning and its way out, above the display."""
        self._open().line(f"warning: {text}" + (f"\n  hint: {hint}" if hint else ""), style="yellow")

    def end(self) -> None:
        """Stop drawing with the outermost work."""
        with self._lock:
            self._meter.end()
            over = self._meter.depth == 0
        if over:
            self.close()

    def close(self) -> None:
        """Stop drawing, whatever has not ended."""
        with self._lock:
            drawing, self._drawing = self._drawing, False
        if drawing:
            self._open().stop()

    def _progress(self) -> Progress | None:
        with self._lock:
            return self._meter.progress()

    def _open(self) -> Display:
        # Imported here: a command that shows nothing should not pay for it.
        from lsstinstall.adapters.display import Display  # noqa: PLC0415

        with self._opening:
            if self._display is None:
                self._display = Display(self._stream, color=self._color, width=self._width)
            return self._display
