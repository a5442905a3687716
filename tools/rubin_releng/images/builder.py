"""Writes an image: its layers several at a time, then what names them, the index last."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.ocidocuments import (
    Architecture,
    Descriptor,
    Digest,
    ImageConfig,
    MediaType,
    index_document,
    manifest_document,
)
from rubin_releng.images.layers import LayerRules, arrange_members, stream_layer
from rubin_releng.images.layouts import TAG_ANNOTATION, Layout, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.images.layers import Member
    from rubin_releng.images.ports import BlobStore, Codec, Tree

__all__ = ["BuiltImage", "BuiltLayer", "ImagePlan", "LayerPlan", "LayerWork", "build_image", "list_layers"]

COMPRESSOR_ANNOTATION = "org.lsst.image.compressor"
"""Digests of layers can be compared only where this is equal; diff-ids always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """One layer to be.

    Parameters
    ----------
    tree : `Tree`
        Its content.
    at : `str`
        Where that lies in the image, absolute.
    """

    tree: Tree
    at: str = "/"


def _no_labels() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """One image to be.

    Parameters
    ----------
    layers : `tuple` [ `LayerPlan`, ... ]
        The lowest first.
    architecture : `Architecture`
        What it runs on.
    rules : `LayerRules`
        Times and owners.
    labels : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the image.
    tag : `str` or `None`
        Name in the layout.
    """

    layers: tuple[LayerPlan, ...]
    architecture: Architecture = Architecture.AMD64
    rules: LayerRules = field(default_factory=LayerRules)
    labels: Mapping[str, str] = field(default_factory=_no_labels)
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltLayer:
    """One layer that was written.

    Parameters
    ----------
    descriptor : `Descriptor`
        Of the compressed blob.
    diff_id : `Digest`
        Of the tar inside.
    entries : `int`
        Files, folders and links.
    """

    descriptor: Descriptor
    diff_id: Digest
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """One image that was written.

    Parameters
    ----------
    manifest : `Descriptor`
        What the image is known by.
    config : `Descriptor`
        Its configuration.
    layers : `tuple` [ `BuiltLayer`, ... ]
        The lowest first.
    """

    manifest: Descriptor
    config: Descriptor
    layers: tuple[BuiltLayer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWork:
    """A layer whose tree was listed.

    Parameters
    ----------
    plan : `LayerPlan`
        The layer.
    members : `tuple` [ `Member`, ... ]
        Its entries.
    """

    plan: LayerPlan
    members: tuple[Member, ...]

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return sum(member.content.size_bytes for member in self.members if member.content is not None)


def list_layers(plan: ImagePlan) -> tuple[LayerWork, ...]:
    """List the trees of an image; nothing is written.

    Parameters
    ----------
    plan : `ImagePlan`
        What to write.

    Returns
    -------
    works : `tuple` [ `LayerWork`, ... ]
        The lowest first.

    Raises
    ------
    RefusedError
        Raised if a tree holds what no layer can hold.
    """
    return tuple(
        LayerWork(plan=layer, members=arrange_members(layer.tree.entries(), at=layer.at, rules=plan.rules))
        for layer in plan.layers
    )


def build_image(
    plan: ImagePlan, *, store: BlobStore, codec: Codec, reporter: Reporter, jobs: int = 2
) -> BuiltImage:
    """Write an image into a layout.

    Parameters
    ----------
    plan : `ImagePlan`
        What to write.
    store : `BlobStore`
        Where to. An image with the same tag and architecture is replaced;
        blobs that no image needs any more are removed at the end.
    codec : `Codec`
        How layers are compressed.
    reporter : `Reporter`
        Gets a step for each layer.
    jobs : `int`, optional
        How many layers at a time; makes no difference to the result.

    Returns
    -------
    image : `BuiltImage`
        Its digests.

    Raises
    ------
    RefusedError
        Raised if a tree holds what no layer can hold.
    CorruptError
        Raised if a file changed while it was read, or the layout is damaged.
    """
    before = read_layout(store)
    works = list_layers(plan)
    reporter.begin("write layers", len(works))
    layers = _write_layers(works, store=store, codec=codec, reporter=reporter, jobs=jobs)
    reporter.end()
    created = datetime.fromtimestamp(plan.rules.epoch, tz=UTC).isoformat().replace("+00:00", "Z")
    config = _write_config(plan, layers, created, store)
    annotations = {
        **plan.labels,
        COMPRESSOR_ANNOTATION: codec.description,
        "org.opencontainers.image.created": created,
    }
    document = manifest_document(config, tuple(layer.descriptor for layer in layers), annotations)
    manifest = _write_json(store, document, MediaType.MANIFEST, architecture=plan.architecture, tag=plan.tag)
    _publish(before, manifest, store)
    return BuiltImage(manifest=manifest, config=config, layers=layers)


def _write_layers(
    works: Sequence[LayerWork], *, store: BlobStore, codec: Codec, reporter: Reporter, jobs: int
) -> tuple[BuiltLayer, ...]:
    def write(work: LayerWork) -> BuiltLayer:
        started = time.monotonic()
        layer = _write_layer(work, store=store, codec=codec)
        detail = f"{len(work.members)} entries, {layer.descriptor.size_bytes} bytes"
        reporter.step(work.plan.at, Outcome.DONE, seconds=time.monotonic() - started, detail=detail)
        return layer

    # The largest first, or it would run alone at the end.
    order = sorted(range(len(works)), key=lambda index: -works[index].size_bytes)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running = {index: pool.submit(write, works[index]) for index in order}
        try:
            return tuple(running[index].result() for index in range(len(works)))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_layer(work: LayerWork, *, store: BlobStore, codec: Codec) -> BuiltLayer:
    """Read, hash, compress, hash and write in one pass."""
    content = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for piece in stream_layer(work.members, work.plan.tree):
            content.update(piece)
            yield piece

    blob = store.write(codec.compress(hashed()))
    return BuiltLayer(
        descriptor=Descriptor(media_type=codec.media_type, digest=blob.digest, size_bytes=blob.size_bytes),
        diff_id=Digest(f"sha256:{content.hexdigest()}"),
        entries=len(work.members),
    )


def _write_config(
    plan: ImagePlan, layers: tuple[BuiltLayer, ...], created: str, store: BlobStore
) -> Descriptor:
    config = ImageConfig(
        platform=plan.architecture.platform,
        created=created,
        labels=plan.labels,
        diff_ids=tuple(layer.diff_id for layer in layers),
        history=tuple(f"lsstinstall: tree at {layer.at}" for layer in plan.layers),
    )
    return _write_json(store, config.to_dict(), MediaType.CONFIG)


def _write_json(
    store: BlobStore,
    document: Mapping[str, object],
    media_type: MediaType,
    *,
    architecture: Architecture | None = None,
    tag: str | None = None,
) -> Descriptor:
    blob = store.write([canonical_json(document)])
    return Descriptor(
        media_type=media_type,
        digest=blob.digest,
        size_bytes=blob.size_bytes,
        annotations=MappingProxyType({} if tag is None else {TAG_ANNOTATION: tag}),
        platform=None if architecture is None else architecture.platform,
    )


def _publish(before: Layout, manifest: Descriptor, store: BlobStore) -> None:
    """Write the index, then remove what it does not lead to."""
    kept = [entry for entry in before.entries if not _is_same_name(entry, manifest)]
    store.write_index(canonical_json(index_document([*kept, manifest])))
    needed = {digest.partition(":")[2] for digest in read_layout(store).blobs}
    for name in sorted(set(store.sizes()) - needed):
        store.remove(name)


def _is_same_name(one: Descriptor, other: Descriptor) -> bool:
    same_tag = one.annotations.get(TAG_ANNOTATION) == other.annotations.get(TAG_ANNOTATION)
    return same_tag and one.platform == other.platform
