"""Joins images of a registry where they are: only their manifests and configurations are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType, index_document
from rubin_releng.core.ocireading import read_config, read_manifest
from rubin_releng.images.joiner import common_annotations, refuse_same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.core.ocidocuments import ImagePlatform
    from rubin_releng.images.registryports import Repository

__all__ = ["PlannedIndex", "plan_index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedIndex:
    """An index to be written.

    Parameters
    ----------
    digest : `~rubin_releng.core.ocidocuments.Digest`
        Of the index.
    content : `bytes`
        The document.
    manifests : `tuple` [ `~rubin_releng.core.ocidocuments.Descriptor`, ... ]
        What it joins, by architecture; each has its platform.
    is_there : `bool`
        Whether the registry has it.
    """

    digest: Digest
    content: bytes
    manifests: tuple[Descriptor, ...]
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    manifest: Descriptor
    platform: ImagePlatform
    annotations: Mapping[str, str]


def plan_index(repository: Repository, selectors: Sequence[str]) -> PlannedIndex:
    """Plan an index over images of several architectures; nothing is changed.

    Parameters
    ----------
    repository : `~rubin_releng.images.registryports.Repository`
        Has the images.
    selectors : `~collections.abc.Sequence` [ `str` ]
        Their digests or tags, one for each architecture.

    Returns
    -------
    plan : `PlannedIndex`
        The same for any order of the images.

    Raises
    ------
    NotFoundError
        Raised if an image is not there.
    RefusedError
        Raised if two are for the same platform, there is none, or one is an
        index itself.
    """
    found = [_read(repository, selector) for selector in dict.fromkeys(selectors)]
    ordered = sorted(found, key=lambda one: (one.platform.architecture, one.manifest.digest))
    refuse_same([one.platform for one in ordered])
    manifests = tuple(one.manifest for one in ordered)
    annotations = common_annotations([one.annotations for one in ordered])
    content = canonical_json(index_document(manifests, annotations))
    digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
    is_there = repository.find_document(digest) is not None
    return PlannedIndex(digest=digest, content=content, manifests=manifests, is_there=is_there)


def _read(repository: Repository, selector: str) -> _Found:
    document = repository.read_document(selector)
    if document is None:
        raise NotFoundError(
            f"there is no image `{selector}` in `{repository.name}`", hint="check the digest or the tag"
        )
    if document.media_type != MediaType.MANIFEST:
        raise RefusedError(
            f"`{selector}` in `{repository.name}` is a `{document.media_type}`, no image of one architecture",
            hint="name the images that it joins",
        )
    manifest = read_manifest(document.content, source=document.digest)
    config = b"".join(repository.read_blob(manifest.config.digest, manifest.config.size_bytes))
    platform = read_config(config, source=manifest.config.digest).platform
    descriptor = Descriptor(
        media_type=document.media_type,
        digest=document.digest,
        size_bytes=len(document.content),
        platform=platform,
    )
    return _Found(manifest=descriptor, platform=platform, annotations=manifest.annotations)
