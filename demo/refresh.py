"""Write the demo's pins anew: digests of the sources, and the lock of the wheels.

`python demo/refresh.py` asks the registry that pip and uv are configured for; it is not named in
what is written. To take other versions, edit `sources.toml` and `history.toml`, or `wheels.in`.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    # The scripts of this folder are no installed package; they find each other below the root.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    runpy.run_module("demo.pinning", run_name="__main__")
