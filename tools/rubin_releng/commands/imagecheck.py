"""`rubin-releng image check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imagefolders import parse_folder
from rubin_releng.commands.imagepull import open_remote
from rubin_releng.core.imagereferences import looks_like_reference
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.checker import check_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from rubin_releng.images.checker import LayoutReport
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = ["check"]


@click.command(epilog="Example: rubin-releng image check layout")
@click.argument("image", metavar="LAYOUT|SERVER/REPOSITORY:TAG")
@output_options
def check(console: Console, image: str) -> None:
    """Check every digest, size, diff-id and media type of a layout or an image.

    An image in a registry is read to its last byte and written nowhere.
    """
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    store: BlobStore
    folder = parse_folder(image)
    if looks_like_reference(image) and not folder.exists():
        store, _ = open_remote(image)
    else:
        store = OciLayout.open(folder)
    report = check_layout(store, codecs=codecs, reporter=console.reporter())
    _answer_checked(console, report, image)


def _answer_checked(console: Console, report: LayoutReport, image: str) -> None:
    images = [
        {
            "manifest": one.manifest.digest,
            "tag": one.tag,
            "architecture": one.settings.platform.architecture,
            "layers": len(one.layers),
        }
        for one in report.images
    ]
    data = {"ok": True, "images": images, "blobs": report.blobs, "size_bytes": report.size_bytes}
    human = f"{image} is in order: {len(images)} images, {report.blobs} blobs, {report.size_bytes} bytes"
    console.answer(data, human)
