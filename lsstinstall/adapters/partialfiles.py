"""A file on its way: what came so far stays on disk, so that a later run goes on from there."""

from __future__ import annotations

import hashlib
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PartialFile"]

_CHUNK = 1 << 18


class PartialFile:
    """The part ``<name>.part``, and beside it the mark by which its server knows it again.

    Parameters
    ----------
    destination : `~pathlib.Path`
        Where the file appears in the end; its folder must be there.

    Notes
    -----
    Errors of the operating system are raised as they are.
    """

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._path = destination.with_name(f"{destination.name}.part")
        self._mark = destination.with_name(f"{destination.name}.part.mark")

    @property
    def size_bytes(self) -> int:
        """How much there is; 0 if nothing came yet."""
        return self._path.stat().st_size if self._path.exists() else 0

    @property
    def mark(self) -> str | None:
        """What the server called the file; `None` if nothing can be continued."""
        if not self.size_bytes or not self._mark.exists():
            return None
        return self._mark.read_text(encoding="latin-1") or None

    def restart(self, mark: str) -> None:
        """Begin from the start.

        Parameters
        ----------
        mark : `str`
            What the server calls the file; empty if it has no name for it.
        """
        self.drop()
        self._mark.write_text(mark, encoding="latin-1")

    def forget_mark(self) -> None:
        """Keep the part, but ask for the whole file next."""
        self._mark.unlink(missing_ok=True)

    def appending(self) -> IO[bytes]:
        """Open the part at its end; what was written is there at once, though not synced.

        After a power failure a part may hold what never came: whoever
        continues it compares digests, and fetches it anew.
        """
        return self._path.open("ab", buffering=0)

    def chunks(self, start: int) -> Iterator[bytes]:
        """Read what there is.

        Parameters
        ----------
        start : `int`
            The first byte.

        Yields
        ------
        chunk : `bytes`
            Never empty.
        """
        if start >= self.size_bytes:
            return
        with self._path.open("rb", buffering=0) as file:
            file.seek(start)
            while chunk := file.read(_CHUNK):
                yield chunk

    def begins_with(self, chunk: bytes, offset: int) -> bool:
        """Say whether some bytes of another answer are those that came before.

        Parameters
        ----------
        chunk : `bytes`
            Of the other answer.
        offset : `int`
            Where it begins.
        """
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(len(chunk)) == chunk

    def sha256(self) -> str:
        """Compute the digest of what there is."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def drop(self) -> None:
        """Remove the part and its mark."""
        self._path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the part into its final place, synced."""
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        self._path.replace(self._destination)
        self._mark.unlink(missing_ok=True)
