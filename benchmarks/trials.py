"""Programs that are timed by turns, each from the same start, so that load falls on all of them."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["OWN_PROGRAM", "Trial", "clean_environ", "peak_memory", "run_trials"]

OWN_PROGRAM = (sys.executable, "-m", "lsstinstall")
"""What a user runs, in the interpreter of the benchmark."""

_POLL_SECONDS = 0.05


def clean_environ(home: Path, **more: str) -> dict[str, str]:
    """Make an environment without the caller's settings.

    Parameters
    ----------
    home : `~pathlib.Path`
        Home of caches and settings.
    **more : `str`
        Further variables.

    Returns
    -------
    environ : `dict` [ `str`, `str` ]
        For `subprocess`.
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    # Programs are to be of the same checkout as the benchmark.
    modules = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **modules, **more}


@dataclass
class Trial:
    """One thing to time.

    Parameters
    ----------
    name : `str`
        What is done.
    command : `~collections.abc.Sequence` [ `str` ]
        The program with its arguments.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        In which it runs.
    prepare : `~collections.abc.Callable`, optional
        Makes the start, untimed.
    finish : `~collections.abc.Callable`, optional
        Looks at what came of it, untimed.
    rounds : `int` or `None`, optional
        How often at most; `None` for as often as the others.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    prepare: Callable[[], object] = lambda: None
    finish: Callable[[], object] = lambda: None
    rounds: int | None = None
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run it once, after what was written before is on the disk."""
        self.prepare()
        os.sync()
        before, begin = _cpu_seconds(), time.perf_counter()
        done = subprocess.run(self.command, env=self.environ, capture_output=True, text=True, check=False)
        self.seconds.append(time.perf_counter() - begin)
        self.cpu_seconds.append(_cpu_seconds() - before)
        if done.returncode:
            raise SystemExit(f"{self.name}: {' '.join(self.command)} failed\n{done.stderr[-2000:]}")
        self.finish()

    @property
    def timing(self) -> Timing:
        """Times so far."""
        return Timing(
            best_seconds=min(self.seconds),
            median_seconds=statistics.median(self.seconds),
            cpu_seconds=min(self.cpu_seconds),
        )


def run_trials(trials: Sequence[Trial], rounds: int) -> None:
    """Run all by turns; one may go on where the one before it ended.

    Parameters
    ----------
    trials : `~collections.abc.Sequence` [ `Trial` ]
        In order.
    rounds : `int`
        How often.
    """
    for number in range(rounds):
        for trial in trials:
            if trial.rounds is None or number < trial.rounds:
                trial.run()
                # A round may take minutes.
                print(f"{trial.name}: {trial.seconds[-1]:.2f} s", file=sys.stderr, flush=True)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_memory(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program and watch the memory of all its processes together.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        The program with its arguments.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        In which it runs.

    Returns
    -------
    size_bytes : `int`
        The most that was seen, twenty times a second; a page that several
        processes share counts once.
    """
    peak = 0
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_proportional_bytes, _family(process.pid))))
            time.sleep(_POLL_SECONDS)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return peak


def _family(pid: int) -> list[int]:
    """List a process and all below it."""
    found = [pid]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue  # it ended meanwhile
    return found


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
