"""Refresh the expected texts in ``tests/data/expansions.json`` with a real EUPS.

Run as ``EUPS_DIR=... python -m tests.support.makeexpansioncases``, from the
checkout.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from tests.support.expansioncases import ExpansionCase, expand_with_eups
from tests.support.realeups import find_eups

DATA = Path(__file__).resolve().parents[1] / "data" / "expansions.json"
_ORIGIN = (
    "expected: output of `eups expandtable`, EUPS 2.2.15, made by tests/support/makeexpansioncases.py; "
    "stacks and tables: made up"
)


def main() -> int:
    """Ask the real EUPS for everything."""
    eups = find_eups()
    if eups is None:
        sys.stderr.write("there is no EUPS: set EUPS_DIR\n")
        return 1
    cases = [ExpansionCase.from_dict(case) for case in json.loads(DATA.read_text(encoding="utf-8"))["cases"]]
    answered = [replace(case, expected=expand_with_eups(case, eups)).to_dict() for case in cases]
    text = json.dumps({"origin": _ORIGIN, "cases": answered}, indent=1)
    DATA.write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
