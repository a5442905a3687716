"""What was done, when, and how long it took; kept in ``report.json`` from run to run."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall import __version__
from lsstinstall.adapters.files import write_atomic
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from demo.bench import Bench, Step
    from lsstinstall.core.reporting import Reporter

__all__ = ["Report", "StepRecord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of a run.

    Parameters
    ----------
    name, title : `str`
        Of the step.
    commands : `tuple` [ `str`, ... ]
        Command lines as a user would type them, in order; empty if none
        was run.
    seconds : `float`
        Wall time.
    outcome : `Outcome`
        Whether anything had to be done.
    detail : `str`
        What came out, a few words; of a failure its message.
    """

    name: str
    title: str
    commands: tuple[str, ...]
    seconds: float
    outcome: Outcome
    detail: str


class Report:
    """The record of one run, written after each step.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = datetime.now(tz=UTC)
        self.records: list[StepRecord] = []

    def run(self, step: Step, bench: Bench, reporter: Reporter) -> None:
        """Run a step and record it, whatever becomes of it.

        Parameters
        ----------
        step : `~demo.bench.Step`
            What to do.
        bench : `~demo.bench.Bench`
            What to do it with.
        reporter : `~lsstinstall.core.reporting.Reporter`
            Hears that it ended.

        Raises
        ------
        ToolkitError
            Raised if the step failed, after it was recorded.
        """
        started = time.monotonic()
        try:
            result = step.action(bench)
        except ToolkitError as error:
            self._add(step, bench, time.monotonic() - started, Outcome.FAILED, str(error))
            raise
        seconds = time.monotonic() - started
        self._add(step, bench, seconds, result.outcome, result.detail)
        reporter.step(step.title, result.outcome, seconds=seconds, detail=result.detail)

    @property
    def seconds(self) -> float:
        """Wall time of all steps."""
        return sum(record.seconds for record in self.records)

    def _add(self, step: Step, bench: Bench, seconds: float, outcome: Outcome, detail: str) -> None:
        self.records.append(
            StepRecord(
                name=step.name,
                title=step.title,
                commands=tuple(bench.commands),
                seconds=round(seconds, 3),
                outcome=outcome,
                detail=detail,
            )
        )
        write_atomic(self._path, json.dumps(self._to_dict(), indent=2) + "\n")

    def _to_dict(self) -> dict[str, object]:
        host = os.uname()
        return {
            "schema": 1,
            "tool": f"lsstinstall {__version__}",
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "host": f"{host.sysname} {host.release} {host.machine}",
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "steps": [asdict(record) for record in self.records],
        }
