"""`rubin-releng image sbom`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall import __version__
from lsstinstall.adapters.files import read_bytes, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.releases import parse_release
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.condaprefixes import CondaPrefix
from rubin_releng.commands.imagepull import open_anywhere
from rubin_releng.core.ocidocuments import Architecture, MediaType
from rubin_releng.images.contents import ImageContents, read_contents
from rubin_releng.images.imageplans import pick_image
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.layoutwriter import format_created
from rubin_releng.images.sboms import ListedPackage, make_sbom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from rubin_releng.images.ports import Codec

__all__ = ["sbom"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: rubin-releng image sbom --environment env --release w_2026_42.json --output sbom.json"
)
@click.option(
    "--image", metavar="LAYOUT[@TAG]|SERVER/REPOSITORY:TAG", help="Image, whose layers tell what is in it."
)
@click.option(
    "--architecture",
    type=click.Choice([one.value for one in Architecture]),
    default="amd64",
    show_default=True,
    help="Which of the images of an index.",
)
@click.option("--environment", type=click.Path(file_okay=False, path_type=Path), help="Conda environment.")
@click.option("--release", type=_FILE, help="Release document, whose products are listed.")
@click.option("--name", default="lsst/scipipe", show_default=True, help="What the image is called.")
@click.option(
    "--epoch",
    type=click.IntRange(min=0),
    envvar="SOURCE_DATE_EPOCH",
    default=0,
    show_default=True,
    help="Time of the image, in seconds since 1970 UTC.",
)
@click.option("--output", required=True, type=_FILE, help="File to write.")
@output_options
def sbom(
    console: Console,
    /,
    image: str | None,
    architecture: str,
    environment: Path | None,
    release: Path | None,
    name: str,
    epoch: int,
    output: Path,
) -> None:
    """Write what is in an image, as SPDX 2.3.

    The same content gives the same bytes.
    """
    if image is None and environment is None and release is None:
        raise ConfigurationError(
            "there is nothing to list", hint="use `--image`, `--environment` or `--release`"
        )
    if image is not None and environment is not None:
        raise ConfigurationError("`--image` and `--environment` exclude each other", hint="leave one out")
    contents = ImageContents(packages=(), products=())
    if image is not None:
        contents = _contents(image, Architecture(architecture))
    elif environment is not None:
        contents = ImageContents(packages=_installed(environment), products=())
    document = None if release is None else parse_release(read_bytes(release), source=str(release))
    data = make_sbom(
        name=name,
        created=format_created(epoch),
        creator=f"lsstinstall-{__version__}",
        packages=contents.packages,
        release=document,
        products=contents.products,
    )
    write_atomic(output, data)
    found = {(one.name, one.version) for one in contents.products}
    found |= {(one.name, one.version) for one in (() if document is None else document.products)}
    answer = {"output": str(output), "packages": len(contents.packages), "products": len(found)}
    console.answer(answer, f"{output}: {len(contents.packages)} packages and {len(found)} products")


def _contents(text: str, architecture: Architecture) -> ImageContents:
    store, tag = open_anywhere(text)
    found = pick_image(read_layout(store), tag=tag, architecture=architecture)
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    return read_contents(found, store, codecs)


def _installed(environment: Path) -> tuple[ListedPackage, ...]:
    return tuple(
        ListedPackage(
            name=one.name,
            version=one.version,
            build=one.build,
            subdir=one.subdir,
            url=one.url,
            digest=one.digest,
            license=one.license,
        )
        for one in CondaPrefix(environment).packages()
    )
