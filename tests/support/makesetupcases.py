"""Refresh the expected results in ``tests/data/setups`` with a real EUPS.

Run as ``EUPS_DIR=... python -m tests.support.makesetupcases``, from the
checkout. Inputs stay as they are in the files; a missing ``random.json`` is
made anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ToolkitError
from tests.support.randomcases import random_case
from tests.support.realeups import find_eups, play_with_eups
from tests.support.setupcases import SetupCase, SetupStep, play_in_memory, write_case
from tests.support.stacks import synthetic_stack

DATA = Path(__file__).resolve().parents[1] / "data" / "setups"
_RANDOM_CASES = 30
_SYNTHETIC = (
    ("top", "-t", "w_2026_43"),
    ("top", "-t", "w_2026_42", "--inexact"),
    ("--unsetup", "top"),
)


def synthetic_case() -> SetupCase:
    """Give the stack of 100 products and the commands on it; its results are another file."""
    steps = tuple(SetupStep(arguments=arguments) for arguments in _SYNTHETIC)
    return SetupCase(
        name="a hundred products", stacks=(synthetic_stack(),), local={}, versions="", steps=steps
    )


def _answered(case: SetupCase, eups: Path) -> SetupCase:
    with tempfile.TemporaryDirectory() as folder:
        write_case(case, Path(folder))
        return case.expecting(play_with_eups(case, Path(folder), eups))


def _random_cases(eups: Path) -> list[SetupCase]:
    """Make cases in which EUPS does not break down; where it does, there is nothing to compare with."""
    cases: list[SetupCase] = []
    seed = 0
    while len(cases) < _RANDOM_CASES:
        seed += 1
        try:
            case = _answered(random_case(seed), eups)
        except ToolkitError as error:
            _say(f"random {seed}: left out: {error!s:.100}")
            continue
        if play_in_memory(case) == [step.expected for step in case.steps]:
            cases.append(case)
        else:
            _say(f"random {seed}: left out, look why")
    return cases


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _write(name: str, content: dict[str, Any], origin: str) -> None:
    text = json.dumps({"origin": origin, **content}, indent=1, ensure_ascii=False)
    (DATA / name).write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Ask the real EUPS for everything."""
    eups = find_eups()
    if eups is None:
        _say("there is no EUPS: set EUPS_DIR")
        return 1
    shown = run([str(eups / "bin" / "eups"), "--version"], cwd=None, env=None, timeout=60)
    version = (shown.stdout + shown.stderr).split()[-1]
    origin = (
        f"results: EUPS {version}, changes of the environment by `setup` with the arguments given, "
        "made by tests/support/makesetupcases.py; stacks: made up"
    )
    for name in ("goldens.json", "rules.json"):
        data = json.loads((DATA / name).read_text(encoding="utf-8"))
        cases = [_answered(SetupCase.from_dict(case), eups) for case in data["cases"]]
        _write(name, {"cases": [case.to_dict() for case in cases]}, origin)
    random = DATA / "random.json"
    known = json.loads(random.read_text(encoding="utf-8"))["cases"] if random.is_file() else []
    made = [_answered(SetupCase.from_dict(case), eups) for case in known] or _random_cases(eups)
    _write("random.json", {"cases": [case.to_dict() for case in made]}, origin)
    synthetic = _answered(synthetic_case(), eups)
    _write("synthetic.json", {"steps": synthetic.to_dict()["steps"]}, origin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
