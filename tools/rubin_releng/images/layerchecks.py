"""Looks into layers: names, links, whiteouts and whether the archive ends as it should."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["TarReader", "check_members"]

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_SHOWN = 10


def check_members(pieces: Iterable[bytes], *, tell: Callable[[str], None]) -> None:
    """Look into a layer.

    Parameters
    ----------
    pieces : `~collections.abc.Iterable` [ `bytes` ]
        The tar, without compression; all of it is taken.
    tell : `~collections.abc.Callable`
        Hears what is wrong, each in one sentence; after ten of them no more.

    Raises
    ------
    CorruptError
        Raised if it is no tar.
    """
    reader = TarReader(pieces)
    names = _Names(tell)
    try:
        with tarfile.open(fileobj=reader, mode="r|") as archive:
            for member in archive:
                names.add(member)
                # The archive would remember all of them.
                archive.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, UnicodeDecodeError, ValueError) as error:
        raise CorruptError(f"the layer is no tar archive: {error}") from error
    reader.finish()


class TarReader(io.RawIOBase):
    """A stream as a file.

    Parameters
    ----------
    pieces : `~collections.abc.Iterable` [ `bytes` ]
        Its content.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = b""

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a part of a buffer."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def finish(self) -> None:
        """Take what follows the end of the archive."""
        for _ in self._pieces:
            continue


class _Names:
    """The entries of one layer."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told = 0
        self._kinds: dict[str, bool] = {}

    def add(self, member: tarfile.TarInfo) -> None:
        """Look at one entry."""
        name = member.name.removeprefix("./").rstrip("/")
        for problem in self._problems(member, name):
            if self._told < _SHOWN:
                self._tell(problem)
            self._told += 1
        self._kinds[name] = member.isreg() or member.islnk()

    def _problems(self, member: tarfile.TarInfo, name: str) -> Iterator[str]:
        if member.name.startswith("/") or ".." in name.split("/"):
            yield f"the entry `{member.name}` leaves the image"
        if name in self._kinds:
            yield f"the entry `{name}` is there twice"
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            yield from _special_problems(member, name)
        if member.islnk() and not self._kinds.get(member.linkname.removeprefix("./"), False):
            yield f"the hard link `{name}` leads to `{member.linkname}`, no earlier file of the layer"
        yield from self._whiteout_problems(member, name)

    def _whiteout_problems(self, member: tarfile.TarInfo, name: str) -> Iterator[str]:
        folder, _, last = name.rpartition("/")
        if not last.startswith(_WHITEOUT):
            return
        hidden = last.removeprefix(_WHITEOUT)
        if not member.isreg() or member.size:
            yield f"the whiteout `{name}` is no empty file"
        if last != _OPAQUE and hidden in {"", ".", ".."}:
            yield f"the whiteout `{name}` names nothing"
        elif last != _OPAQUE and (f"{folder}/{hidden}" if folder else hidden) in self._kinds:
            yield f"the whiteout `{name}` hides an entry of its own layer"


def _special_problems(member: tarfile.TarInfo, name: str) -> Iterator[str]:
    # Base images of distributions may have devices; sockets and the like cannot be packed.
    if not (member.ischr() or member.isblk() or member.isfifo()):
        yield f"the entry `{name}` is of the unknown kind {member.type!r}"
