"""`rubin-releng stack status`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.locks import read_holder
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from rubin_releng.adapters.workshops import is_installed, log_path
from rubin_releng.commands.building import open_journal, read_manifest
from rubin_releng.commands.buildplaces import MANIFEST, build_lock
from rubin_releng.stack.journals import JournalEvent, histories

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """Say which products of the prepared manifest are installed, which failed, and what to do next.

    Blocked is what needs something that failed; unfinished was begun by a
    run that did not come to its end.

    Example: rubin-releng stack status --build-dir build --stack stack
    """
    manifest = read_manifest(build_dir / MANIFEST)
    installed = Stack(stack.absolute(), flavor=pick_flavor(flavor, os.environ))
    known = histories(open_journal(stack).entries())
    products = []
    states: dict[str, str] = {}
    for product in manifest.products:
        history = known.get((product.name, product.version))
        states[product.name] = _state(product, installed, history, states)
        products.append(_describe(product, states[product.name], history, build_dir))
    counts = Counter(states.values())
    advice = _advice(counts, running=read_holder(build_lock(build_dir)) is not None)
    rows = "".join(f"{one['state']:<10} {one['name']:<24} {one['version']}\n" for one in products)
    done = f"build {manifest.build}: {counts['installed']} of {len(products)} products are installed"
    human = f"{rows}{done}\n{advice}"
    data = {"build": manifest.build, "products": products, "counts": dict(counts), "next": advice}
    console.answer(data, human)


def _state(product: ManifestProduct, stack: Stack, history: History | None, below: Mapping[str, str]) -> str:
    if is_installed(stack, product):
        return "installed"
    if history is not None:
        return "failed" if history.last.event is JournalEvent.FAILED else "unfinished"
    # Manifests list products after what they need.
    is_blocked = any(below[need] in {"failed", "blocked"} for need in product.dependencies)
    return "blocked" if is_blocked else "absent"


def _advice(counts: Mapping[str, int], *, running: bool) -> str:
    if running:
        return "a build is running"
    if counts.get("failed"):
        return "look at the logs of what failed, then run `rubin-releng stack build` again"
    if sum(counts.values()) > counts.get("installed", 0):
        return "run `rubin-releng stack build` to build the others"
    return "all is built: `rubin-releng stack publish` is next"


def _describe(
    product: ManifestProduct, state: str, history: History | None, build_dir: Path
) -> dict[str, object]:
    log = log_path(build_dir, product.name)
    done = None if history is None else history.done
    return {
        "name": product.name,
        "version": product.version,
        "state": state,
        "seconds": None if done is None else done.seconds,
        "cpu_seconds": None if done is None else done.cpu_seconds,
        "peak_bytes": None if done is None else done.peak_bytes,
        "log": str(log) if log.exists() else None,
    }
