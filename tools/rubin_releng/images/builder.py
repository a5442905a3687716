"""Writes an image: its layers several at a time, then what names them, the index last."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.ocidocuments import (
    Descriptor,
    Digest,
    ImageConfig,
    MediaType,
    manifest_document,
)
from rubin_releng.images.imageplans import BuiltImage, BuiltLayer, LayerWork
from rubin_releng.images.layers import arrange_members, check_entry, refuse_overlaps, stream_layer
from rubin_releng.images.layouts import TAG_ANNOTATION, read_layout
from rubin_releng.images.layoutwriter import format_created, publish_entry, write_document
from rubin_releng.images.reuse import COMPRESSOR_ANNOTATION, LayerFinder, layer_annotations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.images.imageplans import ImagePlan, KnownLayer, LayerPlan
    from rubin_releng.images.layers import Member
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = ["build_image", "list_layers"]

_MOST_LAYERS = 125
"""With more, Docker cannot unpack an image."""


def list_layers(plan: ImagePlan, *, finder: LayerFinder | None = None) -> tuple[LayerWork, ...]:
    """List the trees of an image; nothing is written.

    Parameters
    ----------
    plan : `ImagePlan`
        What to write.
    finder : `LayerFinder`, optional
        Knows layers of earlier images, whose trees are not looked at.

    Returns
    -------
    works : `tuple` [ `LayerWork`, ... ]
        The lowest first.

    Raises
    ------
    RefusedError
        Raised if a tree holds what no layer can hold.
    """
    return tuple(_list_layer(layer, plan, finder) for layer in plan.layers)


def build_image(
    plan: ImagePlan,
    *,
    store: BlobStore,
    codec: Codec,
    reporter: Reporter,
    jobs: int = 2,
    earlier: Sequence[BlobStore] = (),
    home: BlobStore | None = None,
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
    earlier : `~collections.abc.Sequence` [ `BlobStore` ], optional
        Layouts whose layers are taken where their keys are ours, also if those
        images are older.
    home : `BlobStore`, optional
        Layout that the image goes to in the end, if that is not `store`. Its
        layers are taken as those of `store` are.

    Returns
    -------
    image : `BuiltImage`
        Its digests.

    Raises
    ------
    RefusedError
        Raised if a tree holds what no layer can hold, or there are more layers
        than Docker takes.
    CorruptError
        Raised if a file changed while it was read, or the layout is damaged.
    """
    _refuse_many(plan)
    before = read_layout(store)
    finder = LayerFinder(plan, earlier, own=home or store, compressor=codec.description)
    works = list_layers(plan, finder=finder)
    reporter.begin("write layers", len(works))
    layers = _write_layers(works, plan, store=store, codec=codec, reporter=reporter, jobs=jobs)
    reporter.end()
    created = format_created(plan.rules.epoch)
    if plan.base is not None:
        for layer in plan.base.image.layers:
            store.adopt(layer.digest, source=plan.base.store)
    config = _write_config(plan, layers, created, store)
    annotations = {
        **plan.labels,
        COMPRESSOR_ANNOTATION: codec.description,
        "org.opencontainers.image.created": created,
    }
    lower = () if plan.base is None else plan.base.image.layers
    document = manifest_document(config, (*lower, *(layer.descriptor for layer in layers)), annotations)
    manifest = write_document(store, document, MediaType.MANIFEST)
    entry = Descriptor(
        media_type=manifest.media_type,
        digest=manifest.digest,
        size_bytes=manifest.size_bytes,
        annotations=MappingProxyType({} if plan.tag is None else {TAG_ANNOTATION: plan.tag}),
        platform=plan.architecture.platform,
    )
    publish_entry(before, entry, store)
    return BuiltImage(manifest=entry, config=config, layers=layers)


def _refuse_many(plan: ImagePlan) -> None:
    below = 0 if plan.base is None else len(plan.base.image.layers)
    layers = below + len(plan.layers)
    if layers > _MOST_LAYERS:
        raise RefusedError(
            f"the image has {layers} layers, {below} of them in the image below; Docker takes {_MOST_LAYERS}",
            hint="`rubin-releng image plan` shares layers, `--below` tells it of those below",
        )


