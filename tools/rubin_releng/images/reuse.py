"""Layers of earlier images that need not be written again: their trees are not even listed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from rubin_releng.images.imageplans import BuiltLayer, KnownLayer
from rubin_releng.images.layouts import survey_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rubin_releng.core.ocidocuments import Architecture
    from rubin_releng.images.imageplans import ImagePlan, LayerPlan
    from rubin_releng.images.layers import LayerRules
    from rubin_releng.images.ports import BlobStore

__all__ = [
    "COMPRESSOR_ANNOTATION",
    "ENTRIES_ANNOTATION",
    "EPOCH_ANNOTATION",
    "KEY_ANNOTATION",
    "NAME_ANNOTATION",
    "PRODUCTS_ANNOTATION",
    "LayerFinder",
    "layer_annotations",
]

COMPRESSOR_ANNOTATION = "org.lsst.image.compressor"
"""Digests of layers can be compared only where this is equal; diff-ids always."""

KEY_ANNOTATION = "org.lsst.image.layer.key"
"""What a layer was made of; not of layers whose content only reading tells."""

EPOCH_ANNOTATION = "org.lsst.image.layer.epoch"
"""Time of the image for which a layer was written first; no file in it is newer."""

NAME_ANNOTATION = "org.lsst.image.layer.name"
"""What people call a layer."""

PRODUCTS_ANNOTATION = "org.lsst.image.layer.products"
"""What is in a layer, ``name version`` each, separated by commas."""

ENTRIES_ANNOTATION = "org.lsst.image.layer.entries"
"""How many files, folders and links are in a layer."""


class LayerFinder:
    """Knows the layers of earlier images by their keys.

    Parameters
    ----------
    plan : `ImagePlan`
        The image to be: layers for another architecture are not taken, since
        EUPS's flavor in their keys is often the same, nor those with files
        that may be newer.
    earlier : `~collections.abc.Iterable` [ `BlobStore` ]
        Layouts; the first one that has a layer gives it. Damaged ones give
        what can be read of them.
    own : `BlobStore`
        Layout that is written. It gives only what would be written into an
        empty one.
    compressor : `str`
        Layers that another one wrote are not taken.
    """

    def __init__(
        self, plan: ImagePlan, earlier: Iterable[BlobStore], *, own: BlobStore, compressor: str
    ) -> None:
        self._found: dict[str, KnownLayer] = {}
        epoch = plan.rules.epoch
        for store in (*earlier, own):
            for key, known in _keyed_layers(store, compressor, plan.architecture):
                if known.epoch == epoch or (known.epoch < epoch and store is not own):
                    self._found.setdefault(key, known)

    def find(self, key: str) -> KnownLayer | None:
        """Look for a layer.

        Parameters
        ----------
        key : `str`
            Its full key.

        Returns
        -------
        layer : `KnownLayer` or `None`
            `None` if it has to be written.
        """
        return self._found.get(key)


def layer_annotations(
    plan: LayerPlan, rules: LayerRules, *, entries: int, compressor: str, epoch: int
) -> Mapping[str, str]:
    """Say in a manifest what a layer is.

    Parameters
    ----------
    plan : `LayerPlan`
        The layer.
    rules : `LayerRules`
        Owners.
    entries : `int`
        How many it has.
    compressor : `str`
        Name, version and level.
    epoch : `int`
        That its files are not newer than.

    Returns
    -------
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the layer's descriptor.
    """
    annotations = {
        NAME_ANNOTATION: plan.name,
        ENTRIES_ANNOTATION: str(entries),
        COMPRESSOR_ANNOTATION: compressor,
    }
    if plan.products:
        annotations[PRODUCTS_ANNOTATION] = ",".join(plan.products)
    if plan.key is not None:
        annotations[KEY_ANNOTATION] = plan.full_key(rules)
        annotations[EPOCH_ANNOTATION] = str(epoch)
    return MappingProxyType(annotations)


def _keyed_layers(
    store: BlobStore, compressor: str, architecture: Architecture
) -> Iterator[tuple[str, KnownLayer]]:
    layout, _ = survey_layout(store)
    sizes = store.sizes()
    for image in (one for one in layout.images if one.settings.platform == architecture.platform):
        for layer, diff_id in zip(image.layers, image.settings.diff_ids, strict=False):
            key = layer.annotations.get(KEY_ANNOTATION)
            entries = layer.annotations.get(ENTRIES_ANNOTATION, "")
            epoch = layer.annotations.get(EPOCH_ANNOTATION, "")
            is_whole = sizes.get(layer.digest.partition(":")[2]) == layer.size_bytes
            same = layer.annotations.get(COMPRESSOR_ANNOTATION) == compressor
            if key is not None and is_whole and same and entries.isdecimal() and epoch.isdecimal():
                built = BuiltLayer(descriptor=layer, diff_id=diff_id, entries=int(entries))
                yield key, KnownLayer(layer=built, store=store, epoch=int(epoch))
