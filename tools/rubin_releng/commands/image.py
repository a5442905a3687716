"""`rubin-releng image`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.releaseschemas import parse_image_tag
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.foldertrees import FolderTree
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.core.ocidocuments import Architecture, MediaType
from rubin_releng.images.builder import ImagePlan, LayerPlan, build_image, list_layers
from rubin_releng.images.checker import check_layout, diff_layouts
from rubin_releng.images.layers import LayerRules
from rubin_releng.images.layouts import TAG_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.builder import BuiltImage
    from rubin_releng.images.checker import LayoutDifference, LayoutReport
    from rubin_releng.images.ports import Codec

__all__ = ["image"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def image() -> None:
    """Build and check OCI images; no daemon and no privileges are needed."""


@image.command(epilog="Example: rubin-releng image build --tree env:/opt/lsst/conda --output layout")
@click.argument("more", nargs=-1, metavar="[DIR[:PATH]]...")
@click.option(
    "--tree",
    "trees",
    multiple=True,
    metavar="DIR[:PATH]",
    help="Content of one layer, and where it lies in the image [default: /]; repeatable, the lowest first.",
)
@click.option("--output", required=True, type=_FOLDER, help="Layout to write the image into.")
@click.option(
    "--compression", type=click.Choice(["zstd", "gzip"]), default="zstd", show_default=True, help="Of layers."
)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Layers at once.")
@click.option(
    "--epoch",
    type=click.IntRange(min=0),
    envvar="SOURCE_DATE_EPOCH",
    default=0,
    show_default=True,
    help="Time of the image, in seconds since 1970 UTC; no file is newer.",
)
@click.option("--owner", default="0:0", show_default=True, metavar="UID:GID", help="Owner of all files.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label; repeatable.")
@click.option("--tag", metavar="NAME", help="Name of the image in the layout.")
@click.option(
    "--architecture",
    type=click.Choice([one.value for one in Architecture]),
    default="amd64",
    show_default=True,
    help="What the image runs on.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Tell what would be written.")
@output_options
def build(
    console: Console,
    more: tuple[str, ...],
    trees: tuple[str, ...],
    output: Path,
    compression: str,
    jobs: int,
    epoch: int,
    owner: str,
    labels: tuple[str, ...],
    tag: str | None,
    architecture: str,
    *,
    dry_run: bool,
) -> None:
    """Build an image from folders, one layer each.

    The same folders give the same bytes, with any number of jobs, in any time
    zone, for any user.
    """
    plan = ImagePlan(
        layers=tuple(_parse_tree(text, output) for text in _joined(trees, more)),
        architecture=Architecture(architecture),
        rules=_parse_rules(owner, epoch),
        labels=_parse_labels(labels),
        tag=None if tag is None else parse_image_tag(tag),
    )
    if dry_run:
        _answer_plan(console, plan)
        return
    codec: Codec = GzipCodec() if compression == "gzip" else ZstdCodec()
    with hold_lock(output.parent / f".{output.name}.lock", purpose="building an image there"):
        store = OciLayout.create(output)
        built = build_image(plan, store=store, codec=codec, reporter=console.reporter(), jobs=jobs)
    _answer_built(console, plan, built, output)


@image.command(epilog="Example: rubin-releng image check layout")
@click.argument("layout", type=_FOLDER)
@output_options
def check(console: Console, layout: Path) -> None:
    """Check every digest, size, diff-id and media type of a layout."""
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    report = check_layout(OciLayout.open(layout), codecs=codecs, reporter=console.reporter())
    _answer_checked(console, report, layout)


@image.command(epilog="Example: rubin-releng image diff last-week this-week")
@click.argument("old", metavar="A", type=_FOLDER)
@click.argument("new", metavar="B", type=_FOLDER)
@output_options
def diff(console: Console, old: Path, new: Path) -> None:
    """Tell what a client moves who has layout A and wants B."""
    found = diff_layouts(OciLayout.open(old), OciLayout.open(new))
    data, human = _show_difference(found)
    console.answer(data, human)


def _joined(trees: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Take `--tree A B` as well as `--tree A --tree B`, but nothing whose order is unclear."""
    if not trees and not more:
        raise ConfigurationError("there is no tree to make an image of", hint="name one with `--tree`")
    if len(trees) > 1 and more:
        raise ConfigurationError(
            f"the order of `{trees[-1]}` and `{more[0]}` is unclear", hint="put `--tree` before each of them"
        )
    return (*trees, *more)


