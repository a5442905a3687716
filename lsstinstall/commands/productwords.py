"""What people read of products: before, after, and what to type next."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from typing import TYPE_CHECKING

from lsstinstall.core.productplans import InstallPlan, InstallReport, ProductAction, ProductState
from lsstinstall.core.quantities import format_bytes, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.productplans import PlannedProduct

__all__ = ["plan_lines", "plan_rows", "report_lines", "use_lines"]

# More names than this say less than their number.
_MOST_NAMES = 6

_MOST_REASONS = 3


def plan_rows(plan: InstallPlan) -> Iterator[str]:
    """Write what happens to each product that is not installed.

    Parameters
    ----------
    plan : `InstallPlan`
        The plan.

    Yields
    ------
    line : `str`
        One a product, in the order of the plan.
    """
    for one in plan.pending:
        size = "" if one.fetch_bytes is None else f" ({format_bytes(one.fetch_bytes)})"
        yield f"{one.action.value:<8} {one.product} {one.version}{size}"


def plan_lines(plan: InstallPlan) -> Iterator[str]:
    """Write how much there is to do.

    Parameters
    ----------
    plan : `InstallPlan`
        The plan.

    Yields
    ------
    line : `str`
        The first has the numbers; others tell of what is out of the
        ordinary.
    """
    pending = plan.pending
    present = len(plan.products) - len(pending)
    yield (
        f"{len(pending)} to install, {format_bytes(plan.known_bytes)} to fetch, {present} installed already"
    )
    kept = sum((one.size_bytes or 0) - (one.fetch_bytes or 0) for one in pending if one.reuse is not None)
    if kept > 0:
        yield f"  {format_bytes(kept)} more need not be fetched: other versions have the same files"
    built = [one for one in pending if one.action is ProductAction.BUILD]
    if built:
        yield f"  built from source, which takes long: {_names(built)}"
    blocked = [one for one in pending if one.action is ProductAction.BLOCKED]
    if blocked:
        yield f"  cannot be installed: {_names(blocked)}"
        yield from (f"    {one.problem}" for one in blocked[:_MOST_REASONS] if one.problem is not None)
        lost = _lost_by(blocked, pending)
        if lost:
            yield f"  nor what needs them: {_names(lost)}"


def _lost_by(blocked: Sequence[PlannedProduct], pending: Sequence[PlannedProduct]) -> list[PlannedProduct]:
    """List what will not be installed either; dependencies come first in a plan."""
    lost = {one.product for one in blocked}
    needing = []
    for one in pending:
        if one.product not in lost and one.dependencies & lost:
            lost.add(one.product)
            needing.append(one)
    return needing


def _names(products: Sequence[PlannedProduct]) -> str:
    names = [one.product for one in products[:_MOST_NAMES]]
    more = len(products) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def report_lines(report: InstallReport, *, stack: Path, seconds: float) -> Iterator[str]:
    """Write what became of a plan.

    Parameters
    ----------
    report : `InstallReport`
        What became of each product.
    stack : `~pathlib.Path`
        Where they are.
    seconds : `float`
        How long it took.

    Yields
    ------
    line : `str`
        The first has the numbers; others tell why products are not there.
    """
    installed, present = report.count(ProductState.INSTALLED), report.count(ProductState.PRESENT)
    lost = len(report.results) - installed - present
    tagged = sum(bool(result.new_tags) for result in report.results if result.state is ProductState.PRESENT)
    if not installed and not lost and not tagged:
        yield f"nothing to do: all {present} products are installed in {stack}"
        return
    fetched = format_bytes(sum(result.size_bytes for result in report.results))
    parts = [f"{installed} installed ({fetched})", f"{present} installed already"]
    if tagged:
        parts.append(f"{tagged} of these tagged")
    if lost:
        parts.append(f"{lost} not installed")
    yield ", ".join(parts) + f"; {format_seconds(seconds)}; stack {stack}"
    missing = Counter(result.missing for result in report.results if result.missing is not None)
    for product, count in missing.most_common(_MOST_NAMES):
        yield f"  {count} of them only because `{product}` is missing"
    if lost:
        yield "  what is installed stays; once this is mended, run the same command again to go on"


def use_lines(setup: str, *, stack: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Write what to type to use what was installed.

    Parameters
    ----------
    setup : `str`
        The command that sets it up.
    stack : `~pathlib.Path`
        Where it was installed.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_PATH`` tells whether the calling shell knows the stack,
        ``EUPS_DIR`` whether it has EUPS, and so ``setup``.

    Yields
    ------
    line : `str`
        A sentence, and the commands, indented.
    """
    yield "To use them, type"
    yield ""
    if str(stack) not in environ.get("EUPS_PATH", "").split(os.pathsep):
        script = _load_script(stack)
        if script is not None:
            yield f"    . {shlex.quote(str(script))}"
        else:
            yield f"    export EUPS_PATH={shlex.quote(str(stack))}"
            if not environ.get("EUPS_DIR"):
                setup = f'eval "$(lsstinstall {setup})"'
    yield f"    {setup}"


def _load_script(stack: Path) -> Path | None:
    """Find the load script of a stack: it lies beside the folder with the environments, if anywhere."""
    for folder in stack.parents:
        if folder.name == "envs":
            script = folder.parents[1] / "loadLSST.sh" if len(folder.parents) > 1 else None
            return script if script is not None and script.is_file() else None
    return None
