"""zstd and gzip for layers: the same input and version give the same bytes."""

from __future__ import annotations

import importlib
import struct
import zlib
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import zstandard

from lsstinstall.core.errors import CorruptError
from rubin_releng.core.ocidocuments import MediaType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["GzipCodec", "ZstdCodec"]

# RFC 1952: no name, no time, system unknown; zlib would write the system it runs on.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW_DEFLATE = -15
_GZIP = 31


class ZstdCodec:
    """zstd, one thread within a layer: with several, the bytes would differ.

    Parameters
    ----------
    level : `int`, optional
        1 to 19.
    """

    media_type = MediaType.LAYER_ZSTD

    def __init__(self, level: int = 3) -> None:
        self._level = level
        version = ".".join(str(part) for part in zstandard.ZSTD_VERSION)
        self.description = f"zstd {version} level {level}"

    def compress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Compress a stream.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            The stream.

        Yields
        ------
        piece : `bytes`
            Of one frame.
        """
        compressor = zstandard.ZstdCompressor(level=self._level).compressobj()
        for piece in pieces:
            yield compressor.compress(piece)
        yield compressor.flush()

    def decompress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Turn `compress` round.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            One or more frames.

        Yields
        ------
        piece : `bytes`
            Of the content.

        Raises
        ------
        CorruptError
            Raised if the stream is damaged or ends too early.
        """
        try:
            yield from _unpack(pieces, zstandard.ZstdDecompressor().decompressobj)
        except zstandard.ZstdError as error:
            raise CorruptError(f"the zstd stream is damaged: {error}") from error


class GzipCodec:
    """gzip, for clients that do not know zstd.

    Parameters
    ----------
    level : `int`, optional
        1 to 9, of zlib, which is everywhere. Without it ISA-L compresses at
        its level 2 where it is installed: four times as fast, a tenth larger.
    """

    media_type = MediaType.LAYER_GZIP

    def __init__(self, level: int | None = None) -> None:
        engine: Any
        engine, self._level = (None, level) if level is not None else _fastest()
        self._engine = engine
        if engine is None:
            self.description = f"zlib {zlib.ZLIB_RUNTIME_VERSION} level {self._level}"
        else:
            self.description = f"isal {metadata.version('isal')} level {self._level}"

    def compress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Compress a stream.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            The stream.

        Yields
        ------
        piece : `bytes`
            Of one gzip member without name and time.
        """
        engine = self._engine or zlib
        compressor = engine.compressobj(self._level, zlib.DEFLATED, _RAW_DEFLATE)
        checksum, size = 0, 0
        yield _GZIP_HEADER
        for piece in pieces:
            checksum = engine.crc32(piece, checksum)
            size += len(piece)
            yield compressor.compress(piece)
        yield compressor.flush() + struct.pack("<LL", checksum, size & 0xFFFFFFFF)

    def decompress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Turn `compress` round.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            One or more gzip members.

        Yields
        ------
        piece : `bytes`
            Of the content.

        Raises
        ------
        CorruptError
            Raised if the stream is damaged or ends too early.
        """
        try:
            yield from _unpack(pieces, lambda: zlib.decompressobj(_GZIP))
        except zlib.error as error:
            raise CorruptError(f"the gzip stream is damaged: {error}") from error


def _fastest() -> tuple[Any, int]:
    """Engine like `zlib` and its level; `None` for zlib itself."""
    try:
        return importlib.import_module("isal.isal_zlib"), 2
    except ImportError:  # pragma: no cover - the platform decides
        return None, 6


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _unpack(pieces: Iterable[bytes], start: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Unpack one frame after another."""
    frame: _Decompressor | None = None
    for piece in pieces:
        rest = piece
        while rest:
            frame = start() if frame is None or frame.eof else frame
            yield frame.decompress(rest)
            rest = frame.unused_data if frame.eof else b""
    if frame is None or not frame.eof:
        raise CorruptError("the stream ends too early")
