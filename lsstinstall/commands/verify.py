"""``lsstinstall verify``: compare what is installed with its digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    pick_flavor,
    pick_stacks,
    stack_option,
)
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.install.verifier import VerifyReport, verify_products

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["verify"]


@click.command(short_help="Compare what is installed with its digests.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@stack_option
@flavor_option
@jobs_option
@output_options
def verify(
    console: Console, products: tuple[str, ...], stack: str | None, flavor: str | None, jobs: int
) -> int:
    """Compare installed files with what was written down at the installation.

    Changed and missing files are an error (exit code 5), files that were
    added are only told. Products that EUPS installed cannot be compared.

    Example: lsstinstall verify afw --stack ~/stack
    """
    wanted = [parse_product_name(name) for name in products]
    folder = pick_stacks(stack, console.environ)[0]
    opened = Stack.open(folder, flavor=pick_flavor(flavor, console.environ))
    report = verify_products(DiskInstalledFiles(opened), only=wanted, jobs=jobs, reporter=console.reporter())
    missing = [name for name in wanted if name not in {one.product for one in report.products}]
    if missing:
        raise NotFoundError(f"no `{missing[0]}` is installed in `{folder}`")
    problem = report.problem
    data = report.to_dict()
    if problem is not None and console.json:
        data["error"] = {"code": int(problem.code), "message": str(problem), "hint": problem.hint}
    console.answer(data, _show(report))
    if problem is None:
        return 0
    if not console.json:
        raise problem
    return int(problem.code)


def _show(report: VerifyReport) -> str:
    lines = []
    for one in report.products:
        if one.differences is not None:
            kinds = {"changed": one.differences.changed, "missing": one.differences.missing}
            kinds["extra"] = one.differences.extra
            lines += [f"{kind:<8} {one.place}/{path}" for kind, paths in kinds.items() for path in paths]
    ok = sum(one.is_intact for one in report.products)
    unknown = sum(one.differences is None for one in report.products)
    lines.append(f"{ok} of {len(report.products)} products are as they were installed")
    if unknown:
        lines.append(f"{unknown} cannot be compared: nothing was written down when they were installed")
    return "\n".join(lines)
