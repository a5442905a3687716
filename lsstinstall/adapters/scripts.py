"""Python scripts of products on disk, given the interpreter of their environment."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.names import Sha256
from lsstinstall.core.scripts import HEAD_BYTES, repaired_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.filelists import FileList, ListedFile

__all__ = ["find_interpreter", "repair_scripts"]

_EXECUTABLE = 0o111

_NO_SCRIPTS = (".so", ".dylib", ".a", ".o", ".pyc", ".h", ".cc", ".txt", ".html", ".xml", ".png", ".fits")
"""Some builds make everything executable; these are not even opened."""


def find_interpreter(stacks: Iterable[Path], environ: Mapping[str, str], *, hook: bool) -> str | None:
    """Find the Python that scripts of products are to be run with.

    Parameters
    ----------
    stacks : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        Stacks in use; that of an environment is its folder ``share/eups``.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``SHTRON_PYTHON``, which ``shebangtron`` knows, ``CONDA_PREFIX`` and
        ``PATH`` are read.
    hook : `bool`
        Whether EUPS would repair scripts: then any Python on ``PATH`` is good
        enough, as for EUPS.

    Returns
    -------
    interpreter : `str` or `None`
        Absolute path; `None` if nobody knows, so that scripts stay as they
        are.
    """
    if named := environ.get("SHTRON_PYTHON"):
        return named
    prefixes = [path.parent.parent for path in stacks if (path.parent.name, path.name) == ("share", "eups")]
    if active := environ.get("CONDA_PREFIX"):
        prefixes.append(Path(active))
    for prefix in prefixes:
        python = prefix / "bin" / "python"
        if python.exists() and (prefix / "conda-meta").is_dir():
            return str(python)
    return shutil.which("python", path=environ.get("PATH", "")) if hook else None


def repair_scripts(folder: Path, files: FileList, *, interpreter: str) -> FileList:
    """Give a product's scripts another interpreter.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The product's folder, which nobody uses yet.
    files : `FileList`
        What is in it.
    interpreter : `str`
        Absolute path of a Python.

    Returns
    -------
    files : `FileList`
        What is in it now, with what the repaired ones were before. Files are
        replaced, never written to: others may share their content.

    Raises
    ------
    RefusedError
        Raised if a file cannot be read or replaced.
    """
    repaired: dict[str, ListedFile] = {}
    for file in files.files:
        if file.mode & _EXECUTABLE and not file.path.endswith(_NO_SCRIPTS):
            content = _repaired(folder / file.path, interpreter)
            if content is not None:
                _replace(folder / file.path, content, mode=file.mode)
                digest = Sha256(hashlib.sha256(content).hexdigest())
                repaired[file.path] = replace(file, size_bytes=len(content), sha256=digest)
    return files.repaired(repaired.values())


def _repaired(path: Path, interpreter: str) -> bytes | None:
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            repair = repaired_script(head, interpreter=interpreter)
            if repair is None:
                return None
            length, line = repair
            return line + head[length:] + stream.read()
    except OSError as error:
        raise explain(error, doing="read") from error


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Put a file in the place of another; like all of an unfinished product it is not synced."""
    try:
        # A name that nothing in the product has, so that no link is followed.
        descriptor, new = tempfile.mkstemp(prefix=".repaired-", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchmod(descriptor, mode)
        Path(new).replace(path)
    except OSError as error:
        raise explain(error, doing="write") from error
