"""Refresh ``tests/data/optioncases.json`` with the real script.

Run as ``python -m tests.support.makeoptioncases SCRIPT``, from the checkout;
``SCRIPT`` is ``scripts/lsstinstall`` of lsst/lsst. It runs with ``-n`` and
does nothing. Tag lists come from a server on this machine, and so does the
newest version, which the script takes from a fixed address: the copy that is
run has another one. ``uname`` on ``PATH`` plays the machine.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ToolkitError
from tests.support.fileserver import serving
from tests.support.optioncases import FORMER, HERE, SERVER, OptionCase, make_server, read_cases, write_cases

_LATEST = re.compile(r"https://api\.[^\s\"'/]+/package/[^\s\"'/]+/rubin-env")
_SCIPIPE = "https://raw.githubusercontent.com/lsst/scipipe_conda_env"
_ORIGIN = (
    "expected: outcome of `lsstinstall -n` of lsst/lsst, commit {commit}, made by"
    " tests/support/makeoptioncases.py; differs and ours: our own decisions"
)


def play_for_real(case: OptionCase, script: str, server: Path) -> dict[str, Any] | None:
    """Say what the real script would do; `None` if it refuses."""
    with tempfile.TemporaryDirectory() as folder, serving(server) as web:
        here = Path(folder, "here")
        (here / "bin").mkdir(parents=True)
        environ = case.prepare(here)
        copy = Path(folder, "script")
        copy.write_text(_LATEST.sub(f"{web.url}/latest.json", script))
        system, machine = case.machine
        uname = Path(folder, "uname")
        uname.write_text(f'#!/bin/sh\ncase "$1" in -s) echo {system} ;; *) echo {machine} ;; esac\n')
        uname.chmod(0o755)
        path = [folder, "/usr/bin", "/bin", environ.pop("CONDA_BIN", folder)]
        arguments = [argument.replace(HERE, str(here)) for argument in case.arguments]
        try:
            out = run(
                ["sh", str(copy), "-n", "-E", web.url, *arguments],
                cwd=here,
                env={"PATH": ":".join(path), "HOME": folder, **environ},
                timeout=60,
            ).stdout
        except ToolkitError:
            return None
    out = out.replace(str(here), HERE).replace(web.url, SERVER).replace(_SCIPIPE, FORMER)
    return _read(out)


def _read(out: str) -> dict[str, Any]:
    """Read what the script prints with ``-n``."""
    lines = out.splitlines()
    text = "\n".join(lines)
    conda = re.search(r"^(Using existing|Installing Miniforge3) conda at (.*)$", text, re.MULTILINE)
    made = re.search(r"^\$ conda (create|update) (.*) -y -n (\S+) (.*)$", text, re.MULTILINE)
    listed = re.search(r"^\$ run_curl -o \S+\.env (.*)$", text, re.MULTILINE)
    pkgroot = re.search(r"^\$ echo(.*) > \$EUPS_PATH/pkgroot$", text, re.MULTILINE)
    assert conda
    assert pkgroot
    action, source, channels = "keep", None, None
    if made:
        action = made[1]
        source = listed[1] if listed else made[4]
        channels = re.findall(r"-c (\S+)", made[2])
    return {
        "version": _last(r"^Selected rubin-env=(.*)$", text),
        "environment": _last(r"^\$ conda activate (.*)$", text),
        "action": action,
        "source": source,
        "also": re.findall(r"^\$ conda install .* --no-update-deps (\S+)$", text, re.MULTILINE),
        "channels": channels,
        "conda": conda[2],
        "conda_made": conda[1] != "Using existing",
        "pkgroot": pkgroot[1].strip(),
        "scripts": sorted(re.findall(r"^\$ (?:cat >|ln loadLSST.sh) (loadLSST\.\w+)$", text, re.MULTILINE)),
        "hint_names_environment": "LSST_CONDA_ENV_NAME=" in text,
    }


def _last(pattern: str, text: str) -> str:
    found: list[str] = re.findall(pattern, text, re.MULTILINE)
    return found[-1]


def main() -> int:
    """Ask the real script for everything in the table."""
    path = Path(sys.argv[1])
    script = path.read_text(encoding="utf-8")
    commit = sys.argv[2] if len(sys.argv) > 2 else "unknown"
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(Path(folder), {"latest.json": '    "latest_version": "13.0.1",\n'})
        cases = tuple(replace(case, expected=play_for_real(case, script, server)) for case in read_cases())
    write_cases(cases, _ORIGIN.format(commit=commit))
    for case in cases:
        sys.stderr.write(f"{'refused' if case.expected is None else 'done':8} {case.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
