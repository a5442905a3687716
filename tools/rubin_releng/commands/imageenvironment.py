"""`rubin-releng image environment`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import make_directory, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.setupanswers import answer_setup
from lsstinstall.commands.setupoptions import SetupOptions
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.condaactivation import activated_variables
from rubin_releng.commands.imagefolders import FOLDER, need_folder
from rubin_releng.commands.imageplan import inner_path
from rubin_releng.core.launchscripts import moved_environment, write_entry_point, write_launch_environment

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.console import Console

__all__ = ["environment"]

_ENVIRONMENT, _ENTRY_POINT = "environment.sh", "entrypoint.sh"


@click.command(
    epilog="Example: rubin-releng image environment /srv/w --stack stack --product lsst_distrib -t w_2026_42"
)
@click.argument("root", type=FOLDER)
@click.option(
    "--at", default="/opt/lsst/software/stack", show_default=True, help="Where ROOT lies in the image."
)
@click.option(
    "--stack", "stacks", multiple=True, required=True, metavar="PATH", help="EUPS stack below ROOT."
)
@click.option(
    "--environment", "prefix", metavar="PATH", help="Conda environment below ROOT, which is activated."
)
@click.option("--product", "products", multiple=True, required=True, help="Product to set up; repeatable.")
@click.option("--tag", "-t", "tags", multiple=True, metavar="TAG", help="Look for this tag first.")
@click.option("--flavor", "-f", metavar="F", help="EUPS flavor.  [default: that of this machine]")
@click.option(
    "--output",
    default=".image",
    show_default=True,
    metavar="PATH",
    help="Folder below ROOT for `environment.sh` and `entrypoint.sh`.",
)
@output_options
def environment(
    console: Console,
    /,
    root: Path,
    at: str,
    stacks: tuple[str, ...],
    prefix: str | None,
    products: tuple[str, ...],
    tags: tuple[str, ...],
    flavor: str | None,
    output: str,
) -> None:
    """Set products up once, for all containers of an image.

    The result is a shell script that sets variables and starts no program.
    """
    if not at.startswith("/"):
        raise ConfigurationError(f"`{at}` is no place in an image", hint="give an absolute path")
    base = need_folder(root).resolve()
    folders = [os.fspath(base / inner_path(stack)) for stack in stacks]
    variables = {} if prefix is None else activated_variables(base / inner_path(prefix))
    variables["EUPS_PATH"] = ":".join(folders)
    for product in products:
        # Nothing of who runs this command may get into the image.
        options = SetupOptions(
            words=(product,), stack=":".join(folders), flavor=flavor, tags=tags, as_json=True
        )
        changes = answer_setup(options, variables, manifests={}).changes
        for warning in changes.warnings:
            console.stderr.write(f"warning: {warning}\n")
        variables = changes.applied_to(variables)
    placed = moved_environment(variables, root=os.fspath(base), at=at)
    inner = inner_path(output)
    target = base / inner
    make_directory(target)
    write_atomic(target / _ENVIRONMENT, write_launch_environment(placed), mode=0o644)
    entry_point = write_entry_point(f"{at.rstrip('/')}/{inner}/{_ENVIRONMENT}")
    write_atomic(target / _ENTRY_POINT, entry_point, mode=0o755)
    data = {
        "output": os.fspath(target),
        "variables": len(placed),
        "entry_point": f"{at.rstrip('/')}/{inner}/{_ENTRY_POINT}",
    }
    console.answer(data, f"{len(placed)} variables in {target}; the entry point is {data['entry_point']}")
