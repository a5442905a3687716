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
    plan = plan_products(request, environ=console.environ, reporter=reporter)
    if dry_run:
        return _end(console, request, plan, _show_plan(plan), plan.problem)
    report = install_products(request, plan, environ=console.environ, reporter=reporter)
    return _end(console, request, report, _show_report(request, report), report.problem)


def _parse_product(text: str) -> tuple[ProductName, EupsVersion | None]:
    name, at, version = text.partition("@")
    return parse_product_name(name), parse_eups_version(version) if at else None


def _end(
    console: Console,
    request: ProductRequest,
    outcome: InstallPlan | InstallReport,
    human: str,
    problem: ToolkitError | None,
) -> int:
    """Answer; a failure is told, too, in the form that was asked for."""
    data: dict[str, object] = {
        "stack": str(request.stack),
        "tag": None if request.tag is None else request.tag.name,
        "dry_run": not isinstance(outcome, InstallReport),
        **outcome.to_dict(),
    }
    if problem is not None and console.json:
        data["error"] = {"code": int(problem.code), "message": str(problem), "hint": problem.hint}
    console.answer(data, human)
    if problem is None:
        return 0
    if not console.json:
        raise problem
    return int(problem.code)


def _show_plan(plan: InstallPlan) -> str:
    lines = []
    for one in plan.pending:
        size = "" if one.size_bytes is None else f" ({format_bytes(one.size_bytes)})"
        lines.append(f"{one.action.value:<8} {one.product} {one.version}{size}")
    present = len(plan.products) - len(plan.pending)
    lines.append(
        f"{len(plan.pending)} to install, {format_bytes(plan.known_bytes)} to fetch, "
        f"{present} installed already"
    )
    return "\n".join(lines)


def _show_report(request: ProductRequest, report: InstallReport) -> str:
    installed, present = report.count(ProductState.INSTALLED), report.count(ProductState.PRESENT)
    lost = len(report.results) - installed - present
    tagged = sum(bool(result.new_tags) for result in report.results if result.state is ProductState.PRESENT)
    if not installed and not lost and not tagged:
        return f"nothing to do: all {present} products are installed in {request.stack}"
    fetched = format_bytes(sum(result.size_bytes for result in report.results))
    parts = [f"{installed} installed ({fetched})", f"{present} installed already"]
    if tagged:
        parts.append(f"{tagged} of these tagged")
    if lost:
        parts.append(f"{lost} not installed")
    return ", ".join(parts) + f"; stack {request.stack}"
