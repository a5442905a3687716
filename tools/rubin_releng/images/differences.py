"""What somebody moves who has one image and wants another, by layer and by product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.images.layouts import narrow_layout, read_layout
from rubin_releng.images.reuse import NAME_ANNOTATION, PRODUCTS_ANNOTATION

if TYPE_CHECKING:
    from rubin_releng.core.ocidocuments import Architecture, Descriptor, Digest
    from rubin_releng.images.layouts import Layout
    from rubin_releng.images.ports import BlobStore

__all__ = ["LayoutDifference", "ProductDifference", "diff_layouts", "layer_name", "layer_products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDifference:
    """One product of the wanted image.

    Parameters
    ----------
    product : `str`
        Its name.
    old : `str` or `None`
        Version that the client has; `None` if it has none.
    new : `str`
        Version that it wants.
    layer : `str`
        Name of the layer that brings it.
    layer_digest : `Digest`
        Of that layer.
    layer_bytes : `int`
        Of that layer, shared with all that is in it.
    is_moved : `bool`
        Whether that layer has to be fetched.
    """

    product: str
    old: str | None
    new: str
    layer: str
    layer_digest: Digest
    layer_bytes: int
    is_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutDifference:
    """What somebody moves who has one layout and wants another.

    Parameters
    ----------
    layers : `tuple` [ `Descriptor`, ... ]
        That are missing, in the order of the images.
    documents : `tuple` [ `Descriptor`, ... ]
        Manifests, indexes and configurations that are missing.
    kept : `tuple` [ `Descriptor`, ... ]
        Layers that are there already.
    products : `tuple` [ `ProductDifference`, ... ]
        Of all layers that say what is in them, in their order.
    """

    layers: tuple[Descriptor, ...]
    documents: tuple[Descriptor, ...]
    kept: tuple[Descriptor, ...]
    products: tuple[ProductDifference, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes to move."""
        return sum(blob.size_bytes for blob in (*self.layers, *self.documents))


def diff_layouts(
    old: BlobStore,
    new: BlobStore,
    *,
    tags: tuple[str | None, str | None] = (None, None),
    architecture: Architecture | None = None,
) -> LayoutDifference:
    """Tell what a client that has one layout must fetch to have another.

    Parameters
    ----------
    old : `BlobStore`
        What the client has.
    new : `BlobStore`
        What it wants.
    tags : `tuple` [ `str` or `None`, `str` or `None` ], optional
        Name of the image in each; `None` for all images.
    architecture : `Architecture`, optional
        What the client runs; `None` if it fetches all.

    Returns
    -------
    difference : `LayoutDifference`
        Each blob once, however many images need it.

    Raises
    ------
    ProblemsError
        Raised if a document of either is missing or damaged.
    NotFoundError
        Raised if either has no such image.
    """
    before, wanted = read_layout(old), read_layout(new)
    if tags[0] is not None or (architecture is not None and before.images):
        before = narrow_layout(before, tag=tags[0], architecture=architecture)
    if tags[1] is not None or architecture is not None:
        wanted = narrow_layout(wanted, tag=tags[1], architecture=architecture)
    layers = _layers(wanted)
    missing = [blob for digest, blob in wanted.blobs.items() if digest not in before.blobs]
    return LayoutDifference(
        layers=tuple(layers[blob.digest] for blob in missing if blob.digest in layers),
        documents=tuple(blob for blob in missing if blob.digest not in layers),
        kept=tuple(layer for digest, layer in layers.items() if digest in before.blobs),
        products=_products(before, layers),
    )


def layer_name(layer: Descriptor) -> str | None:
    """Tell what people call a layer.

    Parameters
    ----------
    layer : `Descriptor`
        As the manifest has it.

    Returns
    -------
    name : `str` or `None`
        `None` if nobody wrote that down.
    """
    return layer.annotations.get(NAME_ANNOTATION)


def layer_products(layer: Descriptor) -> tuple[tuple[str, str], ...]:
    """Tell what is in a layer.

    Parameters
    ----------
    layer : `Descriptor`
        As the manifest has it.

    Returns
    -------
    products : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        Name and version each, as the manifest lists them.
    """
    listed = layer.annotations.get(PRODUCTS_ANNOTATION, "")
    pairs = (text.partition(" ") for text in listed.split(",") if text)
    return tuple((name, version) for name, _, version in pairs)


def _layers(layout: Layout) -> dict[Digest, Descriptor]:
    return {layer.digest: layer for image in layout.images for layer in image.layers}


def _products(before: Layout, wanted: dict[Digest, Descriptor]) -> tuple[ProductDifference, ...]:
    versions = {
        name: version for layer in _layers(before).values() for name, version in layer_products(layer)
    }
    return tuple(
        ProductDifference(
            product=name,
            old=versions.get(name),
            new=version,
            layer=layer_name(layer) or layer.digest,
            layer_digest=layer.digest,
            layer_bytes=layer.size_bytes,
            is_moved=layer.digest not in before.blobs,
        )
        for layer in wanted.values()
        for name, version in layer_products(layer)
    )
