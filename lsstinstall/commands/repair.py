"""``lsstinstall repair``: give products back the files that were changed or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.productwork import ProductRequest
from lsstinstall.commands.repairing import PackageCopies
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import (
    flavor_option,
    jobs_option,
    lock_timeout_option,
    pick_flavor,
    pick_pkgroots,
    pick_stacks,
    pkgroot_option,
    stack_option,
)
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.stackgraphs import ProductVersion
from lsstinstall.install.repairer import Damage, RepairReport, find_damage, run_repair
from lsstinstall.install.verifier import verify_products

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter

__all__ = ["repair"]


@click.command(short_help="Restore changed and missing files of products.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be done, and change nothing.")
@stack_option
@pkgroot_option
@flavor_option
@jobs_option
@lock_timeout_option
@output_options
def repair(
    console: Console,
    products: tuple[str, ...],
    stack: str | None,
    pkgroot: str | None,
    flavor: str | None,
    jobs: int,
    lock_timeout: float | None,
    *,
    dry_run: bool,
) -> int:
    """Restore files of installed products from their packages.

    Products that `verify` finds changed are fetched again, and their changed
    and missing files put back; what was in their places is kept in
    `.lsstinstall/replaced`, added files stay. A product that is named is
    compared with its package, even if nothing was written down about it.

    Example: lsstinstall repair --stack ~/stack
    """
    wanted = [parse_product_name(name) for name in products]
    folder = pick_stacks(stack, console.environ)[0]
    opened = Stack.open(folder, flavor=pick_flavor(flavor, console.environ))
    reporter = console.reporter()
    if dry_run:
        damages = _find(opened, wanted, jobs, reporter)
        data = {"stack": str(folder), "dry_run": True, "products": [one.to_dict() for one in damages]}
        return end_with(console, data, _show_damages(damages), None)
    with opened.locked("the repair of products", wait_seconds=lock_timeout, waiting=reporter.note):
        damages = _find(opened, wanted, jobs, reporter)
        if not damages:
            report = RepairReport(results=())
        else:
            request = ProductRequest(
                products=(),
                tag=None,
                stack=folder,
                pkgroots=pick_pkgroots(pkgroot, console.environ, stack=folder),
                flavor=opened.flavor,
                jobs=jobs,
                open_root=root_opener(pick_settings(console.environ, warn=reporter.warn), console.environ),
            )
            copies = PackageCopies(opened, request, environ=console.environ)
            try:
                report = run_repair(damages, copies=copies, reporter=reporter)
            finally:
                copies.clean()
    data = {"stack": str(folder), "dry_run": False, "products": [one.to_dict() for one in report.results]}
    return end_with(console, data, _show_report(report, folder), report.problem)


def _find(stack: Stack, wanted: list[ProductName], jobs: int, reporter: Reporter) -> tuple[Damage, ...]:
    files = DiskInstalledFiles(stack)
    report = verify_products(files, only=wanted, jobs=jobs, reporter=reporter)
    missing = [name for name in wanted if name not in {one.product for one in report.products}]
    if missing:
        raise NotFoundError(
            f"no `{missing[0]}` is installed in `{stack.path}`", hint="`lsstinstall list` shows what is"
        )
    suspects = [ProductVersion(one.product, one.version) for one in report.products] if wanted else []
    return find_damage(report, suspects=suspects)


def _show_damages(damages: tuple[Damage, ...]) -> str:
    lines = []
    for one in damages:
        if one.paths is None:
            lines.append(f"compare {one.place} with its package")
        else:
            lines += [f"restore {one.place}/{path}" for path in one.paths]
    return "\n".join([*lines, f"{_count(len(damages), 'product')} to repair"])


def _show_report(report: RepairReport, folder: Path) -> str:
    restored = sum(len(one.restored) for one in report.results)
    if not report.results:
        return f"nothing to do: all products in {folder} are as they were installed"
    done = [one for one in report.results if one.problem is None]
    lines = [f"{_count(len(done), 'product')} repaired, {_count(restored, 'file')} restored; stack {folder}"]
    if any(one.kept for one in report.results):
        lines.append(f"what was in their places is in {folder / '.lsstinstall' / 'replaced'}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
