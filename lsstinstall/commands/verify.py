"""``lsstinstall verify``: compare what is installed with its digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.adapters.publishedscripts import PublishedScripts
from lsstinstall.adapters.stackfolders import scratch_folder
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.productwork import ProductRequest, plan_products
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    pick_flavor,
    pick_pkgroots,
    pick_stacks,
    pkgroot_option,
    stack_option,
)
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.install.publishedfiles import FilesAsPublished
from lsstinstall.install.verifier import VerifyReport, verify_products

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.ports import InstalledFiles

__all__ = ["verify"]

_MOST_PATHS = 10


@click.command(short_help="Compare what is installed with its digests.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option(
    "--published",
    is_flag=True,
    help="Compare what EUPS installed with the indexes that releases name.",
)
@stack_option
@pkgroot_option
@flavor_option
@jobs_option
@output_options
def verify(
    console: Console,
    products: tuple[str, ...],
    stack: str | None,
    pkgroot: str | None,
    flavor: str | None,
    jobs: int,
    *,
    published: bool,
) -> int:
    """Compare installed files with what was written down at the installation.

    Changed and missing files are an error (exit code 5), files that were
    added are only told. Of products that EUPS installed nothing was written
    down; with --published they are compared with what the release documents
    of the package roots say, where these have it.

    Example: lsstinstall verify afw --stack ~/stack
    """
    wanted = [parse_product_name(name) for name in products]
    folder = pick_stacks(stack, console.environ)[0]
    opened = Stack.open(folder, flavor=pick_flavor(flavor, console.environ))
    files: InstalledFiles = DiskInstalledFiles(opened)
    if published:
        files = _as_published(files, opened, pkgroot, console)
    report = verify_products(files, only=wanted, jobs=jobs, reporter=console.reporter())
    missing = [name for name in wanted if name not in {one.product for one in report.products}]
    if missing:
        raise NotFoundError(
            f"no `{missing[0]}` is installed in `{folder}`", hint="`lsstinstall list` shows what is"
        )
    return end_with(console, report.to_dict(), _show(report), report.problem)


def _as_published(
    files: InstalledFiles, stack: Stack, pkgroot: str | None, console: Console
) -> FilesAsPublished:
    open_root = root_opener(pick_settings(console.environ, warn=console.reporter().warn), console.environ)
    urls = pick_pkgroots(pkgroot, console.environ, stack=stack.path)

    def plan(product: ProductName, version: EupsVersion) -> PlannedProduct | None:
        request = ProductRequest(
            products=((product, version),),
            tag=None,
            # As if it were installed anew: nothing is ever put there.
            stack=scratch_folder(stack.path, stack.flavor, "nowhere"),
            pkgroots=urls,
            flavor=stack.flavor,
            server_tags=True,
            open_root=open_root,
        )
        planned = plan_products(request, environ=console.environ, reporter=SilentReporter())
        return next((one for one in planned.products if one.product == product), None)

    roots = {url: open_root(url) for url in urls}
    scripts = PublishedScripts(stack, roots)
    return FilesAsPublished(files, plan, roots, scripts=scripts, reporter=console.reporter())


def _show(report: VerifyReport) -> str:
    if not report.products:
        return "nothing is installed"
    lines, cut = [], False
    for one in report.products:
        if one.differences is not None:
            kinds = {"changed": one.differences.changed, "missing": one.differences.missing}
            kinds["extra"] = one.differences.extra
            for kind, paths in kinds.items():
                lines += [f"{kind:<8} {one.place}/{path}" for path in paths[:_MOST_PATHS]]
                if len(paths) > _MOST_PATHS:
                    lines.append(f"{kind:<8} {len(paths) - _MOST_PATHS} more in {one.place}")
                    cut = True
    if cut:
        lines.append("`--json` lists all of them")
    ok = sum(one.is_intact for one in report.products)
    unknown = sum(one.differences is None for one in report.products)
    lines.append(f"{ok} of {len(report.products)} products are as they were installed")
    if unknown:
        lines.append(f"{unknown} cannot be compared: nothing was written down when they were installed")
    return "\n".join(lines)
