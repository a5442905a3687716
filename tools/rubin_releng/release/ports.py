"""What work on release documents needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.releases import FileRecord

__all__ = ["PublishedFiles", "ReleaseStore"]


class PublishedFiles(Protocol):
    """The files beneath a package root; may be used by several threads at once."""

    def check(self, file: FileRecord) -> None:
        """Compare a file with its record.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        CorruptError
            Raised if its size or digest differs.
        UnavailableError
            Raised if the server does not answer.
        """


class ReleaseStore(Protocol):
    """A package root whose release documents we may change."""

    def read_document(self, path: str) -> bytes:
        """Read a whole document.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        """

    def record(self, source: Path, *, folder: str) -> FileRecord:
        """Say how a file is recorded once it is published.

        A file that is beneath the package root stays where it is; another
        one belongs into the folder.

        Raises
        ------
        NotFoundError
            Raised if there is no such file.
        """

    def publish(self, source: Path, file: FileRecord) -> None:
        """Put a file where its record says, if it is not there yet."""

    def write_document(self, path: str, data: bytes) -> None:
        """Replace a document; it appears whole."""
