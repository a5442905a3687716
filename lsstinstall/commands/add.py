"""``lsstinstall add``: install products of a tag into a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.productwork import ProductRequest, install_products, pick_tag, plan_products
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    lock_timeout_option,
    offline_option,
    pick_flavor,
    pick_pkgroots,
    pick_target,
    pkgroot_option,
    stack_option,
)
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.productplans import InstallReport, ProductState
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.versions import parse_eups_version

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import InstallPlan
    from lsstinstall.core.versions import EupsVersion

__all__ = ["ProductRequest", "add", "install_products", "plan_products"]


@click.command(short_help="Install products of a tag into a stack.")
@click.argument("products", metavar="PRODUCT[@VERSION]...", nargs=-1, required=True)
@click.option("--tag", "-t", "tag_name", metavar="TAG", help="Tag that fixes the versions, `w_2026_10`.")
@stack_option
@pkgroot_option
@flavor_option
@jobs_option
@lock_timeout_option
@offline_option
@click.option(
    "--no-server-tags", "-U", is_flag=True, help="Set only TAG, not all tags of the servers that fit."
)
@click.option(
    "--current-all", "-C", is_flag=True, help="Set what the servers call `current`, too, among their tags."
)
@click.option("--dry-run", is_flag=True, help="Print what would be done, and change nothing.")
@output_options
def add(
    console: Console,
    products: tuple[str, ...],
    tag_name: str | None,
    stack: str | None,
    pkgroot: str | None,
    flavor: str | None,
    jobs: int,
    lock_timeout: float | None,
    *,
    no_server_tags: bool,
    current_all: bool,
    offline: bool,
    dry_run: bool,
) -> int:
    """Install products and all they need, as `eups distrib install` does.

    Packages are fetched and unpacked side by side, verified where a release
    document names their digests, and declared in EUPS's own database. What is
    installed already, in this stack or another one of EUPS_PATH, is left alone;
    after an interruption the same command goes on.

    Example: lsstinstall add -t w_2026_10 lsst_distrib --stack ~/stack
    """
    open_root = root_opener(pick_settings(console.environ, offline=offline))
    folder, others = pick_target(stack, console.environ)
    pkgroots = pick_pkgroots(pkgroot, console.environ, stack=folder, others=others)
    chosen = pick_flavor(flavor, console.environ)
    request = ProductRequest(
        products=tuple(_parse_product(text) for text in products),
        tag=None if tag_name is None else pick_tag(tag_name, pkgroots, flavor=chosen, open_root=open_root),
        stack=folder,
        pkgroots=pkgroots,
        flavor=chosen,
        server_tags=not no_server_tags,
        current=current_all,
        jobs=jobs,
        lock_timeout=lock_timeout,
        others=others,
        open_root=open_root,
    )
    reporter = console.reporter()
    if no_server_tags and tag_name is None:
        reporter.warn("without `-t` all tags of the servers are set, with `-U`, too, as EUPS does")
    began = time.monotonic()
    reporter.begin("finding products", None)
    plan = plan_products(request, environ=console.environ, reporter=reporter)
    reporter.end()
    if dry_run:
        human = "\n".join([*plan_rows(plan), *plan_lines(plan)])
        return end_with(console, _data(request, plan), human, plan.problem)
    console.tell("plan", _data(request, plan))
    if plan.pending:
        for line in plan_lines(plan):
            reporter.note(line)
    report = install_products(request, plan, environ=console.environ, reporter=reporter)
    lines = [report_line(report, stack=request.stack, seconds=time.monotonic() - began)]
    if report.problem is None and report.count(ProductState.INSTALLED):
        lines += ["", *use_lines(_setup_command(request, report), stack=folder, environ=console.environ)]
    return end_with(console, _data(request, report), "\n".join(lines), report.problem)


def _parse_product(text: str) -> tuple[ProductName, EupsVersion | None]:
    name, at, version = text.partition("@")
    return parse_product_name(name), parse_eups_version(version) if at else None


def _data(request: ProductRequest, outcome: InstallPlan | InstallReport) -> dict[str, object]:
    return {
        "stack": str(request.stack),
        "tag": None if request.tag is None else request.tag.name,
        "dry_run": isinstance(outcome, InstallPlan),
        **outcome.to_dict(),
    }


def _setup_command(request: ProductRequest, report: InstallReport) -> str:
    """Write what sets up the product that was named last."""
    product, _ = request.products[-1]
    if request.tag is not None:
        return f"setup {product} -t {request.tag}"
    version = next((one.version for one in report.results if one.product == product), "")
    return f"setup {product} {version}".rstrip()