def _list_layer(layer: LayerPlan, plan: ImagePlan, finder: LayerFinder | None) -> LayerWork:
    known = None if finder is None or layer.key is None else finder.find(layer.full_key(plan.rules))
    if known is not None:
        return LayerWork(plan=layer, known=known)
    refuse_overlaps(layer.parts)
    entries = len({part.folders[:depth] for part in layer.parts for depth in range(1, len(part.folders) + 1)})
    size = 0
    for part in layer.parts:
        for entry in part.tree.entries():
            check_entry(entry, plan.rules)
            entries += 1
            size += entry.size_bytes
    return LayerWork(plan=layer, entries=entries, size_bytes=size)


def _write_layers(
    works: Sequence[LayerWork],
    plan: ImagePlan,
    *,
    store: BlobStore,
    codec: Codec,
    reporter: Reporter,
    jobs: int,
) -> tuple[BuiltLayer, ...]:
    def write(work: LayerWork) -> BuiltLayer:
        started = time.monotonic()
        layer = _write_layer(work, plan, store=store, codec=codec)
        detail = f"{layer.entries} entries, {layer.descriptor.size_bytes} bytes"
        outcome = Outcome.DONE if work.known is None else Outcome.UNCHANGED
        reporter.step(work.plan.name, outcome, seconds=time.monotonic() - started, detail=detail)
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


def _write_layer(work: LayerWork, plan: ImagePlan, *, store: BlobStore, codec: Codec) -> BuiltLayer:
    """Read, hash, compress, hash and write in one pass, or take what is known."""
    if work.known is not None:
        return _adopted(work, plan, work.known, store=store, codec=codec)
    content = hashlib.sha256()
    entries = 0

    def hashed() -> Iterator[bytes]:
        for piece in stream_layer(counted()):
            content.update(piece)
            yield piece

    def counted() -> Iterator[Member]:
        nonlocal entries
        for member in arrange_members(work.plan.parts, rules=plan.rules):
            entries += 1
            yield member

    blob = store.write(codec.compress(hashed()))
    return BuiltLayer(
        descriptor=Descriptor(
            media_type=codec.media_type,
            digest=blob.digest,
            size_bytes=blob.size_bytes,
            annotations=layer_annotations(
                work.plan,
                plan.rules,
                entries=entries,
                compressor=codec.description,
                epoch=plan.rules.epoch,
            ),
        ),
        diff_id=Digest(f"sha256:{content.hexdigest()}"),
        entries=entries,
    )


def _adopted(
    work: LayerWork, plan: ImagePlan, known: KnownLayer, *, store: BlobStore, codec: Codec
) -> BuiltLayer:
    """Take a layer with today's words about it, so that the manifest does not tell whether it was there."""
    layer = known.layer
    store.adopt(layer.descriptor.digest, source=known.store)
    words = layer_annotations(
        work.plan,
        plan.rules,
        entries=layer.entries,
        compressor=codec.description,
        epoch=known.epoch,
    )
    return replace(layer, descriptor=replace(layer.descriptor, annotations=words))


def _write_config(
    plan: ImagePlan, layers: tuple[BuiltLayer, ...], created: str, store: BlobStore
) -> Descriptor:
    below = None if plan.base is None else plan.base.image.settings
    config = ImageConfig(
        platform=plan.architecture.platform,
        created=created,
        labels=plan.labels,
        diff_ids=(*(() if below is None else below.diff_ids), *(layer.diff_id for layer in layers)),
        history=tuple(f"lsstinstall: {layer.name}" for layer in plan.layers),
        settings=plan.settings,
        below=MappingProxyType({}) if below is None else below.settings,
        past=() if plan.base is None else plan.base.past,
    )
    return write_document(store, config.to_dict(), MediaType.CONFIG)
