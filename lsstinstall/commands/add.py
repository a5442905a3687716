"""``lsstinstall add``: install products of a tag into a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    link_option,
    lock_timeout_option,
    offline_option,
    pkgroot_option,
    stack_option,
)

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["add"]


@click.command(short_help="Install products of a tag into a stack.")
@click.argument("products", metavar="PRODUCT[@VERSION]...", nargs=-1, required=True)
@click.option("--tag", "-t", "tag_name", metavar="TAG", help="Tag that fixes the versions, `w_2026_10`.")
@stack_option
@pkgroot_option
@flavor_option
@jobs_option
@lock_timeout_option
@link_option
@offline_option
@click.option(
    "--no-server-tags", "-U", is_flag=True, help="Set only TAG, not all tags of the servers that fit."
)
@click.option(
    "--current-all", "-C", is_flag=True, help="Set what the servers call `current`, too, among their tags."
)
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be done, and change nothing.")
@output_options
def add(console: Console, /, **options: Any) -> int:
    """Install products and all they need, as `eups distrib install` does.

    Packages are fetched and unpacked side by side, verified where a release
    document names their digests, and declared in EUPS's own database. What is
    installed already, in this stack or another one of EUPS_PATH, is left alone;
    after an interruption the same command goes on.

    Example: lsstinstall add -t w_2026_10 lsst_distrib --stack ~/stack
    """
    # Imported here: `--help` should answer at once.
    from lsstinstall.commands.adding import AddOptions, add_products  # noqa: PLC0415

    return add_products(console, AddOptions(**options))
