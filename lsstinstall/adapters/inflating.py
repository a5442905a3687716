"""Compressed streams, as they come in, with the fastest decompressor there is."""

from __future__ import annotations

import zlib
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Protocol

    class _Decoder(Protocol):
        eof: bool
        unused_data: bytes
        unconsumed_tail: bytes

        def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


__all__ = ["inflate", "pick_engine"]

_PIECE = 1 << 20
"""Bytes that are taken out at a time, however well they were packed."""

_GZIP = 31
"""Window bits that mean gzip, and that its checksum is compared."""

_RATIO = 100
_FREE = 256 << 20
"""An archive may grow so many times, and so many bytes more; products grow three to twenty times."""


def pick_engine(*names: str) -> Any:
    """Import the first module that there is.

    Parameters
    ----------
    *names : `str`
        Modules like `zlib`, the fastest first.

    Returns
    -------
    engine : `~types.ModuleType`
        For `inflate`.

    Raises
    ------
    ModuleNotFoundError
        Raised if there is none.
    """
    for name in names:
        with suppress(ModuleNotFoundError):
            return import_module(name)
    raise ModuleNotFoundError(*names)


# There are machines without a wheel of the first, which is the faster one.
_FASTEST = pick_engine("isal.isal_zlib", "zlib")


def inflate(chunks: Iterable[bytes], *, engine: Any = _FASTEST) -> Iterator[bytes]:
    """Decompress gzip.

    Parameters
    ----------
    chunks : `~collections.abc.Iterable` [ `bytes` ]
        One or more gzip members, in chunks of any size; zeros after the last
        are fine.
    engine : `~types.ModuleType`, optional
        Does the work as `zlib` does.

    Yields
    ------
    piece : `bytes`
        Never empty, and no longer than a megabyte.

    Raises
    ------
    CorruptError
        Raised if it is truncated or damaged, or grows as no product does.
    """
    inflater = _Inflater(engine)
    for chunk in chunks:
        yield from inflater.feed(chunk)
    inflater.end()


class _Inflater:
    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._decoder: _Decoder | None = None
        self._came = 0
        self._went = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._came += len(data)
        more = True
        while more:
            if self._decoder is None:
                # Zeros may fill up the last block of a tape or a disk.
                data = data.lstrip(b"\0") if self._went else data
                if not data:
                    return
                self._decoder = self._engine.decompressobj(_GZIP)
            piece = self._take(self._decoder, data)
            if piece:
                yield piece
            if self._decoder.eof:
                data, self._decoder = self._decoder.unused_data, None
            else:
                data = self._decoder.unconsumed_tail
                # What it holds back comes out without more going in.
                more = bool(data) or len(piece) == _PIECE

    def _take(self, decoder: _Decoder, data: bytes) -> bytes:
        try:
            piece = decoder.decompress(data, _PIECE)
        except (self._engine.error, zlib.error) as error:
            raise CorruptError(f"truncated or damaged ({error})") from error
        self._went += len(piece)
        if self._went > self._came * _RATIO + _FREE:
            raise CorruptError(f"{self._came} bytes of it become more than {self._went}, as in no product")
        return piece

    def end(self) -> None:
        if self._decoder is not None or not self._came:
            raise CorruptError("truncated or damaged (it ends too early)")
