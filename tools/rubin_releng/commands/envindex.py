"""`rubin-releng env index`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.condachannels import LocalChannel

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["index"]


@click.command()
@click.argument("channel", type=click.Path(file_okay=False, path_type=Path))
@output_options
def index(console: Console, channel: Path) -> None:
    """Write the index of a local CHANNEL anew, for all its platforms.

    The plain, compressed and sharded indexes are all written, so that no
    program reads a stale one.

    Example: rubin-releng env index channel
    """
    if not channel.is_dir():
        raise NotFoundError(f"there is no folder `{channel}`")
    local = LocalChannel(channel)
    local.index()
    console.answer({"channel": local.uri}, f"indexed <{local.uri}>")
