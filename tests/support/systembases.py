"""What images of tests lie on: a small Debian made by mmdebstrap, and wheels that are installed in it.

Both are made once and kept, in ``LSSTINSTALL_TEST_CACHE`` or, as what the demo loads down, in ``.cache`` of
the checkout, which git ignores.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.realregistries import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["EPOCH", "base_archive", "base_python", "project_wheels"]

EPOCH = 1_700_000_000
ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("binutils", "ca-certificates", "python3", "python3-venv")
_SUITES = {"bookworm": "3.11", "noble": "3.12", "trixie": "3.13"}
"""Suites that machines of tests may have, and their Python."""


def base_archive() -> Path:
    """Make a Debian or Ubuntu of this machine's suite with its Python; about a minute."""
    if os.geteuid() != 0:
        pytest.skip("mmdebstrap needs root, or a range of user ids, here")
    command = program("mmdebstrap")
    suite = _suite()
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    sources = [path for path in sources if path.is_file() and path.suffix in {".list", ".sources"}]
    facts = [suite, *_PACKAGES, str(EPOCH), *(path.read_text() for path in sources)]

    def make(target: Path) -> None:
        words = [command, "--variant=essential", "--mode=root", f"--include={','.join(_PACKAGES)}"]
        _run([*words, suite, str(target), *map(str, sources)], SOURCE_DATE_EPOCH=str(EPOCH))

    return _kept("base", facts, ".tar", make)


def base_python() -> str:
    """Name the Python of `base_archive`."""
    return f"python{_SUITES[_suite()]}"


def project_wheels(folder: Path) -> str:
    """Put the wheels of lsstinstall and of what it needs into a folder; returns its version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["releng"]]
    python = _SUITES[_suite()]

    def make(target: Path) -> None:
        target.mkdir()
        tags = (f"manylinux{one}_{platform.machine()}" for one in ("2014", "_2_28"))
        options = [f"--python-version={python}", *(f"--platform={tag}" for tag in tags)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", *options]
        _run([*pip, "--dest", str(target), *needed])

    kept = _kept("wheels", [python, platform.machine(), *needed], "", make)
    shutil.copytree(kept, folder)
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)])
    return next(folder.glob("lsstinstall-*.whl")).name.split("-")[1]


def _suite() -> str:
    release = Path("/etc/os-release")
    lines = release.read_text().splitlines() if release.exists() else []
    suite = next((line.partition("=")[2] for line in lines if line.startswith("VERSION_CODENAME=")), "")
    if suite not in _SUITES:
        pytest.skip(f"this machine has the suite `{suite}`, and the Python is known of {', '.join(_SUITES)}")
    return suite


def _kept(name: str, facts: Sequence[str], ending: str, make: Callable[[Path], None]) -> Path:
    given = os.environ.get("LSSTINSTALL_TEST_CACHE")
    cache = Path(given) if given else ROOT / ".cache" / "tests"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]
    target = cache / f"{name}-{digest}{ending}"
    with _locked(cache / f".{name}.lock"):
        if not target.exists():
            temporary = cache / f".{name}-{digest}.tmp{ending}"
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.unlink(missing_ok=True)
            make(temporary)
            temporary.rename(target)
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _run(command: list[str], **more: str) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **more}, cwd=ROOT
    )
    if done.returncode:
        pytest.skip(
            f"`{Path(command[0]).name}` failed, so there is nothing to build on: {done.stderr[-300:]}"
        )
