"""`rubin-releng image build`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.commands.imageanswers import answer_built, answer_listed
from rubin_releng.commands.imageengine import build_by_engine, engine_options, take_engine
from rubin_releng.commands.imageinputs import FOLDER, find_base, make_plan
from rubin_releng.commands.imageoptions import ImageOptions, image_options
from rubin_releng.commands.imageplatforms import (
    build_platforms,
    named_images,
    platform_options,
    split_platforms,
    take_platforms,
)
from rubin_releng.commands.imageprovenance import note_build, provenance_options, take_notes, write_build
from rubin_releng.commands.imagepull import open_anywhere

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from lsstinstall.adapters.console import Console
    from rubin_releng.images.ports import Codec

__all__ = ["build"]


@click.command(epilog="Example: rubin-releng image build --tree env:/opt/lsst/conda --output layout")
@click.option("--output", required=True, type=FOLDER, help="Layout to write the image into.")
@click.option(
    "--compression", type=click.Choice(["zstd", "gzip"]), default="zstd", show_default=True, help="Of layers."
)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Layers at once.")
@click.option(
    "--previous",
    multiple=True,
    metavar="LAYOUT|SERVER/REPOSITORY:TAG",
    help="Earlier image, whose layers are taken where nothing changed; repeatable.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Tell what would be written.")
@engine_options
@platform_options
@provenance_options
@image_options
@output_options
def build(
    console: Console,
    /,
    output: Path,
    compression: str,
    jobs: int,
    previous: tuple[str, ...],
    *,
    dry_run: bool,
    **values: Any,
) -> None:
    """Build an image from folders, one layer each, or from a plan.

    The same folders give the same bytes, with any number of jobs, in any time
    zone, for any user. Several platforms become one index, written when all of
    them are built. With `--engine` another program writes it, with the
    same content, labels and name; that is how a Containerfile is built.
    """
    engine, platforms, notes = take_engine(values), take_platforms(values), take_notes(values)
    options = split_platforms(ImageOptions(**values), platforms)
    if engine.name is not None:
        if platforms.has_single:
            raise ConfigurationError(
                "an engine gives no single names", hint="`rubin-releng image index --single` does"
            )
        build_by_engine(console, options, engine, output, dry_run=dry_run, notes=notes)
        return
    plans = [make_plan(one, output=output, environ=console.environ) for one in options]
    _warn_of_time(console, options)
    if dry_run:
        answer_listed(console, plans)
        return
    codec: Codec = GzipCodec() if compression == "gzip" else ZstdCodec()
    earlier = [open_anywhere(one)[0] for one in previous]
    plans = [find_base(plan, one) for plan, one in zip(plans, options, strict=True)]
    with hold_lock(output.parent / f".{output.name}.lock", purpose="building an image there", is_kept=False):
        joined, built = build_platforms(
            plans,
            output,
            codec=codec,
            reporter=console.reporter(),
            jobs=jobs,
            earlier=earlier,
            has_single=platforms.has_single,
        )
        facts = note_build(
            options,
            plans,
            built,
            notes=notes,
            builder="native",
            versions={"compressor": codec.description},
            environ=console.environ,
        )
        provenance = write_build(output, facts, named_images(plans, built, joined), notes=notes)
    index = None if joined is None else joined.index.digest
    answer_built(console, plans, built, output, index=index, provenance=provenance)


def _warn_of_time(console: Console, options: Iterable[ImageOptions]) -> None:
    """Tell who makes the image of a release, and says not of when."""
    if any(one.release is not None and one.epoch == 0 for one in options):
        console.reporter().warn(
            "the image of the release will say that it is of 1970, and so will its files",
            hint="give `--epoch` the time of the release",
        )
