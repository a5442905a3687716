"""Local channels whose index is there in its packed form only, which rattler passes over."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsstinstall.adapters.files import make_directory, write_atomic
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["broken_index", "unpack_indexes"]

_PLAIN, _PACKED = "repodata.json", "repodata.json.zst"


def unpack_indexes(url: str, subdirs: Iterable[str], *, cache: Path) -> str:
    """Offer a local channel in the form that rattler reads.

    Parameters
    ----------
    url : `str`
        Of a channel, without a final slash.
    subdirs : `~collections.abc.Iterable` [ `str` ]
        Those that are wanted.
    cache : `~pathlib.Path`
        Folder below which indexes are unpacked.

    Returns
    -------
    url : `str`
        The same unless it is a folder in which an index is only there as
        ``repodata.json.zst``. Then it is a folder of the cache, with indexes
        that say where the packages are.

    Raises
    ------
    CorruptError
        Raised if an index cannot be unpacked.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        return url
    channel = Path(unquote(parts.path))
    there = [subdir for subdir in subdirs if (channel / subdir).is_dir()]
    if not any(_only_packed(channel / subdir) for subdir in there):
        return url
    folder = cache / "unpacked" / hashlib.sha256(url.encode()).hexdigest()[:16]
    for subdir in there:
        source = channel / subdir / (_PACKED if _only_packed(channel / subdir) else _PLAIN)
        if source.is_file():
            _unpack(source, folder / subdir / _PLAIN, base_url=f"{url}/{subdir}")
    return folder.resolve().as_uri()


def broken_index(url: str, subdirs: Iterable[str]) -> Path | None:
    """Find the index that rattler could not read, since it does not say which.

    Parameters
    ----------
    url : `str`
        Of a channel.
    subdirs : `~collections.abc.Iterable` [ `str` ]
        Those that were wanted.

    Returns
    -------
    path : `~pathlib.Path` or `None`
        The first that is no JSON; `None` if it is none of them, or the
        channel is no folder.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    paths = (Path(unquote(parts.path)) / subdir / _PLAIN for subdir in subdirs)
    return next((path for path in paths if path.is_file() and not _is_json(path)), None)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _only_packed(folder: Path) -> bool:
    return (folder / _PACKED).is_file() and not (folder / _PLAIN).is_file()


def _unpack(source: Path, target: Path, *, base_url: str) -> None:
    """Unpack an index unless that was done since it changed: the copy has the time of what it was made of."""
    time_ns = source.stat().st_mtime_ns
    if target.is_file() and target.stat().st_mtime_ns == time_ns:
        return
    try:
        index = json.loads(_content(source))
        # Where packages are if not beside the index (conda enhancement proposal 15).
        index["info"] = {**index.get("info", {}), "base_url": base_url}
    except (ValueError, TypeError, AttributeError) as error:
        raise CorruptError(
            f"`{source}` is no index of a channel: {error}", hint="fetch it again, or index the channel anew"
        ) from error
    make_directory(target.parent)
    write_atomic(target, json.dumps(index, separators=(",", ":")))
    os.utime(target, ns=(time_ns, time_ns))


def _content(source: Path) -> bytes:
    packed = source.read_bytes()
    if source.name == _PLAIN:
        return packed
    # Imported here: nearly all channels have plain indexes too.
    import zstandard  # noqa: PLC0415

    unpacker = zstandard.ZstdDecompressor().decompressobj()
    try:
        content = unpacker.decompress(packed)
    except zstandard.ZstdError as error:
        raise ValueError(error) from error
    if not unpacker.eof:
        message = "it ends too early"
        raise ValueError(message)
    return content
