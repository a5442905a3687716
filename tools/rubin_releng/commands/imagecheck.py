"""`rubin-releng image check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.checker import check_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from rubin_releng.images.checker import LayoutReport
    from rubin_releng.images.ports import Codec

__all__ = ["check"]


@click.command(epilog="Example: rubin-releng image check layout")
@click.argument("layout", type=click.Path(file_okay=False, path_type=Path))
@output_options
def check(console: Console, layout: Path) -> None:
    """Check every digest, size, diff-id and media type of a layout."""
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    report = check_layout(OciLayout.open(layout), codecs=codecs, reporter=console.reporter())
    _answer_checked(console, report, layout)


def _answer_checked(console: Console, report: LayoutReport, layout: Path) -> None:
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
    human = f"{layout} is in order: {len(images)} images, {report.blobs} blobs, {report.size_bytes} bytes"
    console.answer(data, human)
