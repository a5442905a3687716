"""Refresh ``tests/data/eupsways.json`` with a real EUPS.

Run as ``EUPS_DIR=... python -m tests.support.makewaycases``, from the checkout.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from lsstinstall.adapters.process import run
from tests.support.eupsways import install_with_eups
from tests.support.realeups import find_eups
from tests.support.waycases import WAY_CASES

DATA = Path(__file__).resolve().parents[1] / "data" / "eupsways.json"


def main() -> int:
    """Ask the real EUPS for everything."""
    eups = find_eups()
    if eups is None:
        sys.stderr.write("there is no EUPS: set EUPS_DIR\n")
        return 1
    shown = run([str(eups / "bin" / "eups"), "--version"], cwd=None, env=None, timeout=60)
    version = (shown.stdout + shown.stderr).split()[-1]
    answers = {}
    for case in WAY_CASES:
        with tempfile.TemporaryDirectory() as folder:
            answers[case.name] = install_with_eups(case, Path(folder), eups)
    origin = f"EUPS {version}, `eups distrib install`, cases of tests/support/waycases.py"
    text = json.dumps({"origin": origin, "answers": answers}, indent=1)
    DATA.write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
