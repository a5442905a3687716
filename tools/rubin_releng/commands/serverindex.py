"""`rubin-releng server index`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.packagestores import PackageFolder
from rubin_releng.stack.publisher import Change, write_index

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["index"]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be written.")
@output_options
def index(console: Console, folder: Path, *, dry_run: bool) -> None:
    """Write an index.json into FOLDER and each folder below that holds files.

    EUPS and lsstinstall read it instead of the HTML that a web server makes
    of a folder. Right ones are left alone; hidden files are not listed.

    Example: rubin-releng server index /srv/stack
    """
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder `{folder}`")
    store = PackageFolder(folder)
    changes = {name: write_index(name, store, dry_run=dry_run) for name in store.folders()}
    changed = [name for name, change in changes.items() if change is not Change.KEEP]
    data = {"folders": [{"path": name, "change": change.value} for name, change in changes.items()]}
    verb = "would be written" if dry_run else "written"
    rows = "".join(f"{changes[name].value:<5} {name}/index.json\n" for name in changed)
    console.answer(data, f"{rows}{len(changed)} of {len(changes)} indexes {verb}")
