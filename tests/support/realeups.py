"""A real EUPS, where there is one: found, and run in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DRIVER = Path(__file__).with_name("eupsdriver.py")


def find_eups() -> Path | None:
    """Find the directory of a real EUPS: ``EUPS_DIR``, or beside ``eups_setup`` on ``PATH``."""
    named = os.environ.get("EUPS_DIR")
    program = shutil.which("eups_setup")
    for folder in (Path(named) if named else None, Path(program).resolve().parents[1] if program else None):
        if folder is not None and (folder / "python" / "eups" / "setupcmd.py").is_file():
            return folder
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealEups:
    """A real EUPS and where it may write."""

    folder: Path
    userdata: Path

    def environ(self, stacks: Sequence[Path], more: Mapping[str, str]) -> dict[str, str]:
        """Make an environment that EUPS can run in: PYTHONPATH is needed, and kept in front."""
        python = str(self.folder / "python")
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": "/home/somebody",
            "EUPS_DIR": str(self.folder),
            "EUPS_FLAVOR": "Linux64",
            "EUPS_PATH": ":".join(map(str, stacks)),
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(self.userdata),
            "PYTHONPATH": python,
            **more,
        }

    def setup(self, arguments: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any] | None:
        """Set up, or with ``--unsetup`` take down; `None` if EUPS says that it cannot."""
        # EUPS itself must stay on the path, whatever products put in front of it.
        command = [sys.executable, str(_DRIVER), *arguments]
        done = run(command, cwd=self.userdata, env=environ, timeout=10)
        answer: dict[str, Any] = json.loads(done.stdout)
        return None if "failed" in answer else answer
