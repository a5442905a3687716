"""Carry out what was decided about the conda environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentPlan, EnvironmentRecord

if TYPE_CHECKING:
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.install.ports import EnvironmentEngine, EnvironmentStore

__all__ = ["run_environment"]

_CHANGES = frozenset({EnvironmentAction.UPDATE, EnvironmentAction.REPAIR, EnvironmentAction.EXTEND})


def run_environment(
    plan: EnvironmentPlan, *, store: EnvironmentStore, engine: EnvironmentEngine, reporter: Reporter
) -> None:
    """Do what the plan says.

    The environment is marked as unfinished first and as complete last, so
    that the next run knows what to do with one that was interrupted.

    Parameters
    ----------
    plan : `EnvironmentPlan`
        From `~lsstinstall.install.environmentplanner.plan_environment`.
    store : `EnvironmentStore`
        Keeps the marks.
    engine : `EnvironmentEngine`
        Installs.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of each package.

    Raises
    ------
    ToolkitError
        Raised if a package cannot be had or installed; then the environment
        stays marked as unfinished.
    """
    if plan.action is EnvironmentAction.KEEP:
        reporter.note(f"using the environment `{plan.name}`")
        return
    store.begin(plan.name, change=plan.action in _CHANGES)
    engine.install(
        plan.packages,
        store.prefix(plan.name),
        specs=plan.specs,
        reporter=reporter,
        repair=plan.action is EnvironmentAction.REPAIR,
    )
    store.finish(
        plan.name,
        EnvironmentRecord(
            version=plan.version,
            specs=plan.specs,
            added=plan.added,
            removed=plan.removed,
            packages=len(plan.packages),
        ),
    )
