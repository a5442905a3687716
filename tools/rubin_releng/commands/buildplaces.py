"""Where a build directory has what several commands look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MANIFEST", "build_lock"]

MANIFEST = "manifest.txt"
"""Name of the manifest in a build directory."""


def build_lock(build_dir: Path) -> Path:
    """Say which file keeps two runs out of one build directory."""
    return build_dir / ".lsstinstall.lock"
