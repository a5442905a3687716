"""``lsstinstall [classic options] [PRODUCT ...]``: environment, stack, load scripts, products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.installoptions import classic_options
from lsstinstall.commands.stackoptions import jobs_option, link_option, lock_timeout_option, offline_option

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["install"]


@click.command(short_help="Install the environment and products.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@classic_options
@jobs_option
@lock_timeout_option
@link_option
@offline_option
@output_options
def install(console: Console, /, products: tuple[str, ...], *, dry_run: bool, **options: Any) -> int:
    """Install the Rubin software environment, and products if some are named.

    The conda environment is made in ./conda (or in the conda that is active),
    with a stack in it, and ./loadLSST.sh and its like to use both. What is
    there and complete is left alone; what was interrupted is repaired.

    Example: lsstinstall -T w_2026_42 lsst_distrib
    """
    # Imported here: it loads rattler, and `--help` should answer at once.
    from lsstinstall.commands.installing import install_all  # noqa: PLC0415
    from lsstinstall.commands.installrequests import InstallOptions  # noqa: PLC0415

    return install_all(console, products, InstallOptions(**options), dry_run=dry_run)
