"""The main job end to end: `python demo/run.py --output demo-output`; see README.md."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    # The scripts of this folder are no installed package; they find each other below the root.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    runpy.run_module("demo.commandline", run_name="__main__")
