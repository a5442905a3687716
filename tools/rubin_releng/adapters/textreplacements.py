"""New contents of several files at once: all of them, or none."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["replace_texts"]


def replace_texts(contents: Mapping[Path, str]) -> None:
    """Replace files; if one cannot be, those that were get their old content back.

    Parameters
    ----------
    contents : `~collections.abc.Mapping` [ `~pathlib.Path`, `str` ]
        Files that exist, and what they get. Links stay links, and a byte
        order mark stays in front.

    Raises
    ------
    ToolkitError
        Raised if one cannot be read or written; all are as they were then.
    """
    files = {path.resolve(): text for path, text in contents.items()}
    before = {path: read_bytes(path) for path in files}
    done: list[Path] = []
    try:
        for path, text in files.items():
            done.append(path)
            mark = codecs.BOM_UTF8 if before[path].startswith(codecs.BOM_UTF8) else b""
            write_atomic(path, mark + text.encode())
    except BaseException:
        for path in done:
            # The last one was perhaps never written, and then nothing is to be done.
            if read_bytes(path) != before[path]:
                write_atomic(path, before[path])
        raise
