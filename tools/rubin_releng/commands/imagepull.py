"""`rubin-releng image pull`, and what checks an image in a registry."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imagefolders import FOLDER, parse_folder
from rubin_releng.commands.imageinputs import split_layout
from rubin_releng.commands.imageregistries import open_named, parse_tags
from rubin_releng.core.imagereferences import looks_like_reference
from rubin_releng.images.puller import run_pull
from rubin_releng.images.registryimages import open_image

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.registryimages import RegistryStore

__all__ = ["open_anywhere", "open_remote", "pull"]


@click.command(epilog="Example: rubin-releng image pull example.org/lsst/scipipe:al9-w_2026_42 layout")
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.argument("layout", type=FOLDER)
@click.option("--tag", "names", multiple=True, metavar="NAME", help="Name in the layout; repeatable.")
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="Blobs at once.")
@output_options
def pull(console: Console, /, image: str, layout: Path, names: tuple[str, ...], jobs: int) -> None:
    """Take an image of a registry, with all its platforms, into a layout.

    What the layout has is not fetched again.
    """
    source, tag = open_remote(image)
    wanted = parse_tags(names or ((tag,) if tag else ()))
    with hold_lock(layout.parent / f".{layout.name}.lock", purpose="pulling an image there", is_kept=False):
        store = OciLayout.create(layout)
        report = run_pull(source, store=store, tags=wanted, reporter=console.reporter(), jobs=jobs)
    data = {
        "output": os.fspath(layout),
        "digest": report.image.digest,
        "tags": list(wanted),
        "received_bytes": report.received_bytes,
        "fetched": report.fetched,
        "kept": report.kept,
    }
    human = (
        f"{report.image.digest} in {layout}: {report.received_bytes} bytes received,"
        f" {report.fetched} blobs new, {report.kept} were there"
    )
    console.answer(data, human)


def open_remote(text: str) -> tuple[RegistryStore, str | None]:
    """Open an image of a registry.

    Parameters
    ----------
    text : `str`
        Its name, with a tag or a digest.

    Returns
    -------
    store, tag : `tuple` [ `RegistryStore`, `str` or `None` ]
        The image, and the tag in its name.

    Raises
    ------
    ConfigurationError
        Raised if it names a repository only.
    """
    reference, repository = open_named(text, is_written=False)
    if reference.selector is None:
        raise ConfigurationError(f"`{text}` names no image", hint="add `:TAG` or `@DIGEST`")
    return open_image(repository, reference.selector), reference.tag


def open_anywhere(text: str) -> tuple[BlobStore, str | None]:
    """Open an image of a layout or a registry.

    Parameters
    ----------
    text : `str`
        ``LAYOUT``, ``LAYOUT@TAG`` or the name of an image in a registry.

    Returns
    -------
    store, tag : `tuple`
        Where it is, and its name there, if one is needed to find it.
    """
    if looks_like_reference(text) and not parse_folder(text).exists():
        return open_remote(text)[0], None
    folder, tag = split_layout(text)
    return OciLayout.open(folder), tag
