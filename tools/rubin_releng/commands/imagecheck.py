"""`rubin-releng image check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_bytes
from lsstinstall.commands.frame import output_options
from lsstinstall.core.attestations import parse_statement
from lsstinstall.core.errors import ProblemsError
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imagefolders import parse_folder
from rubin_releng.commands.imageprovenance import provenance_path
from rubin_releng.commands.imagepull import open_remote
from rubin_releng.core.imagereferences import looks_like_reference
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.attachmentchecks import check_attachments
from rubin_releng.images.checker import check_layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.images.checker import LayoutReport
    from rubin_releng.images.ports import Codec

__all__ = ["check"]


@click.command(epilog="Example: rubin-releng image check layout")
@click.argument("image", metavar="LAYOUT|SERVER/REPOSITORY:TAG")
@output_options
def check(console: Console, image: str) -> None:
    """Check every digest, size, diff-id and media type of a layout or an image.

    An image in a registry is read to its last byte and written nowhere; so is
    what lies beside it, which has to be about just this image.
    """
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    folder, reporter = parse_folder(image), console.reporter()
    if looks_like_reference(image) and not folder.exists():
        remote, _ = open_remote(image)
        report = check_layout(remote, codecs=codecs, reporter=reporter)
        below = [one.manifest for one in report.images if one.manifest.digest != remote.root.digest]
        beside, problems = check_attachments(remote.repository, [remote.root, *below])
        if problems:
            raise ProblemsError("what lies beside the image is not in order", problems)
    else:
        report = check_layout(OciLayout.open(folder), codecs=codecs, reporter=reporter)
        beside = _check_noted(folder, report, reporter)
    _answer_checked(console, report, image, beside)


def _check_noted(layout: Path, report: LayoutReport, reporter: Reporter) -> int:
    """Count what is said of how the images were made; what cannot be read is an error."""
    path = provenance_path(layout)
    digests = {one.manifest.digest for one in report.images}
    lines = read_bytes(path).splitlines(keepends=True) if path.is_file() else []
    statements = [parse_statement(line, source=str(path)) for line in lines]
    ours = sum(any(one.is_about(digest) for digest in digests) for one in statements)
    if lines and not ours:
        reporter.warn(f"nothing in `{path}` is about an image of the layout", hint="build the image again")
    return ours


def _answer_checked(console: Console, report: LayoutReport, image: str, beside: int) -> None:
    images = [
        {
            "manifest": one.manifest.digest,
            "tag": one.tag,
            "architecture": one.settings.platform.architecture,
            "layers": len(one.layers),
        }
        for one in report.images
    ]
    data = {
        "ok": True,
        "images": images,
        "blobs": report.blobs,
        "size_bytes": report.size_bytes,
        "attachments": beside,
    }
    human = f"{image} is in order: {len(images)} images, {report.blobs} blobs, {report.size_bytes} bytes"
    if beside:
        human += f", and {beside} attachments"
    console.answer(data, human)
