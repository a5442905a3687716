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
from rubin_releng.adapters.condaprefixes import CondaPrefix
from rubin_releng.images.builder import format_created
from rubin_releng.images.sboms import ListedPackage, make_sbom

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["sbom"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: rubin-releng image sbom --environment env --release w_2026_42.json --output sbom.json"
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
    console: Console, /, environment: Path | None, release: Path | None, name: str, epoch: int, output: Path
) -> None:
    """Write what is in an image, as SPDX 2.3.

    The same content gives the same bytes.
    """
    if environment is None and release is None:
        raise ConfigurationError("there is nothing to list", hint="use `--environment` or `--release`")
    packages = (
        []
        if environment is None
        else [
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
        ]
    )
    document = None if release is None else parse_release(read_bytes(release), source=str(release))
    data = make_sbom(
        name=name,
        created=format_created(epoch),
        creator=f"lsstinstall-{__version__}",
        packages=packages,
        release=document,
    )
    write_atomic(output, data)
    products = 0 if document is None else len(document.products)
    answer = {"output": str(output), "packages": len(packages), "products": products}
    console.answer(answer, f"{output}: {len(packages)} packages and {products} products")
