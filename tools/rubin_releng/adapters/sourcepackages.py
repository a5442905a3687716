"""Source packages of EUPS: whether two that differ as files hold the same."""

from __future__ import annotations

import hashlib
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["hold_the_same"]

_CHUNK_BYTES = 1 << 20


def hold_the_same(one: Path, other: Path) -> bool:
    """Compare two packages by what is in them.

    EUPS packs the date of packing and owners, and lists folders: what it
    packed of the same commit is another file.

    Parameters
    ----------
    one, other : `~pathlib.Path`
        Tar files, compressed or not.

    Returns
    -------
    same : `bool`
        Whether files and links are the same, and what may be executed;
        false if one is no tar file.
    """
    try:
        return _contents(one) == _contents(other)
    except (tarfile.TarError, EOFError, OSError):
        return False


def _contents(path: Path) -> dict[str, tuple[bytes, str, bool]]:
    with tarfile.open(path) as archive:
        return {
            member.name.removeprefix("./"): (
                _digest(archive, member),
                member.linkname,
                bool(member.mode & 0o100),
            )
            for member in archive
            if not member.isdir()
        }


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    digest = hashlib.sha256()
    while stream is not None and (chunk := stream.read(_CHUNK_BYTES)):
        digest.update(chunk)
    return digest.digest()
