"""``lsstinstall list``: what is installed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.diskusage import used_bytes
from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.columns import format_columns
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import flavor_option, pick_flavor, pick_stacks, stack_option
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.quantities import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.setups import InstalledProduct

__all__ = ["list_products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    product: str
    version: str
    flavor: str
    tags: tuple[str, ...]
    directory: str | None
    stack: str


@click.command(name="list", short_help="List what is installed.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option("--tag", "-t", metavar="TAG", help="Only what carries this tag.")
@click.option("--sizes", is_flag=True, help="Tell how much of the disk each takes.")
@stack_option
@flavor_option
@output_options
def list_products(
    console: Console,
    products: tuple[str, ...],
    tag: str | None,
    stack: str | None,
    flavor: str | None,
    *,
    sizes: bool,
) -> None:
    """List installed products with their versions and tags.

    Several stacks are separated by a colon and listed in this order.

    Example: lsstinstall list --stack ~/stack -t current
    """
    wanted = [parse_product_name(name) for name in products]
    kind = pick_flavor(flavor, console.environ)
    rows = [
        row
        for folder in pick_stacks(stack, console.environ)
        for row in _rows(Stack.open(folder, flavor=kind))
        if (not wanted or row.product in wanted) and (tag is None or tag in row.tags)
    ]
    missing = [name for name in wanted if name not in {row.product for row in rows}]
    if missing:
        carried = "" if tag is None else f" with the tag `{tag}`"
        raise NotFoundError(
            f"no `{missing[0]}`{carried} is installed", hint="`lsstinstall list` shows what is"
        )
    taken = [_size(row) for row in rows] if sizes else []
    data = [asdict(row) for row in rows]
    if sizes:
        data = [{**row, "bytes": size} for row, size in zip(data, taken, strict=True)]
    nothing = "nothing is installed" if tag is None else f"nothing with the tag `{tag}` is installed"
    console.answer({"products": data}, _show(rows, taken) if rows else nothing)


def _size(row: _Row) -> int:
    return 0 if row.directory is None else used_bytes(Path(row.directory))


def _show(rows: Sequence[_Row], taken: Sequence[int]) -> str:
    shown: list[tuple[object, ...]] = [(row.product, row.version, " ".join(row.tags)) for row in rows]
    if not taken:
        return format_columns(("product", "version", "tags"), shown)
    sized = [
        (product, version, format_bytes(size), tags)
        for (product, version, tags), size in zip(shown, taken, strict=True)
    ]
    table = format_columns(("product", "version", "size", "tags"), sized)
    return f"{table}{len(rows)} listed, {format_bytes(sum(taken))}"


def _rows(stack: Stack) -> Iterator[_Row]:
    for product in stack.products():
        found = (stack.find(product, version) for version in stack.versions(product))
        for one in found:
            if one is not None:
                yield _row(stack, one)


def _row(stack: Stack, one: InstalledProduct) -> _Row:
    return _Row(
        product=one.name,
        version=one.version,
        flavor=one.flavor,
        tags=stack.tags(one.name, one.version),
        directory=one.directory,
        stack=one.stack,
    )
