"""``lsstinstall add``: install products of a tag into a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.productstores import DiskProductStore
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    pick_flavor,
    pick_pkgroots,
    pick_stacks,
    pkgroot_option,
    stack_option,
)
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.productplans import InstallReport, ProductState
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.remaps import RemapRule, parse_remap
from lsstinstall.core.tags import parse_tag
from lsstinstall.core.versions import parse_eups_version
from lsstinstall.install.packageroots import (
    FoundManifest,
    PackageRoot,
    find_digests,
    find_manifest,
    find_tagged,
)
from lsstinstall.install.productinstaller import run_install
from lsstinstall.install.productoffers import collect_tags, find_offers
from lsstinstall.install.productplanner import NeededProduct, needed_products, plan_install

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.productplans import InstallPlan
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import EupsTag
    from lsstinstall.core.versions import EupsVersion

__all__ = ["ProductRequest", "add", "install_products", "plan_products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRequest:
    """What products to install, from where, and where to.

    Parameters
    ----------
    products : `tuple` [ `tuple` [ `ProductName`, `EupsVersion` or `None` ], ... ]
        A version of `None` is that of the tag.
    tag : `EupsTag` or `None`
        The tag.
    stack : `~pathlib.Path`
        Folder to install into; made if it is missing.
    pkgroots : `tuple` [ `str`, ... ]
        Package roots, the best first.
    flavor : `Flavor`
        Flavor to install for.
    server_tags : `bool`
        Whether all tags of the servers are set, as EUPS does, or only the one
        that was asked for.
    jobs : `int`
        How much to do at a time.
    """

    products: tuple[tuple[ProductName, EupsVersion | None], ...]
    tag: EupsTag | None
    stack: Path
    pkgroots: tuple[str, ...]
    flavor: Flavor
    server_tags: bool = True
    jobs: int = 4


def plan_products(request: ProductRequest, *, environ: Mapping[str, str], reporter: Reporter) -> InstallPlan:
    """Find out what an installation would do; nothing is changed.

    Parameters
    ----------
    request : `ProductRequest`
        What is wanted.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``PATH``, on which ``eups`` is looked for.
    reporter : `Reporter`
        Hears of what cannot be read.

    Returns
    -------
    plan : `InstallPlan`
        To be shown, or given to `install_products`.
    """
    roots = [PackageRoot(open_pkgroot(url), flavor=request.flavor) for url in request.pkgroots]
    stack = Stack(request.stack, flavor=request.flavor)
    found = [_find(roots, product, version, request.tag) for product, version in request.products]
    needed = needed_products(
        (one.manifest for one in found), _read_remap(request.stack), flavor=request.flavor
    )
    installed = {one.product for one in needed if _is_installed(stack, one)}
    digests = (
        {} if request.tag is None else find_digests(request.pkgroots, request.tag, open_root=open_pkgroot)
    )
    wanted = [(one.product, one.version) for one in needed if one.product not in installed and not one.dummy]
    offers = find_offers(wanted, roots, flavor=request.flavor, digests=digests, jobs=request.jobs)
    tags = collect_tags(
        roots, tag=request.tag, every=request.server_tags, jobs=request.jobs, reporter=reporter
    )
    return plan_install(
        needed,
        offers,
        installed=installed,
        tags=tags,
        flavor=request.flavor,
        can_build=_find_eups(request, environ) is not None,
    )


def _find(
    roots: Sequence[PackageRoot], product: ProductName, version: EupsVersion | None, tag: EupsTag | None
) -> FoundManifest:
    if version is not None:
        found = find_manifest(roots, product, version)
        if found is None:
            where = " or ".join(f"<{root.url}>" for root in roots)
            raise NotFoundError(f"no `{product}` {version} at {where}")
        return found
    if tag is None:
        raise ConfigurationError(
            f"which version of `{product}` is not said", hint=f"add `-t TAG`, or write `{product}@VERSION`"
        )
    return find_tagged(roots, product, tag)


def _is_installed(stack: Stack, needed: NeededProduct) -> bool:
    """Say whether a product is declared, and its folder is still there."""
    known = stack.find_for(needed.product, needed.version, stack.flavor)
    return known is not None and (known.directory is None or (stack.path / known.directory).is_dir())


def _read_remap(stack: Path) -> tuple[RemapRule, ...]:
    path = stack / "site" / "manifest.remap"
    try:
        return parse_remap(read_text(path), source=str(path))
    except NotFoundError:
        return ()


def _find_eups(request: ProductRequest, environ: Mapping[str, str]) -> EupsCommand | None:
    return EupsCommand.find(
        stack=request.stack, flavor=request.flavor, pkgroots=request.pkgroots, environ=environ
    )


def install_products(
    request: ProductRequest, plan: InstallPlan, *, environ: Mapping[str, str], reporter: Reporter
) -> InstallReport:
    """Install what a plan says.

    Parameters
    ----------
    request : `ProductRequest`
        What the plan was made for.
    plan : `InstallPlan`
        What to do.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        In which ``eups`` builds source packages.
    reporter : `Reporter`
        Hears of each product.

    Returns
    -------
    report : `InstallReport`
        What became of each product; failures are in it.

    Raises
    ------
    InterruptedWorkError
        Raised if the user interrupted.
    RefusedError
        Raised if someone else writes to the stack, or we may not.
    """
    if plan.unverifiable:
        count = len(plan.unverifiable)
        reporter.warn(
            f"{count} package{'s' if count > 1 else ''} cannot be verified: "
            "no release document names the digest",
            hint="only the archives' own checksums are compared",
        )
    stack = Stack.create(request.stack, flavor=request.flavor)
    return run_install(
        plan,
        roots={url: open_pkgroot(url) for url in request.pkgroots},
        store=DiskProductStore(stack, reporter=reporter),
        builder=_find_eups(request, environ),
        jobs=request.jobs,
        reporter=reporter,
    )


@click.command(short_help="Install products of a tag into a stack.")
@click.argument("products", metavar="PRODUCT[@VERSION]...", nargs=-1, required=True)
@click.option("--tag", "-t", "tag_name", metavar="TAG", help="Tag that fixes the versions, `w_2026_10`.")
@stack_option
@pkgroot_option
@flavor_option
@jobs_option
@click.option(
    "--no-server-tags", "-U", is_flag=True, help="Set only TAG, not all tags of the servers that fit."
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
    *,
    no_server_tags: bool,
    dry_run: bool,
) -> int:
    """Install products and all they need, as `eups distrib install` does.

    Packages are fetched and unpacked side by side, verified where a release
    document names their digests, and declared in EUPS's own database. What is
    installed already is left alone; after an interruption the same command
    goes on.

    Example: lsstinstall add -t w_2026_10 lsst_distrib --stack ~/stack
    """
    folder = pick_stacks(stack, console.environ)[0]
    request = ProductRequest(
        products=tuple(_parse_product(text) for text in products),
        tag=None if tag_name is None else parse_tag(tag_name),
        stack=folder,
        pkgroots=pick_pkgroots(pkgroot, console.environ, stack=folder),
        flavor=pick_flavor(flavor, console.environ),
        server_tags=not no_server_tags,
        jobs=jobs,
    )
    reporter = console.reporter()
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
