"""``lsstinstall remove``: take products out of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack, StackPath
from lsstinstall.adapters.productremovals import DiskProductRemover
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import (
    flavor_option,
    lock_timeout_option,
    pick_flavor,
    pick_stacks,
    stack_option,
)
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.names import ProductName, parse_product_name
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.setuprecords import SETUP_PREFIX, SetupRecord
from lsstinstall.core.stackgraphs import ProductVersion, read_stack_graph
from lsstinstall.core.versions import parse_eups_version
from lsstinstall.install.removal import plan_removal, run_removal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.removals import RemovalPlan, RemovalReport
    from lsstinstall.core.reporting import Reporter

__all__ = ["remove", "set_up_from"]


@click.command(short_help="Remove products from a stack.")
@click.argument("products", metavar="PRODUCT[@VERSION]...", nargs=-1, required=True)
@click.option("--tag", "-t", metavar="TAG", help="Remove the versions that carry this tag.")
@click.option("--recursive", "-R", is_flag=True, help="Remove what nothing else needs then, too.")
@click.option("--force", "-F", is_flag=True, help="Remove also what others need, or this shell has set up.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be done, and change nothing.")
@stack_option
@flavor_option
@lock_timeout_option
@output_options
def remove(
    console: Console,
    products: tuple[str, ...],
    tag: str | None,
    stack: str | None,
    flavor: str | None,
    lock_timeout: float | None,
    *,
    recursive: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Undeclare products, take their tags away and delete their folders.

    Nothing is removed that another product needs, unless it is forced.
    Folders outside the stack, as of somebody's own work, are kept. As with
    `eups remove`, a version may also stand behind a blank.

    Example: lsstinstall remove afw@g1a2b3c4d5+6e7f --stack ~/stack
    """
    kind = pick_flavor(flavor, console.environ)
    stacks = [Stack.open(folder, flavor=kind) for folder in pick_stacks(stack, console.environ)]
    chosen = [_choose(stacks, text, tag) for text in _joined(stacks, products)]
    target = next(one for one in stacks if one.find(*chosen[0]) is not None)
    reporter = console.reporter()
    set_up = tuple(set_up_from(target, console.environ))
    if dry_run:
        planned = _plan(chosen, stacks, target, recursive=recursive, set_up=set_up, reporter=reporter)
        data = {"stack": str(target.path), "dry_run": True, **planned.to_dict()}
        console.answer(data, _show_plan(planned))
        return 0
    with target.locked("the removal of products", wait_seconds=lock_timeout, waiting=reporter.note):
        planned = _plan(chosen, stacks, target, recursive=recursive, set_up=set_up, reporter=reporter)
        if planned.objection is not None and not force:
            raise planned.objection
        report = run_removal(planned, remover=DiskProductRemover(target), reporter=reporter)
    data = {"stack": str(target.path), "dry_run": False, **planned.to_dict(), **report.to_dict()}
    return end_with(console, data, _show_report(report, target), report.problem)


def _plan(
    chosen: Sequence[ProductVersion],
    stacks: Sequence[Stack],
    target: Stack,
    *,
    recursive: bool,
    set_up: tuple[ProductVersion, ...],
    reporter: Reporter,
) -> RemovalPlan:
    graph = read_stack_graph(StackPath(stacks), flavor=target.flavor)
    for problem in graph.problems:
        reporter.warn(f"nobody knows what a product needs: {problem}", hint=problem.hint)
    others = [one for one in stacks if one is not target]
    return plan_removal(
        [_here(target, one) for one in chosen],
        graph,
        remover=DiskProductRemover(target),
        recursive=recursive,
        elsewhere=[one for one in graph.required if any(other.find(*one) for other in others)],
        set_up=set_up,
    )


def _joined(stacks: Sequence[Stack], products: tuple[str, ...]) -> tuple[str, ...]:
    """Read `afw 1.0` as EUPS does, where this can be meant."""
    if len(products) == 2 and "@" not in "".join(products):  # noqa: PLR2004
        product, version = products
        if version in StackPath(stacks).versions(ProductName(product)):
            return (f"{product}@{version}",)
    return products


def _choose(stacks: Sequence[Stack], text: str, tag: str | None) -> ProductVersion:
    """Find the version that somebody means."""
    name, at, version = text.partition("@")
    product = parse_product_name(name)
    if at:
        one = ProductVersion(product, parse_eups_version(version))
        if StackPath(stacks).find(*one) is None:
            raise NotFoundError(f"{one} is not installed", hint=_versions_hint(stacks, product))
        return one
    if tag is not None:
        found = StackPath(stacks).tagged(product, tag)
        if found is None or StackPath(stacks).find(product, found) is None:
            raise NotFoundError(
                f"no `{product}` with the tag `{tag}` is installed", hint=_versions_hint(stacks, product)
            )
        return ProductVersion(product, found)
    versions = StackPath(stacks).versions(product)
    if not versions:
        raise NotFoundError(f"no `{product}` is installed", hint="`lsstinstall list` shows what is")
    if len(versions) > 1:
        raise ConfigurationError(
            f"which version of `{product}` is not said", hint=_versions_hint(stacks, product)
        )
    return ProductVersion(product, versions[0])


def _versions_hint(stacks: Sequence[Stack], product: ProductName) -> str:
    versions = StackPath(stacks).versions(product)
    if not versions:
        return "`lsstinstall list` shows what is"
    return "there is " + ", ".join(f"`{product}@{version}`" for version in versions)


def _here(stack: Stack, one: ProductVersion) -> ProductVersion:
    if stack.find(*one) is None:
        raise NotFoundError(
            f"{one} is not in `{stack.path}`", hint="remove products of several stacks one stack at a time"
        )
    return one


def set_up_from(stack: Stack, environ: Mapping[str, str]) -> Iterator[ProductVersion]:
    """List what is set up in the calling shell from a stack.

    Parameters
    ----------
    stack : `Stack`
        The stack.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The shell's ``SETUP_...`` variables.

    Yields
    ------
    product : `ProductVersion`
        In the order of the environment.
    """
    for name, value in environ.items():
        record = SetupRecord.parse(value) if name.startswith(SETUP_PREFIX) else None
        if record is not None and record.stack == str(stack.path):
            yield ProductVersion(record.product, record.version)


def _show_plan(plan: RemovalPlan) -> str:
    lines = []
    for one in plan.removals:
        size = "folder stays" if one.kept else format_bytes(one.size_bytes)
        lines.append(" ".join(("remove", one.item.product, one.item.version, f"({size})", *one.tags)))
    lines += [f"needed by {one.product} {one.version}" for one in plan.dependents]
    lines.append(f"{len(plan.removals)} to remove, {format_bytes(plan.size_bytes)} to gain")
    if plan.objection is not None:
        lines.append(f"refused without `--force`: {plan.objection}")
    return "\n".join(lines)


def _show_report(report: RemovalReport, stack: Stack) -> str:
    kept = [
        f"{one.item.product} {one.item.version}: folder kept: {one.kept}"
        for one in report.removed
        if one.kept
    ]
    total = f"{len(report.removed)} removed, {format_bytes(report.size_bytes)} gained; stack {stack.path}"
    return "\n".join([*kept, total])
