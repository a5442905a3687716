"""``lsstinstall doctor``: say what is wrong, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import flavor_option, pkgroot_option, stack_option
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.findings import Finding

__all__ = ["doctor"]

_MARKS = {Severity.OK: "ok", Severity.NOTE: "note", Severity.WARNING: "warning", Severity.PROBLEM: "PROBLEM"}


@click.command(short_help="Say what is wrong with machine and stack.")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option("--tag", "-t", "tag_name", metavar="TAG", help="Tag whose products would be installed.")
@stack_option
@pkgroot_option
@flavor_option
@output_options
def doctor(
    console: Console,
    products: tuple[str, ...],
    tag_name: str | None,
    stack: str | None,
    pkgroot: str | None,
    flavor: str | None,
) -> int:
    """Look at the machine, the disk and the stack; change nothing.

    With a tag and products, also say which of them would be built from
    source, and why. Ends with exit code 1 if there is a problem.

    Example: lsstinstall doctor -t w_2026_42 lsst_distrib --stack ~/stack
    """
    # Imported here: the help should come at once.
    from lsstinstall.commands.examining import examine  # noqa: PLC0415

    found = examine(
        products,
        tag_name=tag_name,
        stack=stack,
        pkgroot=pkgroot,
        flavor=flavor,
        environ=console.environ,
        reporter=console.reporter(),
    )
    problems = sum(one.severity is Severity.PROBLEM for one in found)
    data = {"findings": [one.to_dict() for one in found], "problems": problems}
    problem = None
    if problems:
        problem = ToolkitError(f"{problems} problem{'' if problems == 1 else 's'} found")
    return end_with(console, data, _show(found), problem)


def _show(found: Sequence[Finding]) -> str:
    lines = []
    for one in found:
        lines.append(f"{_MARKS[one.severity]:<8} {one.area}: {one.text}")
        if one.hint:
            lines.append(f"{'':<8}   hint: {one.hint}")
    return "\n".join(lines)
