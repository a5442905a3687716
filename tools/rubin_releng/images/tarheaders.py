"""Blocks of tar in front of a file: those of `tarfile`, whose bytes differ by version of Python."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Header", "encode_header"]

_BLOCK = 512
_NAME_BYTES = 100
# Seven octal digits, and eleven: POSIX.1-1988, the header "ustar".
_SHORT_LIMIT, _LONG_LIMIT = 8**7, 8**11
_CHECKSUM = slice(148, 156)
# Version, then owner and group without names, no device, no prefix.
_TAIL = b"ustar\x0000" + bytes(247)
_PAX_NAME, _PAX_KIND = "././@PaxHeader", b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a header says.

    Parameters
    ----------
    name : `str`
        Where it lies, without ``/`` in front.
    kind : `bytes`
        One of `tarfile`'s types.
    mode : `int`
        Permission bits.
    mtime : `int`
        Seconds since 1970-01-01 UTC.
    uid, gid : `int`
        Owner.
    size_bytes : `int`
        Of the content that follows.
    target : `str`
        Of a link.
    """

    name: str
    kind: bytes
    mode: int
    mtime: int
    uid: int = 0
    gid: int = 0
    size_bytes: int = 0
    target: str = ""


def encode_header(header: Header) -> bytes:
    """Write a header.

    Parameters
    ----------
    header : `Header`
        What it says.

    Returns
    -------
    blocks : `bytes`
        One block; with PAX records in front if the name is long or not ASCII,
        or a number is large.
    """
    # Folders end in a slash, as tar writes them.
    name = f"{header.name}/" if header.kind == tarfile.DIRTYPE else header.name
    records = b"".join(_records(name, header))
    if not records:
        return _block(name, header)
    pax = Header(name=_PAX_NAME, kind=_PAX_KIND, mode=0, mtime=0, size_bytes=len(records))
    return _block(_PAX_NAME, pax) + records + bytes(-len(records) % _BLOCK) + _block(name, header)


def _records(name: str, header: Header) -> Iterator[bytes]:
    """Say what has no room in a block."""
    for key, text in (("path", name), ("linkpath", header.target)):
        if len(text) > _NAME_BYTES or not text.isascii():
            yield _record(key, text)
    for key, number, limit in (
        ("uid", header.uid, _SHORT_LIMIT),
        ("gid", header.gid, _SHORT_LIMIT),
        ("size", header.size_bytes, _LONG_LIMIT),
        ("mtime", header.mtime, _LONG_LIMIT),
    ):
        if number >= limit:
            yield _record(key, str(number))


def _record(key: str, value: str) -> bytes:
    """Write a record, whose length counts its own digits."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def _block(name: str, header: Header) -> bytes:
    owners = _octal(header.uid, _SHORT_LIMIT, 7) + _octal(header.gid, _SHORT_LIMIT, 7)
    numbers = _octal(header.size_bytes, _LONG_LIMIT, 11) + _octal(header.mtime, _LONG_LIMIT, 11)
    start = f"{header.mode:07o}\0{owners}{numbers}        ".encode()
    block = bytearray(_field(name) + start + header.kind + _field(header.target) + _TAIL)
    block[_CHECKSUM] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def _octal(number: int, limit: int, digits: int) -> str:
    return f"{number if number < limit else 0:0{digits}o}\0"


def _field(text: str) -> bytes:
    return text.encode("ascii", "replace")[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0")
