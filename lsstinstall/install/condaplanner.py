"""Decide whether conda itself is installed beside the environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentCondition, EnvironmentPlan
from lsstinstall.core.environments import BASE, EnvVersion
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from lsstinstall.core.environmentplans import EnvironmentRequest
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.install.ports import EnvironmentEngine, EnvironmentStore

__all__ = ["plan_conda"]

_CONDA = "conda"


def plan_conda(
    request: EnvironmentRequest,
    *,
    environment: EnvironmentPlan,
    store: EnvironmentStore,
    engine: EnvironmentEngine,
    reporter: Reporter,
) -> EnvironmentPlan | None:
    """Decide whether conda itself is installed beside the environments.

    Our own work needs no conda; people who know it look for it. It comes
    with the first environment of a folder that has none.

    Parameters
    ----------
    request : `EnvironmentRequest`
        Channels and machine.
    environment : `EnvironmentPlan`
        What happens to the environment of the stack.
    store : `EnvironmentStore`
        Knows what is there.
    engine : `EnvironmentEngine`
        Solves.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears why there will be no conda.

    Returns
    -------
    plan : `EnvironmentPlan` or `None`
        For the environment ``base``, with the version of conda; `None` if
        there is a conda, nothing else is to be done, or no channel can give
        one: an environment without a conda is better than none.
    """
    condition = store.condition(BASE)
    interrupted = condition in {EnvironmentCondition.UNFINISHED, EnvironmentCondition.HALF_UPDATED}
    wanted = condition is EnvironmentCondition.ABSENT and environment.action is not EnvironmentAction.KEEP
    if not interrupted and not wanted:
        return None
    try:
        packages = engine.solve(
            [_CONDA],
            channels=request.channels,
            platform=request.platform,
            virtual_packages=request.virtual_packages,
        )
    except ToolkitError as error:
        reason = str(error).partition("\n")[0]
        reporter.note(f"there will be no `conda` command: {reason}")
        return None
    (conda,) = (one for one in packages if one.package.name == _CONDA)
    return EnvironmentPlan(
        name=BASE,
        version=EnvVersion(conda.package.version),
        # Linked again over what is there, for the other environments lie in its folder.
        action=EnvironmentAction.REPAIR if interrupted else EnvironmentAction.CREATE,
        packages=packages,
        added=packages,
        specs=(_CONDA,),
    )
