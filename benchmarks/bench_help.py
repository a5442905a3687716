"""How fast the program answers what needs no work; the floor is an interpreter that does nothing."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Figure, add_output_options, measure, show
from trials import OWN_PROGRAM, clean_environ

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT_MS = 150.0
_QUESTIONS = ("--help", "-h", "add --help", "--version")


def _program(*command: str) -> Callable[[], object]:
    environ = clean_environ(Path("/nonexistent"))
    return lambda: subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_output_options(parser)
    options = parser.parse_args()
    floor = _program(sys.executable, "-c", "pass")
    rows = [
        measure(f"lsstinstall {question}", _program(*OWN_PROGRAM, *question.split()), floor, samples=15)
        for question in _QUESTIONS
    ]
    figures = [
        Figure(name=row.name, value=row.timing.best_seconds * 1000, limit=_LIMIT_MS, unit="ms")
        for row in rows
    ]
    show("answer at once", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
