"""`rubin-releng stack cache`: what is in build caches, and taking out what nobody needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.quantities import format_bytes
from rubin_releng.adapters.buildcaches import list_entries, remove_entries, stray_archives
from rubin_releng.adapters.objectstores import open_object_store
from rubin_releng.commands.building import read_manifest
from rubin_releng.commands.buildplaces import MANIFEST

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.adapters.buildcaches import CacheEntry

__all__ = ["cache"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_GIB = 1 << 30
_URL = click.option("--cache", "url", required=True, help="A folder, s3://... or gs://...")


@click.group()
def cache() -> None:
    """Look at build caches and take out what nobody needs."""


@cache.command("list")
@_URL
@output_options
def list_command(console: Console, url: str) -> None:
    """List the products of a build cache, the newest first.

    Example: rubin-releng stack cache list --cache /data/build-cache
    """
    entries = list_entries(open_object_store(url))
    rows = "".join(map(_row, entries))
    total = format_bytes(sum(one.size_bytes for one in entries))
    human = f"{rows}{len(entries)} products, {total}"
    console.answer({"cache": url, "entries": [_describe(one) for one in entries]}, human)


@cache.command("gc")
@_URL
@click.option("--days", type=click.IntRange(min=0), help="Remove what is older.")
@click.option("--size", "size_gib", type=click.FloatRange(min=0), help="Remove the oldest beyond, in GiB.")
@click.option("--keep", type=_FOLDER, multiple=True, help="Keep what this build directory needs; repeatable.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be removed.")
@output_options
def gc_command(
    console: Console,
    url: str,
    days: int | None,
    size_gib: float | None,
    keep: tuple[Path, ...],
    *,
    dry_run: bool,
) -> None:
    """Remove old products from a build cache, and archives that no entry names.

    Example: rubin-releng stack cache gc --cache /data/build-cache --days 90 --keep build
    """
    store = open_object_store(url)
    entries = list_entries(store)
    wanted = {
        (str(product.name), str(product.version))
        for folder in keep
        for product in read_manifest(folder / MANIFEST).products
    }
    old = [one for one in _too_many(entries, days, size_gib) if (one.product, one.version) not in wanted]
    left = [one for one in entries if one not in old]
    strays = stray_archives(store, left)
    if not dry_run:
        remove_entries(store, old, strays)
    what = "would be removed" if dry_run else "removed"
    rows = "".join(map(_row, old))
    human = f"{rows}{len(old)} of {len(entries)} products {what}, and {len(strays)} archives"
    data = {"cache": url, "removed": [_describe(one) for one in old], "archives": strays, "dry_run": dry_run}
    console.answer(data, human)


def _too_many(entries: tuple[CacheEntry, ...], days: int | None, size_gib: float | None) -> list[CacheEntry]:
    """Choose from the newest to the oldest what is too old, or too much."""
    oldest = None if days is None else (datetime.now(UTC) - timedelta(days=days)).isoformat()
    found = []
    total = 0
    for one in entries:
        total += one.size_bytes
        is_old = oldest is not None and one.created < oldest
        if is_old or (size_gib is not None and total > size_gib * _GIB):
            found.append(one)
    return found


def _row(entry: CacheEntry) -> str:
    size = format_bytes(entry.size_bytes)
    return f"{entry.created[:10]}  {size:>10}  {entry.product:<24} {entry.version}\n"


def _describe(entry: CacheEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__slots__}
