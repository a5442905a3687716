"""Products that Python's own build system builds: pip, then what makes the result movable."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from typing import TYPE_CHECKING

from rubin_releng.adapters.supervision import supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rubin_releng.adapters.buildlogs import BuildLog
    from rubin_releng.adapters.supervision import Usage

__all__ = ["build_python", "finish_distribution", "movable_script"]

_PIP = (
    *("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile"),
    *(
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        "--no-warn-script-location",
    ),
)

# #!/opt/env/bin/python3.12
_SHEBANG = re.compile(rb"#![^\n]*python[^\n]*\n")
# What pip writes where the path is too long for the kernel, or holds a blank:
# #!/bin/sh
# '''exec' "/a b/bin/python" "$0" "$@"
# ' '''
_LONG_SHEBANG = re.compile(rb"#!/bin/sh\n'''exec' [^\n]*\n' '''\n")
_MOVABLE = b"#!/usr/bin/env python\n"


def build_python(
    source: Path,
    prefix: Path,
    *,
    python: Path,
    environ: Mapping[str, str],
    log: BuildLog,
    stop: Callable[[], bool],
) -> Usage:
    """Build and install a product with pip, from local files only.

    Parameters
    ----------
    source : `~pathlib.Path`
        A copy of the commit; files are made in it.
    prefix : `~pathlib.Path`
        Gets ``python`` and, if the product has scripts, ``bin``.
    python : `~pathlib.Path`
        The Python to build for, with the build requirements installed.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables, dependencies set up.
    log : `~rubin_releng.adapters.buildlogs.BuildLog`
        Gets all output.
    stop : `~collections.abc.Callable`
        Asked whether to end.

    Returns
    -------
    usage : `~rubin_releng.adapters.supervision.Usage`
        What it took.

    Raises
    ------
    ProcessError
        Raised if it cannot be built; the reason is in the log.
    """
    target = prefix / "python"
    quiet = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INPUT": "1"}
    usage = supervise(
        (str(python), *_PIP, "--target", str(target), "."),
        cwd=source,
        env={**environ, **quiet},
        log=log,
        stop=stop,
    )
    if (target / "bin").is_dir():
        (target / "bin").rename(prefix / "bin")
    finish_distribution(prefix)
    # Compiled files that hold for any place and any time of unpacking.
    byte_code = ("-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "-s", str(prefix))
    compiling = (str(python), *byte_code, str(target))
    return usage.plus(supervise(compiling, cwd=source, env=environ, log=log, stop=stop))


def finish_distribution(prefix: Path) -> None:
    """Make what pip installed independent of where it was built.

    Scripts get ``/usr/bin/env python``; the note of the folder it was built
    from goes; pip's list of files follows.

    Parameters
    ----------
    prefix : `~pathlib.Path`
        With ``python`` and perhaps ``bin``.
    """
    scripts = prefix / "bin"
    for script in sorted(scripts.iterdir()) if scripts.is_dir() else ():
        if script.is_file() and not script.is_symlink():
            content = script.read_bytes()
            if (movable := movable_script(content)) != content:
                script.write_bytes(movable)
    for record in sorted((prefix / "python").glob("*.dist-info/RECORD")):
        (record.parent / "direct_url.json").unlink(missing_ok=True)
        record.write_text(_finish_record(record, scripts), encoding="utf-8", newline="")


def movable_script(content: bytes) -> bytes:
    """Replace the first lines of a Python script by ones that hold in any environment.

    Parameters
    ----------
    content : `bytes`
        A script, or anything else.

    Returns
    -------
    content : `bytes`
        Unchanged if it is no Python script.
    """
    for pattern in (_LONG_SHEBANG, _SHEBANG):
        if found := pattern.match(content):
            return _MOVABLE + content[found.end() :]
    return content


def _finish_record(record: Path, scripts: Path) -> str:
    rows = csv.reader(io.StringIO(record.read_text(encoding="utf-8"), newline=""))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for path, *rest in rows:
        if path.endswith("/direct_url.json"):
            continue
        if path.startswith("../../bin/"):
            script = scripts / path.removeprefix("../../bin/")
            writer.writerow((f"../bin/{script.name}", *_describe(script)))
        else:
            writer.writerow((path, *rest))
    return text.getvalue()


def _describe(script: Path) -> tuple[str, str]:
    content = script.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(content))
