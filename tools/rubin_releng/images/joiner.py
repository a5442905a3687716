"""Joins images of several architectures under one name: the index that users pull."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import MediaType, index_document
from rubin_releng.images.layouts import TAG_ANNOTATION, read_layout
from rubin_releng.images.layoutwriter import prune, write_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.core.ocidocuments import Descriptor, ImagePlatform
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore

__all__ = ["JoinedImage", "SourceImage", "common_annotations", "join_images", "refuse_same"]

# What is true of one architecture only.
_OWN = frozenset({"org.lsst.image.compressor", TAG_ANNOTATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """One of the images to join.

    Parameters
    ----------
    image : `FoundImage`
        What it is.
    store : `BlobStore`
        Where it is.
    """

    image: FoundImage
    store: BlobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedImage:
    """What was made.

    Parameters
    ----------
    index : `Descriptor`
        The new index.
    manifests : `tuple` [ `Descriptor`, ... ]
        Those that it lists, by architecture.
    """

    index: Descriptor
    manifests: tuple[Descriptor, ...]


def join_images(
    sources: Sequence[SourceImage],
    *,
    store: BlobStore,
    tags: Sequence[str],
    single: Mapping[ImagePlatform, Sequence[str]] = MappingProxyType({}),
) -> JoinedImage:
    """Write an index over images of several architectures.

    Parameters
    ----------
    sources : `~collections.abc.Sequence` [ `SourceImage` ]
        One for each architecture.
    store : `BlobStore`
        Layout to write to. What had one of the names before loses it.
    tags : `~collections.abc.Sequence` [ `str` ]
        Names of the index.
    single : `~collections.abc.Mapping`, optional
        Names of single images, by platform.

    Returns
    -------
    joined : `JoinedImage`
        Its digests; the same for any order of the sources.

    Raises
    ------
    RefusedError
        Raised if two are for the same platform, or there is none.
    """
    ordered = sorted(
        sources, key=lambda one: (one.image.settings.platform.architecture, one.image.manifest.digest)
    )
    refuse_same([one.image.settings.platform for one in ordered])
    before = read_layout(store)
    for source in ordered:
        for blob in (source.image.manifest, source.image.config, *source.image.layers):
            store.adopt(blob.digest, source=source.store)
    manifests = tuple(
        replace(one.image.manifest, annotations=MappingProxyType({}), platform=one.image.settings.platform)
        for one in ordered
    )
    index = write_document(
        store,
        index_document(manifests, common_annotations([one.image.annotations for one in ordered])),
        MediaType.INDEX,
    )
    entries = [_named(index, tag) for tag in tags] or [index]
    for one, manifest in zip(ordered, manifests, strict=True):
        entries += [_named(manifest, tag) for tag in single.get(one.image.settings.platform, ())]
    names = {entry.annotations.get(TAG_ANNOTATION) for entry in entries}
    kept = [one for one in before.entries if one.annotations.get(TAG_ANNOTATION) not in names]
    store.write_index(canonical_json(index_document([*kept, *entries])))
    prune(store)
    return JoinedImage(index=index, manifests=manifests)


def refuse_same(platforms: Sequence[ImagePlatform]) -> None:
    """Refuse what one index cannot join.

    Parameters
    ----------
    platforms : `~collections.abc.Sequence` [ `ImagePlatform` ]
        Of each image.

    Raises
    ------
    RefusedError
        Raised if two are for the same platform, or there is none.
    """
    if not platforms:
        raise RefusedError("there is no image to join")
    for position, platform in enumerate(platforms):
        if platform in platforms[:position]:
            raise RefusedError(
                f"there are two images for `{platform.os}/{platform.architecture}`", hint="name one of each"
            )


def common_annotations(annotations: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Find what is true of all images of an index.

    Parameters
    ----------
    annotations : `~collections.abc.Sequence` [ `~collections.abc.Mapping` [ `str`, `str` ] ]
        Of each image; at least one.

    Returns
    -------
    common : `dict` [ `str`, `str` ]
        Those that all have with the same value.
    """
    first, *others = annotations
    return {
        key: value
        for key, value in first.items()
        if key not in _OWN and all(other.get(key) == value for other in others)
    }


def _named(entry: Descriptor, tag: str) -> Descriptor:
    return replace(entry, annotations=MappingProxyType({TAG_ANNOTATION: tag}))
