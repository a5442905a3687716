"""`rubin-releng image index` and `image tags`."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.releaseschemas import parse_image_tag
from lsstinstall.core.tags import parse_tag
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imageinputs import FOLDER, split_layout
from rubin_releng.commands.imageprovenance import join_provenances
from rubin_releng.core.imagetags import ARCHITECTURE_SUFFIXES, TagOptions, lab_tags, stack_tags
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.joiner import SourceImage, join_images
from rubin_releng.images.layouts import read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.imagetags import ImageTags

__all__ = ["index", "tags"]


@click.command(epilog="Example: rubin-releng image index amd64 arm64 --output layout --tag al9-w_2026_42")
@click.argument("layouts", nargs=-1, required=True, metavar="LAYOUT[@TAG]...")
@click.option("--output", required=True, type=FOLDER, help="Layout to write the index into.")
@click.option(
    "--tag", "names", multiple=True, required=True, metavar="NAME", help="Name of the index; repeatable."
)
@click.option(
    "--single", is_flag=True, help="Name each architecture, too: the first tag and `_x86` or `_aarch64`."
)
@output_options
def index(
    console: Console, /, layouts: tuple[str, ...], output: Path, names: tuple[str, ...], *, single: bool
) -> None:
    """Join images of several architectures under one name."""
    wanted = tuple(dict.fromkeys(parse_image_tag(name) for name in names))
    sources = tuple(source for text in layouts for source in _sources(text))
    suffixes = {
        one.platform: (parse_image_tag(f"{wanted[0]}{end}"),) for one, end in ARCHITECTURE_SUFFIXES.items()
    }
    with hold_lock(output.parent / f".{output.name}.lock", purpose="joining images there", is_kept=False):
        store = OciLayout.create(output)
        joined = join_images(sources, store=store, tags=wanted, single=suffixes if single else {})
        provenance = join_provenances(output, [split_layout(text)[0] for text in layouts], joined)
    data = {
        "output": os.fspath(output),
        "index": joined.index.digest,
        "tags": list(wanted),
        "manifests": [
            {
                "digest": one.digest,
                "architecture": None if one.platform is None else one.platform.architecture,
            }
            for one in joined.manifests
        ],
        "provenance": None if provenance is None else os.fspath(provenance),
    }
    console.answer(data, f"{joined.index.digest} ({len(joined.manifests)} images) in {output}")


@click.command(epilog="Example: rubin-releng image tags w_2026_42 --stamp 2026-10-15T17:15:02Z --old-names")
@click.argument("tag")
@click.option("--prefix", default="al9-", show_default=True, help="Of the operating system.")
@click.option("--stamp", metavar="TIME", help="When the image was made, RFC 3339.")
@click.option("--no-moving", is_flag=True, help="It does not become the newest of its kind.")
@click.option("--old-names", is_flag=True, help="Add the name that began with `7-stack-lsst_distrib-`.")
@click.option("--single", is_flag=True, help="Add names of single architectures.")
@click.option("--lab", is_flag=True, help="Names of the lab image instead.")
@click.option("--run", metavar="NUMBER", help="Run that makes the lab image; needed for releases.")
@click.option("--supplement", metavar="WORD", help="Makes the lab image an experiment.")
@output_options
def tags(
    console: Console,
    /,
    tag: str,
    prefix: str,
    stamp: str | None,
    run: str | None,
    supplement: str | None,
    *,
    no_moving: bool,
    old_names: bool,
    single: bool,
    lab: bool,
) -> None:
    """Tell the names that the image of a tag gets in a registry."""
    if lab:
        found = lab_tags(parse_tag(tag), run=run, supplement=supplement)
    else:
        options = TagOptions(
            prefix=prefix,
            stamp=None if stamp is None else _parse_time(stamp),
            is_moving=not no_moving,
            has_old_names=old_names,
            architectures=tuple(Architecture) if single else (),
        )
        found = stack_tags(parse_tag(tag), options)
    console.answer(
        _data(found), "\n".join([*found.fixed, *found.moving, *(name for _, name in found.single)])
    )


def _sources(text: str) -> Iterator[SourceImage]:
    folder, tag = split_layout(text)
    store = OciLayout.open(folder)
    images = {
        image.manifest.digest: image for image in read_layout(store).images if tag is None or image.tag == tag
    }
    if not images:
        raise ConfigurationError(
            f"`{folder}` holds no image with the tag `{tag}`" if tag else f"`{folder}` is empty"
        )
    for image in images.values():
        yield SourceImage(image=image, store=store)


def _data(found: ImageTags) -> dict[str, object]:
    single = {architecture.value: name for architecture, name in found.single}
    return {"fixed": list(found.fixed), "moving": list(found.moving), "single": single}


def _parse_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"`{text}` is no time", hint="for example 2026-10-15T17:15:02Z") from error
