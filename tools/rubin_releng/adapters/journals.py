"""A file that is only ever added to, and is on the disk when we say so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["append_line", "read_lines"]


def read_lines(path: Path) -> str:
    """Read such a file.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.

    Returns
    -------
    text : `str`
        Its content, wrong bytes replaced; empty if there is none.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise explain(error, doing="read") from error


def append_line(path: Path, line: str, *, sync: bool = True) -> None:
    """Add a line, or several in one step, and wait until they are on the disk.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file; made if it is missing, with the folders above.
    line : `str`
        With its end. After a part of a line, which a killed writer left, a
        new one is begun.
    sync : `bool`, optional
        Whether to wait; a process that is killed loses nothing either way.

    Raises
    ------
    UnavailableError
        Raised if the disk is full.
    RefusedError
        Raised if we may not write there.
    """
    make_directory(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if torn else b"") + line.encode())
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise explain(error, doing="write") from error
