"""`rubin-releng server index`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.objectstores import FolderObjects, open_object_store
from rubin_releng.adapters.packagestores import PackageRoot
from rubin_releng.stack.publishplans import Change
from rubin_releng.stack.serverindexes import write_index

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["index"]


@click.command()
@click.argument("folder", metavar="URL")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be written.")
@output_options
def index(console: Console, folder: str, *, dry_run: bool) -> None:
    """Write an index.json into a package root and each folder below that holds files.

    URL is the path of a folder, or a URL that begins with s3:// or gs://.

    EUPS and lsstinstall read it instead of the HTML that a web server makes
    of a folder. Right ones are left alone; hidden files are not listed.

    Example: rubin-releng server index /srv/stack
    """
    objects = open_object_store(folder)
    if isinstance(objects, FolderObjects) and not objects.root.is_dir():
        raise NotFoundError(f"there is no folder `{folder}`")
    store = PackageRoot(objects)
    changes = {name: write_index(name, store, dry_run=dry_run) for name in store.folders()}
    changed = [name for name, change in changes.items() if change is not Change.KEEP]
    data = {"folders": [{"path": name, "change": change.value} for name, change in changes.items()]}
    verb = "would be written" if dry_run else "written"
    rows = "".join(f"{changes[name].value:<5} {name}/index.json\n" for name in changed)
    console.answer(data, f"{rows}{len(changed)} of {len(changes)} indexes {verb}")
