"""What ``lsstinstall add`` does: plan, show, install, and say what to type next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.commands.diskneeds import product_need, warn_of_full_disks
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.productsearch import pick_tag
from lsstinstall.commands.productwords import plan_lines, plan_rows, report_lines, use_lines
from lsstinstall.commands.productwork import ProductRequest, install_products, plan_products
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import pick_flavor, pick_pkgroots, pick_target
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.productplans import InstallPlan, InstallReport, ProductState
from lsstinstall.core.versions import parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion

__all__ = ["AddOptions", "add_products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """Values of the options, as click reads them.

    Parameters
    ----------
    products : `tuple` [ `str`, ... ]
        Each ``PRODUCT`` or ``PRODUCT@VERSION``.
    tag_name, stack, pkgroot, flavor, link : `str` or `None`
        `None` if not given.
    jobs : `int`
        How much to do at a time.
    lock_timeout : `float` or `None`
        Seconds to wait for others; `None` waits for ever.
    no_server_tags, current_all, offline, dry_run : `bool`
        Whether they were given.
    """

    products: tuple[str, ...]
    tag_name: str | None
    stack: str | None
    pkgroot: str | None
    flavor: str | None
    link: str | None
    jobs: int
    lock_timeout: float | None
    no_server_tags: bool
    current_all: bool
    offline: bool
    dry_run: bool


def add_products(console: Console, options: AddOptions) -> int:
    """Install products.

    Parameters
    ----------
    console : `Console`
        Hears of everything.
    options : `AddOptions`
        What is wanted.

    Returns
    -------
    code : `int`
        Exit code.
    """
    began = time.monotonic()
    reporter = console.reporter()
    request = _request(options, console.environ, reporter)
    if options.no_server_tags and options.tag_name is None:
        reporter.warn("without `-t` all tags of the servers are set, with `-U`, too, as EUPS does")
    reporter.begin("finding products", None)
    plan = plan_products(request, environ=console.environ, reporter=reporter)
    reporter.end()
    warn_of_full_disks([product_need(plan, stack=request.stack)], reporter)
    if options.dry_run:
        human = "\n".join([*plan_rows(plan), *plan_lines(plan)])
        return end_with(console, _data(request, plan, dry_run=True), human, plan.problem)
    console.tell("plan", _data(request, plan, dry_run=False))
    if plan.pending:
        for line in plan_lines(plan):
            reporter.note(line)
    report = install_products(request, plan, environ=console.environ, reporter=reporter)
    lines = list(report_lines(report, stack=request.stack, seconds=time.monotonic() - began))
    if report.problem is None and report.count(ProductState.INSTALLED):
        setup = _setup_command(request, report)
        lines += ["", *use_lines(setup, stack=request.stack, environ=console.environ)]
    return end_with(console, _data(request, report, dry_run=False), "\n".join(lines), report.problem)


def _request(options: AddOptions, environ: Mapping[str, str], reporter: Reporter) -> ProductRequest:
    settings = pick_settings(environ, warn=reporter.warn, offline=options.offline, link=options.link)
    open_root = root_opener(settings, environ)
    stack, others = pick_target(options.stack, environ)
    pkgroots = pick_pkgroots(options.pkgroot, environ, stack=stack, others=others)
    flavor = pick_flavor(options.flavor, environ)
    tag = options.tag_name
    return ProductRequest(
        products=tuple(_parse_product(text) for text in options.products),
        tag=None if tag is None else pick_tag(tag, pkgroots, flavor=flavor, open_root=open_root),
        stack=stack,
        pkgroots=pkgroots,
        flavor=flavor,
        # EUPS takes `-U` as "only the tag", and without a tag as nothing.
        server_tags=not options.no_server_tags or tag is None,
        current=options.current_all,
        jobs=options.jobs,
        lock_timeout=options.lock_timeout,
        others=others,
        link=settings.link,
        open_root=open_root,
    )


def _parse_product(text: str) -> tuple[ProductName, EupsVersion | None]:
    name, at, version = text.partition("@")
    return parse_product_name(name), parse_eups_version(version) if at else None


def _data(
    request: ProductRequest, outcome: InstallPlan | InstallReport, *, dry_run: bool
) -> dict[str, object]:
    return {
        "stack": str(request.stack),
        "tag": None if request.tag is None else request.tag.name,
        "dry_run": dry_run,
        **outcome.to_dict(),
    }


def _setup_command(request: ProductRequest, report: InstallReport) -> str:
    """Write what sets up the product that was named last."""
    product, _ = request.products[-1]
    if request.tag is not None:
        return f"setup {product} -t {request.tag}"
    version = next((one.version for one in report.results if one.product == product), "")
    return f"setup {product} {version}".rstrip()
