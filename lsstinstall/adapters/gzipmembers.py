"""gzip files of several members: one ``.gz`` to everyone, and parts to those who know where they begin."""

from __future__ import annotations

import io
import struct
import zlib
from typing import IO, TYPE_CHECKING, Protocol

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ByteSource", "MemberReader", "MemberWriter", "inflate_members"]

# RFC 1952: no name, no time, system unknown; zlib would write the system it runs on.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL = 6
_RAW_DEFLATE = -15
_GZIP = 31
_CHUNK = 1 << 18


class MemberWriter:
    """A gzip file that is written member by member; the same content gives the same bytes.

    Parameters
    ----------
    raw : `typing.IO` [ `bytes` ]
        Gets the compressed bytes.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._compressor: zlib._Compress | None = None
        self._checksum = 0
        self.content_bytes = 0
        """How much was put into the member that is open; 0 if none is."""

    def write(self, data: bytes) -> None:
        """Add to the member, and begin one if none is open.

        Parameters
        ----------
        data : `bytes`
            Content.
        """
        if self._compressor is None:
            self._raw.write(_HEADER)
            self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        self._raw.write(self._compressor.compress(data))
        self._checksum = zlib.crc32(data, self._checksum)
        self.content_bytes += len(data)

    def end_member(self) -> None:
        """End the member that is open, if one is."""
        if self._compressor is not None:
            self._raw.write(self._compressor.flush())
            self._raw.write(struct.pack("<LL", self._checksum, self.content_bytes & 0xFFFFFFFF))
        self._compressor, self._checksum, self.content_bytes = None, 0, 0


class ByteSource(Protocol):
    """Something to read from."""

    def read(self, size: int, /) -> bytes:
        """Read up to so many bytes; nothing is the end."""


class MemberReader(io.BufferedIOBase):
    """The content of a gzip file, and where its members begin.

    Parameters
    ----------
    raw : `ByteSource`
        The file, at its start.

    Notes
    -----
    Errors of the system and of zlib are raised as they are.
    """

    def __init__(self, raw: ByteSource) -> None:
        super().__init__()
        self._raw = raw
        self._pieces = self._inflate()
        self.starts: list[tuple[int, int]] = []
        """Of each member that was met: where it begins in the file, and in the content."""
        self.content_bytes = 0
        """How much was read."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on; how much comes is not for the caller to say.

        Parameters
        ----------
        size : `int`, optional
            Not used; here for those who expect a file.

        Returns
        -------
        data : `bytes`
            Empty at the end.
        """
        del size
        return next(self._pieces, b"")

    def _inflate(self) -> Iterator[bytes]:
        position = 0
        data = self._raw.read(_CHUNK)
        while data:
            member = zlib.decompressobj(_GZIP)
            self.starts.append((position, self.content_bytes))
            is_open = True
            while is_open:
                if not data:
                    raise EOFError("the last member is cut")
                piece, rest, is_open = _step(member, data, _CHUNK)
                position += len(data) - len(rest)
                self.content_bytes += len(piece)
                if piece:
                    yield piece
                data = rest or self._raw.read(_CHUNK)


def _step(member: zlib._Decompress, data: bytes, most: int) -> tuple[bytes, bytes, bool]:
    """Go on with a member; return content, what was not used yet, and whether the member goes on."""
    piece = member.decompress(data, most)
    return (piece, member.unused_data, False) if member.eof else (piece, member.unconsumed_tail, True)


def inflate_members(pieces: Iterable[bytes], *, content_bytes: int) -> Iterator[bytes]:
    """Unpack some whole members, and no more than they should hold.

    Parameters
    ----------
    pieces : `~collections.abc.Iterable` [ `bytes` ]
        The members, cut anywhere.
    content_bytes : `int`
        How much they hold.

    Yields
    ------
    piece : `bytes`
        Of the content.

    Raises
    ------
    CorruptError
        Raised if they are damaged, cut, or hold more or less.
    """
    left = content_bytes
    member = zlib.decompressobj(_GZIP)
    is_open = False
    try:
        for data in pieces:
            rest = data
            while rest:
                member = member if is_open else zlib.decompressobj(_GZIP)
                # One byte more than there should be tells of all that follow.
                piece, rest, is_open = _step(member, rest, min(left + 1, _CHUNK))
                left -= len(piece)
                if left < 0:
                    raise CorruptError(f"a part of the package holds more than {content_bytes} bytes")
                if piece:
                    yield piece
    except zlib.error as error:
        raise CorruptError(f"a part of the package is damaged ({error})") from error
    if left or is_open:
        raise CorruptError(f"a part of the package ends {left} bytes too early")
