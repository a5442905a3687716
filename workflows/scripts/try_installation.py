#!/usr/bin/env python3
"""Install one kind of distribution into a fresh environment and use it, away from its sources."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["InstallationError", "chosen", "main"]

# Run in the new environment: what a distribution brings, shallowest packages first.
_CONTENT = """
import importlib.metadata, json, sys
found = importlib.metadata.distribution(sys.argv[1])
paths = [path for path in found.files or () if path.suffix in {".py", ".so"} and ".." not in path.parts]
inits = [path for path in paths if path.name == "__init__.py" and len(path.parts) > 1]
# Old namespace packages, such as `lsst`, hold nothing of their own.
real = [path for path in inits if "extend_path" not in path.locate().read_text(encoding="utf-8")]
packages = {".".join(path.parts[:-1]) for path in real}
modules = {path.stem.split(".")[0] for path in paths if len(path.parts) == 1}
shallow = {one for one in packages if not any(one.startswith(f"{other}.") for other in packages)}
print(json.dumps({"version": found.version, "modules": sorted(shallow | modules)}))
"""


class InstallationError(Exception):
    """An installation that failed, or of which something does not work."""


def chosen(folder: Path, kind: str) -> list[Path]:
    """Find the files of one kind.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Where the distributions are.
    kind : `str`
        ``wheel`` or ``sdist``.

    Returns
    -------
    paths : `list` [ `~pathlib.Path` ]
        Sorted by name, at least one.

    Raises
    ------
    InstallationError
        Raised if there is none, or the kind is unknown.
    """
    patterns = {"wheel": "*.whl", "sdist": "*.tar.gz"}
    if kind not in patterns:
        raise InstallationError(f"`{kind}` is no kind of distribution; expected: {', '.join(patterns)}")
    paths = sorted(folder.glob(patterns[kind]))
    if not paths:
        raise InstallationError(f"there is no {kind} ({patterns[kind]}) in `{folder}`")
    return paths


def _run(arguments: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)


def _must(arguments: Sequence[str | Path], folder: Path, what: str) -> str:
    done = _run(arguments, folder)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise InstallationError(f"{what} failed: {''.join(last)}")
    return done.stdout


def _install(uv: str, python: Path, paths: Sequence[Path], extras: str, folder: Path) -> Path:
    """Install the first file that fits this machine, then all that it needs."""
    install = (uv, "pip", "install", "--python", python)
    refusals: list[str] = []
    for path in paths:
        done = _run((*install, "--no-deps", path), folder)
        if done.returncode == 0:
            wanted = f"{path}[{extras}]" if extras else str(path)
            _must((*install, wanted), folder, f"installing what `{path.name}` needs")
            return path
        refusals.append(f"{path.name}: {done.stderr.strip()}")
    raise InstallationError("no file can be installed here: " + "; ".join(refusals))


def _used(python: Path, name: str, environ: Mapping[str, str], folder: Path) -> tuple[str, list[str]]:
    """Import and start what is to work; give back the version and what was tried."""
    content = json.loads(_must((python, "-I", "-c", _CONTENT, name), folder, f"finding `{name}`"))
    modules = environ["IMPORTS"].split() or content["modules"]
    if not modules:
        raise InstallationError(f"`{name}` holds no module; name what to import in `imports`")
    for module in modules:
        _must((python, "-I", "-c", f"import {module}"), folder, f"`import {module}`")
    commands = [line.strip() for line in environ["COMMANDS"].splitlines() if line.strip()]
    for command in commands:
        program, *arguments = shlex.split(command)
        _must((python.parent / program, *arguments), folder, f"`{command}`")
    return content["version"], [*(f"import {module}" for module in modules), *commands]


def _tried(environ: Mapping[str, str], work: Path) -> str:
    uv = shutil.which("uv", path=environ["PATH"])
    if uv is None:
        raise InstallationError("there is no `uv` on this machine")
    paths = chosen(Path(environ["DIST"]).absolute(), environ["KIND"])
    python = work / "environment" / "bin" / "python"
    away = work / "away"
    away.mkdir()
    _must((uv, "venv", "--python", environ["PYTHON"], python.parents[1]), away, "making an environment")
    path = _install(uv, python, paths, environ["EXTRAS"].replace(" ", ""), away)
    _must((uv, "pip", "check", "--python", python), away, "checking what the distribution needs")
    version, tried = _used(python, environ["NAME"], environ, away)
    if version != environ["VERSION"]:
        raise InstallationError(f"`{path.name}` installs {version}; expected {environ['VERSION']}")
    return f"`{path.name}`: {', '.join(f'`{one}`' for one in tried)}"


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Test one kind of distribution.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``DIST`` (folder), ``KIND``, ``NAME``, ``VERSION``, ``PYTHON``,
        ``EXTRAS``, ``IMPORTS`` (modules; the distribution's own if empty),
        ``COMMANDS`` (one a line) and what GitHub sets.

    Returns
    -------
    code : `int`
        1 if it does not install or something does not work.
    """
    try:
        with tempfile.TemporaryDirectory(dir=environ["RUNNER_TEMP"]) as work:
            tried = _tried(environ, Path(work))
    except InstallationError as error:
        sys.stdout.write(f"::error title=Installation test::{' '.join(str(error).split())}\n")
        return 1
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"- installs and works: {tried}\n")
    sys.stdout.write(f"installs and works: {tried}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
