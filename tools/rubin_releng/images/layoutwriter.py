"""Puts documents into layouts: configurations, manifests, the index that names images."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import Descriptor, MediaType, index_document
from rubin_releng.images.layouts import TAG_ANNOTATION, read_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.images.layouts import Layout
    from rubin_releng.images.ports import BlobStore

__all__ = ["format_created", "prune", "publish_entry", "write_document"]


def format_created(epoch: int) -> str:
    """Write the time of an image as its documents say it.

    Parameters
    ----------
    epoch : `int`
        Seconds since 1970-01-01 UTC.

    Returns
    -------
    text : `str`
        RFC 3339 in UTC, hours from 00 to 23.
    """
    return datetime.fromtimestamp(epoch, tz=UTC).isoformat().replace("+00:00", "Z")


def write_document(store: BlobStore, document: Mapping[str, object], media_type: MediaType) -> Descriptor:
    """Store a document in canonical JSON.

    Parameters
    ----------
    store : `BlobStore`
        Where to.
    document : `~collections.abc.Mapping` [ `str`, `object` ]
        Plain values.
    media_type : `MediaType`
        What it is.

    Returns
    -------
    document : `Descriptor`
        Where it is.
    """
    blob = store.write([canonical_json(document)])
    return Descriptor(media_type=media_type, digest=blob.digest, size_bytes=blob.size_bytes)


def publish_entry(before: Layout, entry: Descriptor, store: BlobStore) -> None:
    """Write the index of a layout, then remove what it does not lead to.

    Parameters
    ----------
    before : `Layout`
        As it was.
    entry : `Descriptor`
        What is new; it replaces what has the same tag and platform.
    store : `BlobStore`
        The layout.
    """
    kept = [one for one in before.entries if not _is_same_name(one, entry)]
    store.write_index(canonical_json(index_document([*kept, entry])))
    prune(store)


def prune(store: BlobStore) -> None:
    """Remove what the index of a layout does not lead to.

    Parameters
    ----------
    store : `BlobStore`
        The layout.
    """
    needed = {digest.partition(":")[2] for digest in read_layout(store).blobs}
    for name in sorted(set(store.sizes()) - needed):
        store.remove(name)


def _is_same_name(one: Descriptor, other: Descriptor) -> bool:
    same_tag = one.annotations.get(TAG_ANNOTATION) == other.annotations.get(TAG_ANNOTATION)
    return same_tag and one.platform == other.platform
