"""`rubin-releng image diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.quantities import format_bytes
from rubin_releng.commands.imageanswers import show_blob
from rubin_releng.commands.imagepull import open_anywhere
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.differences import diff_layouts, layer_name, layer_products

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.differences import LayoutDifference

__all__ = ["diff"]


@click.command(epilog="Example: rubin-releng image diff last-week this-week")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--architecture",
    type=click.Choice([one.value for one in Architecture]),
    help="What the client runs on.  [default: it fetches all]",
)
@output_options
def diff(console: Console, /, old: str, new: str, architecture: str | None) -> None:
    """Tell what a client moves who has image A and wants B, by layer and by product.

    Each is a layout, LAYOUT@TAG, or the name of an image in a registry, of
    which no layer is read.
    """
    (before, first), (after, second) = open_anywhere(old), open_anywhere(new)
    wanted = None if architecture is None else Architecture(architecture)
    found = diff_layouts(before, after, tags=(first, second), architecture=wanted)
    console.answer(_data(found), _text(found))


def _data(found: LayoutDifference) -> dict[str, object]:
    return {
        "bytes": found.size_bytes,
        "layers": [_layer(layer) for layer in found.layers],
        "documents": [show_blob(document) for document in found.documents],
        "kept": [_layer(layer) for layer in found.kept],
        "kept_bytes": sum(layer.size_bytes for layer in found.kept),
        "products": [
            {
                "product": one.product,
                "from": one.old,
                "to": one.new,
                "layer": one.layer,
                "layer_bytes": one.layer_bytes,
                "moved": one.is_moved,
            }
            for one in found.products
        ],
    }


def _text(found: LayoutDifference) -> str:
    summary = (
        f"{found.size_bytes} bytes to move: {len(found.layers)} layers and {len(found.documents)} documents;"
        f" {len(found.kept)} layers are there already"
    )
    lines = [summary]
    for layer in found.layers:
        name = layer_name(layer)
        lines.append(f"  {name or layer.digest} {layer.size_bytes} bytes ({format_bytes(layer.size_bytes)})")
        lines += [
            f"    {one.product} {one.old or '(new)'} -> {one.new}"
            for one in found.products
            if one.is_moved and one.layer_digest == layer.digest and one.old != one.new
        ]
    unchanged = [one.product for one in found.products if one.is_moved and one.old == one.new]
    if unchanged:
        lines.append(f"  moved though unchanged, for what is beside it: {', '.join(unchanged)}")
    return "\n".join(lines)


def _layer(layer: Descriptor) -> dict[str, object]:
    products = [{"product": name, "version": version} for name, version in layer_products(layer)]
    return {**show_blob(layer), "name": layer_name(layer), "products": products}
