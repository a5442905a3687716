"""What ``eups distrib install`` runs for each product that it installed; written by lsstinstall.

``#!`` lines of programs that name a Python of the build machine name the ``python`` on
``PATH`` from then on, and links to libraries of the build machine those beside
them. Like EUPS's own hook, but for any Python from 3.9 on, and without other
programs.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

_SHEBANG = re.compile(rb"#!.+")
_LONGEST = 127
_LIBRARIES = (".so", ".dylib")
_ALL = os.R_OK | os.W_OK | os.X_OK


def distribInstallPostHook(product_dir: str | None, verbose: int = 0) -> None:  # noqa: N802
    """Repair one product.

    Parameters
    ----------
    product_dir : `str` or `None`
        Its folder; `None` if it has none.
    verbose : `int`, optional
        Not looked at.
    """
    del verbose
    python = shutil.which("python")
    for folder, _, names in os.walk(product_dir or os.devnull):
        for path in (Path(folder, name) for name in names):
            if path.is_symlink():
                _repair_link(path)
            elif python is not None and path.is_file() and os.access(path, _ALL):
                _repair_script(path, python)


def _repair_script(path: Path, python: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(2)
        content = start + stream.read() if start == b"#!" else start
    match = _SHEBANG.match(content)
    if match is None or b"python" not in match[0] or b"/usr/bin/env" in match[0]:
        return
    line = b"#!" + python.encode()
    if len(line) > _LONGEST or b" " in line:
        line = b"#!/usr/bin/env python"
    if line != match[0]:
        # A name that nothing in the product has, so that no link is followed.
        descriptor, new = tempfile.mkstemp(prefix=".repaired-", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(line + content[match.end() :])
        shutil.copymode(path, new)
        Path(new).replace(path)


def _repair_link(path: Path) -> None:
    target = path.readlink()
    if path.suffix in _LIBRARIES and target.is_absolute() and target.name != path.name:
        path.unlink()
        path.symlink_to(target.name)
