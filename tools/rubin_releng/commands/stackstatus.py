"""`rubin-releng stack status`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from rubin_releng.commands.building import open_journal, read_manifest
from rubin_releng.commands.preparing import MANIFEST
from rubin_releng.stack.journals import JournalEvent, histories

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.buildmanifests import ManifestProduct
    from rubin_releng.stack.journals import History

__all__ = ["status"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--build-dir", type=_FOLDER, required=True, help="Folder that `stack prepare` filled.")
@click.option("--stack", type=_FOLDER, required=True, help="Stack that `stack build` installs into.")
@click.option("--flavor", help="EUPS flavor [default: this machine's].")
@output_options
def status(console: Console, build_dir: Path, stack: Path, flavor: str | None) -> None:
    """Say which products of the prepared manifest are installed, and which failed.

    Example: rubin-releng stack status --build-dir build --stack stack
    """
    manifest = read_manifest(build_dir / MANIFEST)
    installed = Stack(stack.absolute(), flavor=pick_flavor(flavor, os.environ))
    known = histories(open_journal(stack).entries())
    products = [
        _describe(product, installed, known.get((product.name, product.version)))
        for product in manifest.products
    ]
    done = sum(product["state"] == "installed" for product in products)
    rows = "".join(f"{one['state']:<10} {one['name']:<24} {one['version']}\n" for one in products)
    human = f"{rows}build {manifest.build}: {done} of {len(products)} products are installed"
    console.answer({"build": manifest.build, "products": products}, human)


def _describe(product: ManifestProduct, stack: Stack, history: History | None) -> dict[str, object]:
    if stack.find(product.name, product.version) is not None:
        state = "installed"
    elif history is None:
        state = "absent"
    else:
        state = "failed" if history.last.event is JournalEvent.FAILED else "unfinished"
    return {
        "name": product.name,
        "version": product.version,
        "state": state,
        "seconds": None if history is None or history.done is None else history.done.seconds,
    }
