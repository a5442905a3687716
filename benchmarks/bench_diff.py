"""How fast two versions of rubin-env are compared; the floor is an interpreter that does nothing."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Figure, add_output_options, measure, show
from trials import clean_environ

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT_MS = 500.0
_LEDGER = Path(__file__).parents[1] / "recipes" / "rubin-env"
_PROGRAM = (
    *(sys.executable, "-c"),
    "import sys; from rubin_releng.commands.main import main; sys.exit(main())",
)
_SIDES = (("12.2.0", "13.0.1"), ("0.8.4", "13.0.1"))


def _program(*command: str) -> Callable[[], object]:
    environ = clean_environ(Path("/nonexistent"))
    return lambda: subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_output_options(parser)
    parser.add_argument("--samples", type=int, default=9, help="How often each is measured.")
    options = parser.parse_args()
    floor = _program(sys.executable, "-c", "pass")
    rows = [
        measure(
            f"env diff {before} {after}",
            _program(*_PROGRAM, "env", "diff", before, after, "--ledger", str(_LEDGER)),
            floor,
            samples=options.samples,
        )
        for before, after in _SIDES
    ]
    figures = [
        Figure(name=row.name, value=row.timing.best_seconds * 1000, limit=_LIMIT_MS, unit="ms")
        for row in rows
    ]
    show("compare environments", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
