"""The program that releases this project lies beside the packages, and is installed nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools"))
