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
    # rattler would not say which one, and print where in its own code it noticed.
    packages = sorted(path.glob("*/*.conda"))
    if broken := [one for one in packages if not zipfile.is_zipfile(one)]:
        raise _no_package(broken[0])
    try:
        with explained(f"index `{path}`"):
            asyncio.run(rattler.index.index_fs(path, write_zst=True, write_shards=True, force=anew))
    except CorruptError as error:
        if broken := [one for one in packages if not _is_whole(one)]:
            raise _no_package(broken[0]) from error
        raise


def _is_whole(package: Path) -> bool:
    try:
        with zipfile.ZipFile(package) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError):
        return False


def _no_package(package: Path) -> CorruptError:
    return CorruptError(f"`{package}` is no conda package", hint="build or fetch it again, or remove it")
