"""Whether a checkout is as git left it: its list of files against the disk, without a process.

This only ever says yes when it is sure. In all other cases git has to be asked.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IndexFile", "index_checksum", "read_index"]

_HEADER = struct.Struct(">4sII")
_ENTRY = struct.Struct(">10I20sH")
_MASK = 0xFFFFFFFF
_CHECKSUM_BYTES = 20

# Assumed unchanged; with more flags; in a conflict.
_ODD_FLAGS = 0x8000 | 0x4000 | 0x3000
_SUBMODULE = 0o160000
_READABLE = frozenset({0o100644, 0o100755})


class _Entry(NamedTuple):
    name: str
    mode: int
    sha: bytes
    ctime: tuple[int, int]
    mtime: tuple[int, int]
    inode: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """git's list of the files of a checkout.

    Parameters
    ----------
    checksum : `str`
        Of the list; git writes another one whenever something was staged.
    written : `tuple` [ `int`, `int` ]
        When it was written: seconds since 1970 and nanoseconds.
    entries : `tuple`
        The files, in git's order.
    """

    checksum: str
    written: tuple[int, int]
    entries: tuple[_Entry, ...]

    def matches(self, tree: Path) -> bool:
        """Tell whether every file listed is on disk as it was listed.

        Parameters
        ----------
        tree : `~pathlib.Path`
            The work tree.

        Returns
        -------
        sure : `bool`
            False also if it only cannot be said without git.
        """
        top = os.fspath(tree)
        return all(self._is_unchanged(top, entry) for entry in self.entries)

    def holds(self, path: str) -> bool:
        """Tell whether a plain file of that name is listed."""
        return any(entry.name == path and entry.mode in _READABLE for entry in self.entries)

    def _is_unchanged(self, top: str, entry: _Entry) -> bool:
        if entry.mode == _SUBMODULE:
            return True
        path = f"{top}/{entry.name}"
        try:
            found = os.lstat(path)
        except OSError:
            return False
        same = (
            _time(found.st_mtime_ns) == entry.mtime
            and _time(found.st_ctime_ns) == entry.ctime
            and found.st_size & _MASK == entry.size_bytes
            and found.st_ino & _MASK == entry.inode
            and _mode(found.st_mode) == entry.mode
        )
        # A file as young as the list may have changed after it was listed, in the same instant.
        return same and (entry.mtime < self.written or _has_content(path, entry))


def read_index(git_dir: Path) -> IndexFile | None:
    """Read git's list of files.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        The ``.git`` of a clone.

    Returns
    -------
    index : `IndexFile` or `None`
        `None` if there is none, or one of a kind that is left to git: split,
        compressed, sparse, or with files in conflict.

    Notes
    -----
    Format: ``gitformat-index`` of git, versions 2 and 3.
    """
    try:
        with (git_dir / "index").open("rb") as stream:
            written = os.fstat(stream.fileno()).st_mtime_ns
            data = stream.read()
        entries = tuple(_entries(data))
    except (OSError, struct.error, UnicodeDecodeError, ValueError):
        return None
    checksum = data[-_CHECKSUM_BYTES:].hex()
    if not int(checksum, 16):
        return None  # git was told to save the time
    return IndexFile(checksum=checksum, written=_time(written), entries=entries)


def index_checksum(git_dir: Path) -> str | None:
    """Read the checksum at the end of git's list of files; `None` without one."""
    try:
        with (git_dir / "index").open("rb") as stream:
            stream.seek(-_CHECKSUM_BYTES, os.SEEK_END)
            return stream.read().hex()
    except OSError:
        return None


def _entries(data: bytes) -> Iterator[_Entry]:
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or version not in {2, 3}:
        raise ValueError(version)
    place = _HEADER.size
    for _ in range(count):
        cs, cn, ms, mn, _, inode, mode, _, _, size, sha, flags = _ENTRY.unpack_from(data, place)
        if flags & _ODD_FLAGS:
            raise ValueError(flags)
        start = place + _ENTRY.size
        end = data.index(b"\0", start)
        name = data[start:end].decode()
        # Names end in one to eight zeros, so that entries begin at multiples of eight bytes.
        place += (end - place + 8) & ~7
        yield _Entry(
            name=name, mode=mode, sha=sha, ctime=(cs, cn), mtime=(ms, mn), inode=inode, size_bytes=size
        )
    _refuse_extensions(data, place)


def _refuse_extensions(data: bytes, place: int) -> None:
    while place < len(data) - _CHECKSUM_BYTES:
        name, size = struct.unpack_from(">4sI", data, place)
        # A small letter: the list cannot be understood without it.
        if name[:1].islower():
            raise ValueError(name)
        place += 8 + size


def _time(nanoseconds: int) -> tuple[int, int]:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return seconds & _MASK, rest


def _mode(mode: int) -> int:
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK
    if stat.S_ISREG(mode):
        return 0o100755 if mode & stat.S_IXUSR else 0o100644
    return 0


def _has_content(path: str, entry: _Entry) -> bool:
    try:
        if entry.mode == stat.S_IFLNK:
            content = os.fsencode(Path(path).readlink())
        else:
            content = Path(path).read_bytes()
    except OSError:
        return False
    blob = b"blob %d\0%b" % (len(content), content)
    return hashlib.sha1(blob, usedforsecurity=False).digest() == entry.sha
