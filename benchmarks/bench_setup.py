"""How fast a hundred products are set up: the whole command, and its work in a warm process.

The floor of the command is an interpreter that does nothing, that of the work
is reading the files it has to read.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Row, Timing, measure, report

from lsstinstall.commands.setupanswers import answer_setup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, read_plainly

# The made-up stack is that of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.makesetupcases import synthetic_case
from tests.support.realeups import ask_eups, find_eups
from tests.support.setupcases import base_environ
from tests.support.stacks import synthetic_stack, write_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PRODUCTS = 100
ARGUMENTS = ("top", "-t", "w_2026_43")
_START = "import sys; from lsstinstall.commands.start import program; sys.exit(program())"


def _program(arguments: Sequence[str]) -> Callable[[], object]:
    # Compiled modules are kept, as in every installation; the first run, which does not count, makes them.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(
        command, check=True, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _work(stack: Path) -> tuple[Callable[[], object], int]:
    options = read_plainly([*ARGUMENTS, "--stack", str(stack), "--json"], SETUP_OPTIONS)
    assert options is not None
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "EUPS_FLAVOR": "Linux64"}
    answer = answer_setup(options, environ, manifests={})
    return lambda: answer_setup(options, environ, manifests={}), len(answer.changes.products)


def _files_read(stack: Path) -> list[str]:
    """List what the set-up reads: the weekly's chain, one version file and one table for each product."""
    found = []
    for chain in sorted((stack / "ups_db").glob("*/w_2026_43.chain")):
        version = next(line.split()[2] for line in chain.read_text().splitlines() if "VERSION =" in line)
        declared = chain.with_name(f"{version}.version")
        table = next(stack.glob(f"*/{chain.parent.name}/{version}/ups/*.table"))
        found += [str(chain), str(declared), str(table)]
    return found


def _read(paths: Sequence[str]) -> None:
    for path in paths:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123
            stream.read()


def _beyond(row: Row) -> Row:
    assert row.floor is not None
    own = Timing(
        best_seconds=row.timing.best_seconds - row.floor.best_seconds,
        median_seconds=row.timing.median_seconds - row.floor.median_seconds,
    )
    return Row(name="  of it beyond the interpreter's start", timing=own, floor=None)


def _eups_rows(stack: Path, scratch: Path) -> list[Row]:
    folder = find_eups()
    if folder is None:
        return []
    environ = base_environ(synthetic_case(), root=str(scratch), eups=str(folder))
    environ["EUPS_PATH"] = str(stack)
    return [measure("the same by a real EUPS", lambda: ask_eups(ARGUMENTS, environ), None, samples=5)]


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as scratch:
        stack = Path(scratch) / "stack"
        write_stack(synthetic_stack(PRODUCTS), stack)
        work, products = _work(stack)
        assert products == PRODUCTS
        files = _files_read(stack)
        command = _program(["-c", _START, "setup", *ARGUMENTS, "--stack", str(stack), "--shell", "sh"])
        whole = measure("lsstinstall setup", command, _program(["-c", "pass"]))
        rows = [
            whole,
            _beyond(whole),
            measure("its work, warm", work, lambda: _read(files)),
            *_eups_rows(stack, Path(scratch)),
        ]
        report(f"set up {PRODUCTS} products", rows)


if __name__ == "__main__":
    main()
