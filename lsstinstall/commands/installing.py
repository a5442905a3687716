"""What ``lsstinstall`` without a command does: plan, show, make the environment, install products."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lsstinstall.commands.diskneeds import installation_needs, warn_of_full_disks
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.installation import Installation
from lsstinstall.commands.installrequests import InstallOptions, read_request
from lsstinstall.commands.installwords import environment_work, program_name, ready_line, whole_work
from lsstinstall.commands.productwords import plan_lines, plan_rows, report_lines
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.shells import ShellKind
from lsstinstall.install.loadscripts import load_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.commands.installationplans import InstallationPlan, InstallationRequest
    from lsstinstall.core.productplans import InstallPlan, InstallReport
    from lsstinstall.core.reporting import Reporter

__all__ = ["install_all"]


def install_all(
    console: Console, products: tuple[str, ...], options: InstallOptions, *, dry_run: bool
) -> int:
    """Install environment, stack, load scripts, and products.

    Parameters
    ----------
    console : `Console`
        Hears of everything.
    products : `tuple` [ `str`, ... ]
        Named on the command line.
    options : `InstallOptions`
        Of the command line.
    dry_run : `bool`
        Whether to stop after the plan.

    Returns
    -------
    code : `int`
        Exit code.
    """
    began = time.monotonic()
    reporter = console.reporter()
    request = read_request(products, options, console.environ, warn=reporter.warn)
    installation = Installation(request, environ=console.environ, reporter=reporter)
    # Whatever cannot be planned is told before there is anything on the disk, the lock included;
    # a product that is not there before the long work, not after it.
    reporter.begin("planning", None)
    plan = installation.plan()
    planned = installation.plan_products(plan)
    reporter.end()
    warn_of_full_disks(installation_needs(plan, planned, console.environ), reporter)
    lines = list(_show_plan(plan, planned, every=dry_run))
    if dry_run:
        return _end(console, plan, planned, lines, dry_run=True)
    console.tell("plan", _data(plan, planned, dry_run=False))
    with installation.locked(plan) as current:
        if current is not plan:
            # Another run changed an environment while we waited for it.
            plan, lines = current, list(_show_plan(current, planned, every=False))
        for line in lines:
            reporter.note(line)
        # One display for all that follows.
        steps, size_bytes = whole_work(plan, planned)
        reporter.begin("installing", steps or None, size_bytes=size_bytes or None)
        _make_environment(installation, plan, reporter)
    planned = installation.plan_products(plan)
    report = None if planned is None else installation.run_products(plan, planned)
    reporter.end()
    seconds = time.monotonic() - began
    if report is not None and report.problem is not None:
        return _end(
            console, plan, report, [*report_lines(report, stack=plan.stack, seconds=seconds)], dry_run=False
        )
    farewell = [ready_line(plan, report, seconds=seconds), *_farewell(request, plan, console.environ)]
    return _end(console, plan, report, farewell, dry_run=False)


def _make_environment(installation: Installation, plan: InstallationPlan, reporter: Reporter) -> None:
    steps, size_bytes = environment_work(plan)
    if not steps:
        installation.run(plan)
        return
    # A part of its own: what the caches have is not fetched, and counts as done at its end.
    reporter.begin(f"environment {plan.environment.name}", steps, size_bytes=size_bytes or None)
    installation.run(plan)
    reporter.end()


def _show_plan(plan: InstallationPlan, products: InstallPlan | None, *, every: bool) -> Iterator[str]:
    environment = plan.environment
    if plan.conda is not None:
        yield f"conda {plan.conda.version} in {plan.conda_root}: {plan.conda.action.value}"
        yield f"  {len(plan.conda.packages)} packages ({format_bytes(plan.conda.size_bytes)})"
    yield f"environment `{environment.name}` in {plan.prefix}: {environment.action.value}"
    if environment.packages:
        changes = f"{len(environment.added)} to install ({format_bytes(environment.size_bytes)})"
        yield f"  {len(environment.packages)} packages, {changes}, {len(environment.removed)} to remove"
    if environment.found is not None:
        yield f"  it has rubin-env {environment.found}; products are chosen for {environment.version}"
    yield f"stack {plan.stack}"
    yield f"  from {plan.pkgroot or 'nowhere (-B and -S)'}"
    if plan.scripts:
        yield "write " + ", ".join(path.name for path in plan.scripts)
    if products is not None:
        yield "products"
        rows = plan_rows(products) if every else ()
        for line in (*rows, *plan_lines(products)):
            yield f"  {line}"


def _end(
    console: Console,
    plan: InstallationPlan,
    products: InstallPlan | InstallReport | None,
    lines: Sequence[str],
    *,
    dry_run: bool,
) -> int:
    """Answer; a failure of products is told, too, in the form that was asked for."""
    problem = None if products is None else products.problem
    return end_with(console, _data(plan, products, dry_run=dry_run), "\n".join(lines), problem)


def _farewell(
    request: InstallationRequest, plan: InstallationPlan, environ: Mapping[str, str]
) -> Iterator[str]:
    name = None if plan.script_is_ours else plan.environment.name
    command = load_command(request.folder, ShellKind.parse(environ.get("SHELL", "")), environment=name)
    yield from ("", "To use the stack, type", "", f"    {command}")
    if request.products:
        yield f"    setup {request.products[-1]} -t {request.tag}"
        return
    add = f"{program_name(environ)} add -t {request.tag or 'w_latest'} lsst_distrib"
    yield from ("", "and to install products into it", "", f"    {add}")


def _data(
    plan: InstallationPlan, products: InstallPlan | InstallReport | None, *, dry_run: bool
) -> dict[str, object]:
    environment = plan.environment
    data: dict[str, object] = {
        "dry_run": dry_run,
        "environment": {
            "name": environment.name,
            "version": environment.version,
            "prefix": str(plan.prefix),
            "action": environment.action.value,
            "specs": list(environment.specs),
            "list": plan.listed,
            "channels": list(plan.channels),
            "packages": len(environment.packages),
            "added": [solved.package.file_name for solved in environment.added],
            "removed": [solved.package.file_name for solved in environment.removed],
            "bytes": environment.size_bytes,
        },
        "conda": _conda(plan),
        "stack": str(plan.stack),
        "pkgroot": plan.pkgroot,
        "load_scripts": [str(path) for path in plan.scripts],
        "load_script_activates_it": plan.script_is_ours,
    }
    return data if products is None else {**data, **products.to_dict()}


def _conda(plan: InstallationPlan) -> dict[str, object]:
    conda = plan.conda
    answer: dict[str, object] = {"root": str(plan.conda_root)}
    if conda is None:
        return {**answer, "action": "keep" if plan.has_conda else None}
    size = {"packages": len(conda.packages), "bytes": conda.size_bytes}
    return {**answer, "action": conda.action.value, "version": conda.version, **size}
