"""A file on its way: what came so far stays on disk, so that a later run goes on from there."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PartialFile"]


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

    @contextmanager
    def appending(self) -> Iterator[IO[bytes]]:
        """Open the part at its end; what was written is synced, whatever happens."""
        with self._path.open("ab") as file:
            try:
                yield file
            finally:
                file.flush()
                os.fsync(file.fileno())

    def sha256(self) -> str:
        """Compute the digest of what there is."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def drop(self) -> None:
        """Remove the part and its mark."""
        self._path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the part into its final place."""
        self._path.replace(self._destination)
        self._mark.unlink(missing_ok=True)
