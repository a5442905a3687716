"""Which documents of a layout a push sends: those of an image, and those that lie beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType, index_document
from rubin_releng.core.ocireading import read_index, read_manifest
from rubin_releng.images.layouts import TAG_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rubin_releng.images.layouts import Layout
    from rubin_releng.images.ports import BlobStore

__all__ = ["LaidAttachment", "attachments_of", "documents_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidAttachment:
    """Something that another program has put beside an image in a layout.

    Parameters
    ----------
    subject : `Digest`
        What it is about.
    digest : `Digest`
        Of its manifest.
    content : `bytes`
        Its manifest.
    blobs : `tuple` [ `Descriptor`, ... ]
        What the manifest names.
    """

    subject: Digest
    digest: Digest
    content: bytes
    blobs: tuple[Descriptor, ...]


def documents_of(layout: Layout, store: BlobStore, tag: str | None) -> Iterator[tuple[Descriptor, bytes]]:
    """List the documents of an image of a layout.

    Parameters
    ----------
    layout : `Layout`
        What the layout holds.
    store : `BlobStore`
        The layout.
    tag : `str` or `None`
        Name of the image; `None` if there is only one.

    Yields
    ------
    document : `tuple` [ `Descriptor`, `bytes` ]
        What is named comes before what names it; the last is the image.

    Raises
    ------
    RefusedError
        Raised if it is not clear which image is meant.
    CorruptError
        Raised if a document is damaged.
    """
    attached = {one.manifest.digest for one in layout.attachments}
    entries = {
        one.digest: one
        for one in layout.entries
        if tag in {None, one.annotations.get(TAG_ANNOTATION)} and not _is_beside(one, attached, store)
    }
    if not entries:
        wanted = "" if tag is None else f" with the tag `{tag}`"
        raise RefusedError(f"the layout holds no image{wanted}", hint="`rubin-releng image build` makes one")
    chosen = tuple(entries.values())
    for entry in chosen:
        yield from _documents_below(entry, store)
    if len(chosen) > 1:
        yield _joined(chosen, layout)


def _documents_below(entry: Descriptor, store: BlobStore) -> Iterator[tuple[Descriptor, bytes]]:
    content = _read(entry, store)
    if entry.media_type == MediaType.INDEX:
        for inner in read_index(content, source=entry.digest):
            yield from _documents_below(inner, store)
    yield replace(entry, annotations=MappingProxyType({})), content


def _joined(chosen: Sequence[Descriptor], layout: Layout) -> tuple[Descriptor, bytes]:
    """Write an index over manifests that share a name."""
    platforms = {image.manifest.digest: image.settings.platform for image in layout.images}
    manifests = [
        replace(one, annotations=MappingProxyType({}), platform=platforms.get(one.digest)) for one in chosen
    ]
    distinct = {one.platform for one in manifests}
    if None in distinct or len(distinct) != len(manifests):
        raise RefusedError(
            f"the layout holds {len(chosen)} images, and it is not clear which is meant",
            hint="name one, as `LAYOUT@TAG`",
        )
    manifests.sort(key=lambda one: (one.platform.architecture if one.platform else "", one.digest))
    content = canonical_json(index_document(manifests))
    digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
    return Descriptor(media_type=MediaType.INDEX, digest=digest, size_bytes=len(content)), content


def attachments_of(
    layout: Layout, store: BlobStore, documents: Collection[Digest]
) -> tuple[LaidAttachment, ...]:
    """List what lies in a layout beside some documents, and beside that.

    Parameters
    ----------
    layout : `Layout`
        What the layout holds.
    store : `BlobStore`
        The layout.
    documents : `~collections.abc.Collection` [ `Digest` ]
        Images and indexes that are pushed.

    Returns
    -------
    attachments : `tuple` [ `LaidAttachment`, ... ]
        What something is about comes before it.

    Raises
    ------
    CorruptError
        Raised if a document is damaged.
    """
    found: dict[Digest, LaidAttachment] = {}
    left = {one.manifest.digest: one for one in layout.attachments}
    while chosen := [one for one in left.values() if one.subject.digest in {*documents, *found}]:
        for one in chosen:
            digest = one.manifest.digest
            content = _read(one.manifest, store)
            manifest = read_manifest(content, source=digest)
            blobs = (manifest.config, *manifest.layers)
            found[digest] = LaidAttachment(
                subject=one.subject.digest, digest=digest, content=content, blobs=blobs
            )
            del left[digest]
    return tuple(found.values())


def _is_beside(entry: Descriptor, attached: Collection[Digest], store: BlobStore) -> bool:
    """Tell whether an entry is no image: something beside one, or a list of such."""
    if entry.media_type != MediaType.INDEX:
        return entry.digest in attached
    inner = read_index(_read(entry, store), source=entry.digest)
    return bool(inner) and all(one.digest in attached for one in inner)


def _read(entry: Descriptor, store: BlobStore) -> bytes:
    content = b"".join(store.read(entry.digest))
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != entry.digest:
        raise CorruptError(f"the blob `{entry.digest}` of the layout is damaged", hint="build the image anew")
    return content
