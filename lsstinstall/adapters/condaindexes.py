"""Writes the indexes of local channels."""

from __future__ import annotations

import asyncio
import zipfile
from typing import TYPE_CHECKING

import rattler.index

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["index_channel"]


def index_channel(path: Path, *, anew: bool = True) -> None:
    """Write the index of every platform of a local channel.

    Parameters
    ----------
    path : `~pathlib.Path`
        Folder with one folder a platform.
    anew : `bool`, optional
        Whether every package is read; else only those of new names are,
        ten times as fast, and a replaced one goes unnoticed.

    Raises
    ------
    CorruptError
        Raised if a package cannot be read.
    RefusedError
        Raised if we may not write there.
    """
    try:
        with explained(f"index `{path}`"):
            asyncio.run(rattler.index.index_fs(path, write_zst=True, write_shards=True, force=anew))
    except CorruptError as error:
        # rattler does not say which one.
        broken = [one for one in sorted(path.glob("*/*.conda")) if not zipfile.is_zipfile(one)]
        if not broken:
            raise
        raise CorruptError(
            f"`{broken[0]}` is no conda package", hint="build or fetch it again, or remove it"
        ) from error
