"""Remove products from a stack: find out who needs them, then forget and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import InterruptedWorkError, ToolkitError
from lsstinstall.core.removals import Removal, RemovalPlan, RemovalReport
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.stackgraphs import ProductVersion, StackGraph
    from lsstinstall.install.ports import ProductRemover

__all__ = ["plan_removal", "run_removal"]


def plan_removal(
    wanted: Collection[ProductVersion],
    graph: StackGraph,
    *,
    remover: ProductRemover,
    recursive: bool,
    elsewhere: Collection[ProductVersion] = (),
    set_up: Collection[ProductVersion] = (),
) -> RemovalPlan:
    """Find out what a removal would do; nothing is changed.

    Parameters
    ----------
    wanted : `~collections.abc.Collection` [ `ProductVersion` ]
        Products of the stack to remove.
    graph : `StackGraph`
        Who needs whom, in all stacks.
    remover : `ProductRemover`
        Knows the stack.
    recursive : `bool`
        Whether what only these need goes, too.
    elsewhere : `~collections.abc.Collection` [ `ProductVersion` ], optional
        What another stack has as well, so that nobody will miss it.
    set_up : `~collections.abc.Collection` [ `ProductVersion` ], optional
        What is set up in the calling shell, of this stack.

    Returns
    -------
    plan : `RemovalPlan`
        With everything that is in the way.
    """
    gone = graph.no_longer_needed(wanted) if recursive else frozenset(wanted)
    here = [one for one in graph.dependents_first(gone) if remover.has(one)]
    missed = [one for one in here if one not in elsewhere]
    kept = remover.kept_folders(here)
    sizes = remover.freed_bytes([one for one in here if one not in kept])
    return RemovalPlan(
        removals=tuple(
            Removal(
                item=one,
                tags=remover.tags(one),
                folder=remover.folder(one),
                kept=kept.get(one),
                size_bytes=sizes.get(one, 0),
            )
            for one in here
        ),
        dependents=tuple(one for one in graph.dependents(missed) if one not in here),
        set_up=tuple(one for one in here if one in set_up),
    )


def run_removal(plan: RemovalPlan, *, remover: ProductRemover, reporter: Reporter) -> RemovalReport:
    """Remove what a plan says; a failure stops nothing else.

    Parameters
    ----------
    plan : `RemovalPlan`
        What is to go.
    remover : `ProductRemover`
        Does it; the caller holds the stack's lock.
    reporter : `Reporter`
        Hears of each product.

    Returns
    -------
    report : `RemovalReport`
        What became of it.

    Raises
    ------
    InterruptedWorkError
        Raised if the user interrupted; what is gone stays away.
    """
    removed: list[Removal] = []
    problems: list[ToolkitError] = []
    reporter.begin("removing products", len(plan.removals))
    try:
        for one in plan.removals:
            name = f"{one.item.product} {one.item.version}"
            try:
                remover.remove(one.item, keep_folder=one.kept is not None)
            except ToolkitError as error:
                problems.append(error)
                reporter.step(name, Outcome.FAILED, detail=str(error))
            else:
                removed.append(one)
                reporter.step(name, Outcome.DONE, detail=one.kept or "")
    except KeyboardInterrupt as error:
        raise InterruptedWorkError(
            f"interrupted after {len(removed)} of {len(plan.removals)} products",
            hint="run the same command again to go on",
        ) from error
    finally:
        reporter.end()
    return RemovalReport(removed=tuple(removed), problems=tuple(problems))
