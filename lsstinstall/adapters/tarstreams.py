"""Tar archives as they come in: member after member, a few microseconds each.

``tarfile`` takes forty microseconds a member, which is most of the time of a
large installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zlib import adler32

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DIRECTORY", "FILE", "HARD_LINK", "SYMBOLIC_LINK", "TarMember", "TarStream"]

FILE, HARD_LINK, SYMBOLIC_LINK, DIRECTORY = b"0", b"1", b"2", b"5"
"""Kinds of members, as the headers have them; all others are special."""

_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_OLD_FILES = frozenset({b"\0", b"7"})
_BLOCK = 512
_END = bytes(_BLOCK)
_LONGEST_EXTENSION = 1 << 20
_LONGEST_NUMBER = 20
_ADLER = 65521
_BINARY = 0x80
_NUL = b"\0"
_FILLING = b" \0"
_NO_MARK = "it stops without the mark that ends an archive"


class TarMember(NamedTuple):
    """What an archive says of one of its members.

    Parameters
    ----------
    name : `str`
        As it is written; nobody checked it.
    kind : `bytes`
        `FILE`, `HARD_LINK`, `SYMBOLIC_LINK`, `DIRECTORY` or anything else.
    mode : `int`
        All bits.
    size_bytes : `int`
        Of the content that follows.
    link : `str`
        What a link points to.
    """

    name: str
    kind: bytes
    mode: int
    size_bytes: int
    link: str


class TarStream:
    """An archive, read once from its beginning to its end.

    Parameters
    ----------
    pieces : `~collections.abc.Iterator` [ `bytes` ]
        The archive, not compressed, in pieces of any size.

    Notes
    -----
    Formats: ustar, GNU (long names) and pax of POSIX.1-2001; no sparse files.
    Each member's content must be taken before the next member.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._place = 0

    def next_member(self) -> TarMember | None:
        """Read a header.

        Returns
        -------
        member : `TarMember` or `None`
            `None` at the end of the archive.

        Raises
        ------
        CorruptError
            Raised if it is broken, or the archive just stops.
        """
        changes: dict[str, str] = {}
        while (block := self._block()) != _END:
            member = _parse_header(block)
            if member.kind in {_LONG_NAME, _LONG_LINK}:
                text = _decode(self._extension(member.size_bytes).rstrip(b"\0"))
                changes["path" if member.kind == _LONG_NAME else "linkpath"] = text
            elif member.kind == _PAX:
                changes |= _parse_pax(self._extension(member.size_bytes))
            elif member.kind == _PAX_GLOBAL:
                self._extension(member.size_bytes)
            else:
                return _changed(member, changes) if changes else member
        return None

    def take(self, size_bytes: int) -> memoryview | None:
        """Take a member's whole content, if it is there already.

        Parameters
        ----------
        size_bytes : `int`
            As its header says.

        Returns
        -------
        content : `memoryview` or `None`
            Good until the next call; `None` leaves the content where it is,
            for `parts`.
        """
        end = self._place + size_bytes
        if end > len(self._data):
            return None
        content = memoryview(self._data)[self._place : end]
        self._place = end + -size_bytes % _BLOCK
        return content

    def parts(self, size_bytes: int) -> Iterator[memoryview]:
        """Take a member's content part by part.

        Parameters
        ----------
        size_bytes : `int`
            As its header says.

        Yields
        ------
        part : `memoryview`
            Good until the next one.

        Raises
        ------
        CorruptError
            Raised if the archive ends before the content does.
        """
        left = size_bytes
        while left:
            while self._place >= len(self._data):
                self._advance()
            part = memoryview(self._data)[self._place : self._place + left]
            left -= len(part)
            self._place += len(part)
            yield part
        self._place += -size_bytes % _BLOCK

    def _advance(self) -> None:
        """Go on to the next piece; padding that was passed over counts."""
        piece = next(self._pieces, None)
        if piece is None:
            raise CorruptError(_NO_MARK)
        self._place -= len(self._data)
        self._data = piece

    def _block(self) -> bytes:
        while self._place > len(self._data):
            self._advance()
        block = self._data[self._place : self._place + _BLOCK]
        self._place += len(block)
        if len(block) == _BLOCK:
            return block
        # The rest is in the next pieces: read on at its end.
        collected = bytearray(block)
        while len(collected) < _BLOCK:
            self._advance()
            more = self._data[self._place : self._place + _BLOCK - len(collected)]
            self._place += len(more)
            collected += more
        return bytes(collected)

    def _extension(self, size_bytes: int) -> bytes:
        if size_bytes > _LONGEST_EXTENSION:
            raise CorruptError(f"a name of {size_bytes} bytes is in it")
        return b"".join(bytes(part) for part in self.parts(size_bytes))


def _parse_header(block: bytes) -> TarMember:
    checksum = block[148:156]
    # Half of an Adler checksum is the sum of all bytes; blanks stand for the header's own.
    if (_number(checksum) + sum(checksum) - 8 * 32 + 1) % _ADLER != adler32(block) & 0xFFFF:
        raise CorruptError("a header in it is damaged")
    name = _decode(block[:100].partition(_NUL)[0])
    if block[257:263] == b"ustar\0" and block[345]:
        name = f"{_decode(block[345:500].partition(_NUL)[0])}/{name}"
    kind = block[156:157]
    if kind in _OLD_FILES:
        kind = DIRECTORY if name.endswith("/") else FILE
    return TarMember(
        name=name,
        kind=kind,
        mode=_number(block[100:108]),
        # A second name has no content, though some say how long that of the first is.
        size_bytes=_number(block[124:136]) if kind != HARD_LINK else 0,
        link=_decode(block[157:257].partition(_NUL)[0]) if block[157] else "",
    )


def _number(field: bytes) -> int:
    if field[0] == _BINARY:
        return int.from_bytes(field[1:], "big")
    try:
        number = int(field.rstrip(_FILLING) or b"0", 8)
    except ValueError as error:
        raise CorruptError("a header in it is damaged") from error
    if number < 0:
        raise CorruptError("a header in it is damaged")
    return number


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptError(f"the name {text!r} in it is not UTF-8") from error


def _parse_pax(data: bytes) -> dict[str, str]:
    """Read records ``<length> <key>=<value>``, each with a line feed; the length is that of all of it."""
    records = {}
    while data:
        digits, _, _ = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < _LONGEST_NUMBER else 0
        record, data = data[len(digits) + 1 : length], data[length:]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise CorruptError("a header in it is damaged")
        records[_decode(key)] = _decode(value[:-1])
    return records


def _changed(member: TarMember, changes: dict[str, str]) -> TarMember:
    if any(key.startswith("GNU.sparse") for key in changes):
        raise CorruptError(f"`{member.name}` is a sparse file")
    size = changes.get("size", str(member.size_bytes))
    if not (size.isascii() and size.isdigit() and len(size) < _LONGEST_NUMBER):
        raise CorruptError("a header in it is damaged")
    return member._replace(
        name=changes.get("path", member.name),
        link=changes.get("linkpath", member.link),
        size_bytes=int(size),
    )
