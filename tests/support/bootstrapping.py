"""A machine as `bootstrap.sh` finds it: a short PATH, and wheels of a stand-in for the installer."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

__all__ = ["PROGRAMS", "REAL_PYTHON", "make_checkout", "make_programs", "make_wheel", "write_program"]

PROGRAMS = tuple(
    "awk basename cat cksum cut df dirname find mkdir mktemp rm sed sh sleep tail touch uname true".split()  # noqa: SIM905
)
"""All that the script needs, besides a Python."""

REAL_PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
"""Ours is in a virtual environment, which uv takes for somebody's."""

_MAIN = """\
import json, os, sys
print(json.dumps({
    "arguments": sys.argv[1:], "folder": os.getcwd(), "python": sys.executable,
    "isolated": bool(sys.flags.isolated), "said": "SAID",
}))
"""

_BACKEND = """\
import sys
sys.path.insert(0, "SUPPORT")
from tests.support.bootstrapping import make_wheel
from pathlib import Path

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    said = Path("lsstinstall/said.py").read_text().strip()
    return make_wheel(Path(wheel_directory), said=said).name
"""


def make_wheel(folder: Path, *, said: str = "hello") -> Path:
    """Write a wheel of a program of our name that tells how it was called, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "lsstinstall-0.1.0-py3-none-any.whl"
    info = "lsstinstall-0.1.0.dist-info"
    files = {
        "lsstinstall/__init__.py": "",
        "lsstinstall/__main__.py": _MAIN.replace("SAID", said),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: lsstinstall\nVersion: 0.1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def make_checkout(folder: Path, script: Path, *, said: str = "hello") -> Path:
    """Write a checkout with the script in its place, which needs nothing to be built; return the script."""
    (folder / "lsstinstall").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "lsstinstall"\nversion = "0.1.0"\n'
    )
    root = Path(__file__).resolve().parents[2]
    (folder / "backend.py").write_text(_BACKEND.replace("SUPPORT", str(root)))
    (folder / "lsstinstall" / "said.py").write_text(f"{said}\n")
    return Path(shutil.copy(script, folder / "lsstinstall" / "bootstrap.sh"))


def make_programs(folder: Path) -> Path:
    """Make a folder of a PATH that has no Python."""
    folder.mkdir(parents=True)
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return folder


def write_program(folder: Path, name: str, text: str) -> Path:
    """Write a shell script in place of a program; ``PYTHON`` stands for a real one."""
    program = folder / name
    program.unlink(missing_ok=True)
    program.write_text("#!/bin/sh\n" + text.replace("PYTHON", str(REAL_PYTHON)))
    program.chmod(0o755)
    return program