def _parse_tree(text: str, output: Path) -> LayerPlan:
    name, colon, at = text.rpartition(":")
    if not colon or not at.startswith("/"):
        name, at = text, "/"
    if any(part in {".", ".."} for part in at.split("/")):
        raise ConfigurationError(f"`{at}` is no place in an image", hint="give an absolute path without `..`")
    if output.resolve().is_relative_to(Path(name).resolve()):
        raise RefusedError(f"`{output}` lies inside the tree `{name}`", hint="write the layout elsewhere")
    parts = [part for part in at.split("/") if part]
    return LayerPlan(tree=FolderTree(Path(name)), at="/" + "/".join(parts))


def _parse_rules(owner: str, epoch: int) -> LayerRules:
    uid, colon, gid = owner.partition(":")
    if not colon or not (uid.isdecimal() and gid.isdecimal()):
        raise ConfigurationError(f"`{owner}` is no owner", hint="expected numbers, as `1000:1000`")
    return LayerRules(epoch=epoch, uid=int(uid), gid=int(gid))


def _parse_labels(labels: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in labels:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"`{text}` is no label", hint="expected `KEY=VALUE`")
        found[key] = value
    return found


def _answer_plan(console: Console, plan: ImagePlan) -> None:
    works = list_layers(plan)
    rows: list[dict[str, object]] = [
        {
            "tree": work.plan.tree.name,
            "path": work.plan.at,
            "entries": len(work.members),
            "size_bytes": work.size_bytes,
        }
        for work in works
    ]
    lines = [
        f"{row['path']}: {row['entries']} entries, {row['size_bytes']} bytes from {row['tree']}"
        for row in rows
    ]
    console.answer(
        {"layers": rows, "tag": plan.tag, "architecture": plan.architecture.value}, "\n".join(lines)
    )


def _answer_built(console: Console, plan: ImagePlan, built: BuiltImage, output: Path) -> None:
    layers: list[dict[str, object]] = [
        {"path": layer.at, **_blob(done.descriptor), "diff_id": done.diff_id, "entries": done.entries}
        for layer, done in zip(plan.layers, built.layers, strict=True)
    ]
    size = sum(done.descriptor.size_bytes for done in built.layers)
    data = {
        "output": os.fspath(output),
        "tag": plan.tag,
        "architecture": plan.architecture.value,
        "manifest": built.manifest.digest,
        "config": built.config.digest,
        "size_bytes": size,
        "layers": layers,
    }
    console.answer(data, f"{built.manifest.digest} ({len(layers)} layers, {size} bytes) in {output}")


def _answer_checked(console: Console, report: LayoutReport, layout: Path) -> None:
    images = [
        {
            "manifest": one.manifest.digest,
            "tag": one.manifest.annotations.get(TAG_ANNOTATION),
            "architecture": one.settings.platform.architecture,
            "layers": len(one.layers),
        }
        for one in report.images
    ]
    data = {"ok": True, "images": images, "blobs": report.blobs, "size_bytes": report.size_bytes}
    human = f"{layout} is in order: {len(images)} images, {report.blobs} blobs, {report.size_bytes} bytes"
    console.answer(data, human)


def _show_difference(found: LayoutDifference) -> tuple[dict[str, object], str]:
    data: dict[str, object] = {
        "bytes": found.size_bytes,
        "layers": [_blob(layer) for layer in found.layers],
        "documents": [_blob(document) for document in found.documents],
        "kept": [_blob(layer) for layer in found.kept],
    }
    summary = (
        f"{found.size_bytes} bytes to move: {len(found.layers)} layers and {len(found.documents)} documents;"
        f" {len(found.kept)} layers are there already"
    )
    lines = [summary, *(f"  {layer.digest} {layer.size_bytes} bytes" for layer in found.layers)]
    return data, "\n".join(lines)


def _blob(blob: Descriptor) -> dict[str, object]:
    return {"digest": blob.digest, "media_type": str(blob.media_type), "size_bytes": blob.size_bytes}
