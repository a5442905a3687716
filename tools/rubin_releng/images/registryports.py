"""What pushing and pulling need of a registry: one repository of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.core.registrydocuments import FoundDocument

__all__ = ["Repository"]


class Repository(Protocol):
    """One repository; may be used by several threads.

    A server that does not answer is an `UnavailableError`, one that refuses a
    `DeniedError`, one that says something untrue a `CorruptError`.
    """

    @property
    def name(self) -> str:
        """Server and repository, for people."""

    def has_blob(self, digest: Digest) -> bool:
        """Tell whether a blob is there."""

    def mount_blob(self, digest: Digest, source: str) -> bool:
        """Take a blob from another repository of the server; `False` if that cannot be done."""

    def write_blob(self, digest: Digest, size_bytes: int, read: Callable[[], Iterator[bytes]]) -> int:
        """Upload a blob; return the bytes that were sent, repetitions included."""

    def read_blob(self, digest: Digest, size_bytes: int | None = None) -> Iterator[bytes]:
        """Read a blob in pieces; what is damaged is an error at its end, before anyone keeps it.

        Raises
        ------
        NotFoundError
            Raised if it is not there.
        """

    def read_document(self, selector: str) -> FoundDocument | None:
        """Read a manifest or an index by tag or digest; `None` if there is none."""

    def find_document(self, selector: str) -> Digest | None:
        """Tell the digest of a manifest or an index; `None` if there is none."""

    def write_document(self, selector: str, content: bytes, media_type: str) -> bool:
        """Store a manifest or an index; return whether the server has noted its ``subject``."""

    def referrers(self, digest: Digest) -> bytes | None:
        """Read the index of what refers to an image; `None` if the server keeps none."""

    def settle(self) -> None:
        """Wait until others who have just read what we read have probably written it."""

    def tags(self) -> tuple[str, ...]:
        """List all tags, sorted."""

    def tags_beginning(self, prefix: str) -> tuple[str, ...]:
        """List the tags with a beginning, sorted."""

    def remove_tag(self, tag: str) -> None:
        """Remove a tag, and nothing else.

        Raises
        ------
        RefusedError
            Raised if the server cannot do that.
        """
