"""py-rattler: solve, install and list conda environments, index channels."""

from __future__ import annotations

import asyncio
from pathlib import Path

import rattler
import rattler.index

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import CondaSubdir, parse_subdir

__all__ = ["channel_uri", "index_channel", "machine_platform"]


def index_channel(path: Path) -> None:
    """Write the index of every platform of a local channel anew.

    Parameters
    ----------
    path : `~pathlib.Path`
        Folder with one folder a platform.

    Raises
    ------
    ToolkitError
        Raised if a package cannot be read, or we may not write there.
    """
    try:
        asyncio.run(rattler.index.index_fs(path, write_zst=True, write_shards=True, force=True))
    except Exception as error:
        raise ToolkitError(str(error)) from error


def machine_platform() -> CondaSubdir:
    """Say which platform this machine is.

    Returns
    -------
    platform : `CondaSubdir`
        For example ``linux-64``.
    """
    return parse_subdir(str(rattler.Subdir.current()))


def channel_uri(channel: str) -> str:
    """Write a channel as rattler wants it.

    Parameters
    ----------
    channel : `str`
        A URI, a name such as ``conda-forge``, or a folder: anything with a
        ``/`` that is no URI, or an existing folder.

    Returns
    -------
    uri : `str`
        A folder as an absolute ``file://`` URI; anything else unchanged.
    """
    path = Path(channel).expanduser()
    if "://" not in channel and (channel.startswith(("/", ".", "~")) or path.is_dir()):
        return path.resolve().as_uri()
    return channel.rstrip("/")
