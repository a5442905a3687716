"""What people read of a whole installation, and how much of it there is."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import EnvironmentAction
from lsstinstall.core.productplans import ProductState
from lsstinstall.core.quantities import format_bytes, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.commands.installationplans import InstallationPlan
    from lsstinstall.core.environmentplans import EnvironmentPlan
    from lsstinstall.core.productplans import InstallPlan, InstallReport

__all__ = ["environment_work", "program_name", "ready_line", "whole_work"]


def environment_work(plan: InstallationPlan) -> tuple[int, int]:
    """Count what there is to do for the environments.

    Parameters
    ----------
    plan : `InstallationPlan`
        The plan.

    Returns
    -------
    steps, size_bytes : `int`
        Packages to link, and the size of their archives; caches may have some.
    """
    changed = list(_changed(plan))
    return sum(_linked(one) for one in changed), sum(one.size_bytes for one in changed)


def whole_work(plan: InstallationPlan, products: InstallPlan | None) -> tuple[int, int]:
    """Count what there is to do in all.

    Parameters
    ----------
    plan : `InstallationPlan`
        Of environment and stack.
    products : `InstallPlan` or `None`
        Of products, if some were named.

    Returns
    -------
    steps, size_bytes : `int`
        Packages and products, and what is to be fetched for them.
    """
    steps, size = environment_work(plan)
    if products is None:
        return steps, size
    return steps + len(products.products), size + products.known_bytes


def _changed(plan: InstallationPlan) -> Iterator[EnvironmentPlan]:
    for one in (plan.conda, plan.environment):
        if one is not None and one.action is not EnvironmentAction.KEEP:
            yield one


def _linked(plan: EnvironmentPlan) -> int:
    return len(plan.packages) if plan.action is EnvironmentAction.REPAIR else len(plan.added)


def ready_line(plan: InstallationPlan, report: InstallReport | None, *, seconds: float) -> str:
    """Write what there is now.

    Parameters
    ----------
    plan : `InstallationPlan`
        What was done.
    report : `InstallReport` or `None`
        What became of products, if some were named.
    seconds : `float`
        How long it took.

    Returns
    -------
    line : `str`
        One sentence.
    """
    environment = plan.environment
    done = f"environment `{environment.name}`"
    if environment.action is EnvironmentAction.KEEP:
        done += " was there"
    else:
        done += f" with {len(environment.packages)} packages"
    if report is not None:
        size = sum(result.size_bytes for result in report.results)
        done += f", {report.count(ProductState.INSTALLED)} products installed ({format_bytes(size)})"
        present = report.count(ProductState.PRESENT)
        done += f", {present} were there" if present else ""
    return f"Ready: {done}; {format_seconds(seconds)}"


def program_name(environ: Mapping[str, str]) -> str:
    """Say how a user calls us.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``PATH`` is read.

    Returns
    -------
    command : `str`
        For a shell; with its folder if the folder is not on the path, as
        after a start by `bootstrap.sh`.
    """
    if shutil.which("lsstinstall", path=environ.get("PATH")) is not None:
        return "lsstinstall"
    beside = Path(sys.executable).with_name("lsstinstall")
    if beside.is_file():
        return shlex.quote(str(beside))
    return f"{shlex.quote(sys.executable)} -m lsstinstall"
