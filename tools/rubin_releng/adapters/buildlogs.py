"""The log of one product's build: every line with the time at which it came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

__all__ = ["BuildLog"]


class BuildLog:
    """Writes lines with time stamps, as ``lsst_build`` does.

    Parameters
    ----------
    stream : file
        Gets the bytes.
    clock : `~collections.abc.Callable`, optional
        Tells the time, in UTC.
    """

    def __init__(self, stream: BinaryIO, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._stream = stream
        self._clock = clock
        self._part = b""

    def write(self, data: bytes) -> None:
        """Add output; the last part of a line waits for the rest of it."""
        *lines, self._part = (self._part + data).split(b"\n")
        if lines:
            stamp = f"[{self._clock().replace(tzinfo=None).isoformat()}Z] ".encode()
            self._stream.write(b"".join(stamp + line + b"\n" for line in lines))
            self._stream.flush()

    def say(self, text: str) -> None:
        """Add a line of our own."""
        self.write(f"{text}\n".encode())

    def finish(self) -> None:
        """End a line that has no end."""
        if self._part:
            self.write(b"\n")
