"""How benchmarks measure: against a floor in the same minute, and report ratios."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Figure", "Row", "Timing", "add_output_options", "measure", "report", "show"]

_SHORTEST_SAMPLE_SECONDS = 0.002
"""Below it the clock and the scheduler would be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Times of one call.

    Parameters
    ----------
    best_seconds, median_seconds : `float`
        Of all samples; the best one is what the machine can do, the median
        what it did under today's load.
    cpu_seconds : `float` or `None`, optional
        Of all processors together, at best; `None` if it was not measured.
    """

    best_seconds: float
    median_seconds: float
    cpu_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one measurement gave.

    Parameters
    ----------
    name : `str`
        What was done.
    timing : `Timing`
        Of our own code.
    floor : `Timing` or `None`
        Of the least that has to be done; `None` if there is no such thing.
    """

    name: str
    timing: Timing
    floor: Timing | None

    @property
    def ratio(self) -> float | None:
        """Best time as a multiple of the floor's best time."""
        return None if self.floor is None else self.timing.best_seconds / self.floor.best_seconds

    def to_dict(self) -> dict[str, object]:
        """Give the row as JSON has it, times in seconds."""
        return {
            "name": self.name,
            "best_seconds": self.timing.best_seconds,
            "median_seconds": self.timing.median_seconds,
            "cpu_seconds": self.timing.cpu_seconds,
            "floor_best_seconds": self.floor and self.floor.best_seconds,
            "floor_median_seconds": self.floor and self.floor.median_seconds,
            "ratio": self.ratio,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that was to be reached.

    Parameters
    ----------
    name : `str`
        What it is.
    value : `float`
        What was measured.
    limit : `float` or `None`
        The most it may be; `None` if it is only told.
    unit : `str`, optional
        Of both, empty for ratios.
    """

    name: str
    value: float
    limit: float | None
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.value <= self.limit

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "name": self.name,
            "value": self.value,
            "limit": self.limit,
            "unit": self.unit,
            "reached": self.reached,
        }

    def format(self) -> str:
        """Write it in one line."""
        unit = f" {self.unit}" if self.unit else ""
        limit = "" if self.limit is None else f", at most {self.limit:g}{unit}"
        return f"{self.name}: {self.value:.2f}{unit}{limit}{'' if self.reached else ' (missed)'}"


def measure(
    name: str, function: Callable[[], object], floor: Callable[[], object] | None, *, samples: int = 25
) -> Row:
    """Time a function and its floor by turns, so that load falls on both.

    Parameters
    ----------
    name : `str`
        What is done.
    function : `~collections.abc.Callable`
        Our own code; called at least ``samples + 1`` times.
    floor : `~collections.abc.Callable` or `None`
        The least that has to be done: reading the same bytes, copying the
        same files.
    samples : `int`, optional
        How many samples of each; short calls are repeated inside of one.

    Returns
    -------
    row : `Row`
        Times of one call.
    """
    runs = [_Run(function), *([_Run(floor)] if floor is not None else [])]
    for _ in range(samples):
        for run in runs:
            run.sample()
    return Row(name=name, timing=runs[0].timing, floor=runs[1].timing if floor is not None else None)


class _Run:
    """Samples of one function; the first call, which warms caches, does not count."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._calls = max(1, round(_SHORTEST_SAMPLE_SECONDS / max(self._time(1), 1e-9)))
        self._samples: list[float] = []

    def _time(self, calls: int) -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            self._function()
        return time.perf_counter() - begin

    def sample(self) -> None:
        self._samples.append(self._time(self._calls) / self._calls)

    @property
    def timing(self) -> Timing:
        return Timing(best_seconds=min(self._samples), median_seconds=statistics.median(self._samples))


def report(title: str, rows: Sequence[Row], arguments: Sequence[str] | None = None) -> None:
    """Print what was measured.

    Parameters
    ----------
    title : `str`
        What the benchmark is about.
    rows : `~collections.abc.Sequence` [ `Row` ]
        In the order they are shown.
    arguments : `~collections.abc.Sequence` [ `str` ], optional
        Those of the command line, by default ours: ``--json`` prints one
        object instead of a table.
    """
    parser = argparse.ArgumentParser(description=title)
    add_output_options(parser)
    show(title, rows, as_json=parser.parse_args(arguments).json)


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add what all benchmarks understand.

    Parameters
    ----------
    parser : `~argparse.ArgumentParser`
        Gets ``--json``.
    """
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def show(title: str, rows: Sequence[Row], figures: Sequence[Figure] = (), *, as_json: bool) -> None:
    """Print a table, or one JSON object.

    Parameters
    ----------
    title : `str`
        What the benchmark is about.
    rows : `~collections.abc.Sequence` [ `Row` ]
        In the order they are shown.
    figures : `~collections.abc.Sequence` [ `Figure` ], optional
        What follows from them.
    as_json : `bool`
        Whether programs read it.
    """
    if as_json:
        data = {"rows": [row.to_dict() for row in rows], "figures": [one.to_dict() for one in figures]}
        print(json.dumps({"schema": 1, "title": title, **data}))
        return
    width = max(len(row.name) for row in rows)
    with_cpu = any(row.timing.cpu_seconds is not None for row in rows)
    cpu_title = f"  {'processors':>10}" if with_cpu else ""
    print(f"{title}\n{'':<{width}}  {'best':>10}  {'median':>10}{cpu_title}  {'floor':>10}  {'ratio':>6}")
    for row in rows:
        times: list[float | None] = [row.timing.best_seconds, row.timing.median_seconds]
        times += [row.timing.cpu_seconds] if with_cpu else []
        times.append(None if row.floor is None else row.floor.best_seconds)
        ratio = "" if row.ratio is None else f"  {row.ratio:>6.2f}"
        print(f"{row.name:<{width}}  {'  '.join(map(_shown, times))}{ratio}")
    for figure in figures:
        print(figure.format())


def _shown(seconds: float | None) -> str:
    if seconds is None:
        return f"{'-':>10}"
    return f"{seconds:>8.2f} s" if seconds >= 1 else f"{seconds * 1000:>7.3f} ms"
