"""Progress as JSON lines, for programs that watch an installation."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from lsstinstall.adapters.streams import silence
from lsstinstall.core.masking import masked
from lsstinstall.core.progress import ProgressMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lsstinstall.core.reporting import Outcome

__all__ = ["EventHandler", "EventReporter", "write_event"]

_PACE_SECONDS = 1.0


def write_event(stream: TextIO, event: str, values: Mapping[str, object], *, now: datetime) -> None:
    """Write one event.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard error; when nobody reads on, it is silenced.
    event : `str`
        Its kind.
    values : `~collections.abc.Mapping` [ `str`, `object` ]
        What it tells.
    now : `~datetime.datetime`
        When.
    """
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = masked(json.dumps({"schema": 1, "event": event, "time": moment, **values}))
    try:
        # One write: the lines of several threads do not get mixed up.
        stream.write(line + "\n")
        stream.flush()
    except OSError:
        silence(stream)


def _now() -> datetime:
    return datetime.now(tz=UTC)


class EventReporter:
    """An object a line for whatever is told, and each second one for how far it has come.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where to write, usually standard error.
    clock : `~collections.abc.Callable`, optional
        Seconds since any moment.
    now : `~collections.abc.Callable`, optional
        The time of day.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._meter = ProgressMeter(clock)
        self._works: list[tuple[str, float]] = []
        self._told = clock()

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Tell of a work, and what it will take."""
        with self._lock:
            self._meter.begin(what, total, size_bytes)
            self._works.append((what, self._clock()))
            self._write("begin", {"work": what, "total": total, "bytes": size_bytes})

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Tell of a step, also if nothing changed."""
        with self._lock:
            self._meter.step(name)
            self._write(
                "step",
                {
                    "work": self._works[-1][0] if self._works else None,
                    "name": name,
                    "outcome": outcome.value,
                    "seconds": None if seconds is None else round(seconds, 3),
                    "detail": detail or None,
                },
            )
            self._keep_pace()

    def advance(self, size_bytes: int) -> None:
        """Tell how far it has come, if that was not told for a second."""
        with self._lock:
            self._meter.advance(size_bytes)
            self._keep_pace()

    def note(self, text: str) -> None:
        """Tell one sentence."""
        self._write("note", {"text": text})

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Tell a warning."""
        self._write("warning", {"text": text, "hint": hint})

    def end(self) -> None:
        """Tell that the innermost work is over."""
        with self._lock:
            self._meter.end()
            if self._works:
                what, began = self._works.pop()
                self._write("end", {"work": what, "seconds": round(self._clock() - began, 3)})

    def close(self) -> None:
        """Do nothing: an event is never in the way."""

    def tell(self, event: str, values: Mapping[str, object]) -> None:
        """Tell anything else.

        Parameters
        ----------
        event : `str`
            Its kind.
        values : `~collections.abc.Mapping` [ `str`, `object` ]
            What it tells.
        """
        self._write(event, values)

    def _keep_pace(self) -> None:
        if self._clock() - self._told < _PACE_SECONDS:
            return
        progress = self._meter.progress()
        if progress is None:
            return
        self._told = self._clock()
        left, fraction = progress.seconds_left, progress.fraction
        self._write(
            "progress",
            {
                "work": progress.part,
                "count": progress.count,
                "total": progress.total,
                "bytes": progress.size_bytes,
                "total_bytes": progress.total_bytes,
                "fraction": None if fraction is None else round(fraction, 4),
                "seconds_left": None if left is None else round(left, 1),
            },
        )

    def _write(self, event: str, values: Mapping[str, object]) -> None:
        write_event(self._stream, event, values, now=self._now())


class EventHandler(logging.Handler):
    """Log records as events.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where to write, usually standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        values = {"level": record.levelname.lower(), "logger": record.name, "text": record.getMessage()}
        write_event(self._stream, "log", values, now=_now())
