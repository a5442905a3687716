"""Manifests and indexes as registries give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rubin_releng.core.ocidocuments import Digest

__all__ = ["FoundDocument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A manifest or an index as a registry gave it.

    Parameters
    ----------
    media_type : `str`
        As the registry says.
    digest : `Digest`
        Computed of the content.
    content : `bytes`
        As it was found.
    """

    media_type: str
    digest: Digest
    content: bytes
