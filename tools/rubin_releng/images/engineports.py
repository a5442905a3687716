"""What building with a container engine needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rubin_releng.core.engineworks import EngineWork
    from rubin_releng.images.ports import BlobStore

__all__ = ["Engine"]


class Engine(Protocol):
    """A program that builds images by running steps."""

    @property
    def name(self) -> str:
        """Of the program."""

    @property
    def description(self) -> str:
        """Name and version."""

    def build(self, work: EngineWork) -> AbstractContextManager[BlobStore]:
        """Build an image into a layout, which lasts as long as the context."""
