"""Decide how an environment is made of exactly the packages that a lock lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentCondition, EnvironmentPlan
from lsstinstall.core.environments import METAPACKAGE, EnvName, EnvVersion, environment_name
from lsstinstall.core.errors import ConfigurationError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.environments import EnvLock, SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.install.ports import EnvironmentEngine, EnvironmentStore

__all__ = ["plan_locked"]

_ACTIONS = {
    EnvironmentCondition.ABSENT: EnvironmentAction.CREATE,
    EnvironmentCondition.UNFINISHED: EnvironmentAction.REBUILD,
    EnvironmentCondition.HALF_UPDATED: EnvironmentAction.REPAIR,
}


def plan_locked(
    lock: EnvLock,
    name: EnvName | None,
    *,
    platform: CondaSubdir,
    store: EnvironmentStore,
    engine: EnvironmentEngine,
) -> EnvironmentPlan:
    """Decide what to do so that an environment has a lock's packages and no others.

    Parameters
    ----------
    lock : `~lsstinstall.core.environments.EnvLock`
        The packages.
    name : `~lsstinstall.core.environments.EnvName` or `None`
        What to call it; `None` for the name that follows from rubin-env's
        version.
    platform : `~lsstinstall.core.names.CondaSubdir`
        This machine's.
    store : `~lsstinstall.install.ports.EnvironmentStore`
        Knows what is there.
    engine : `~lsstinstall.install.ports.EnvironmentEngine`
        Looks packages up.

    Returns
    -------
    plan : `~lsstinstall.core.environmentplans.EnvironmentPlan`
        With all packages; nothing is to be done if they are there.

    Raises
    ------
    ConfigurationError
        Raised if the lock is one of another platform, or has no rubin-env.
    RefusedError
        Raised if something else lies in its place.
    ToolkitError
        Raised if a package is not in its channel.
    """
    if lock.platform not in {None, platform}:
        raise ConfigurationError(
            f"the lock is one of `{lock.platform}`, this machine is `{platform}`",
            hint="`rubin-releng env lock --platform` locks for others, too",
        )
    packages = engine.resolve(lock)
    version = _version_of(packages)
    name = name or environment_name(version)
    action = _action(name, packages, store=store, engine=engine)
    kept = action is EnvironmentAction.KEEP
    return EnvironmentPlan(
        name=name,
        version=version,
        action=action,
        packages=packages,
        added=() if kept else packages,
        specs=(f"{METAPACKAGE}={version}",),
    )


def _action(
    name: EnvName,
    packages: Sequence[SolvedPackage],
    *,
    store: EnvironmentStore,
    engine: EnvironmentEngine,
) -> EnvironmentAction:
    condition = store.condition(name)
    if condition is EnvironmentCondition.COMPLETE:
        if set(engine.installed(store.prefix(name))) == set(packages):
            return EnvironmentAction.KEEP
        raise RefusedError(
            f"the environment `{store.prefix(name)}` has other packages than the lock",
            hint="remove it, or choose another name",
        )
    if condition is EnvironmentCondition.OCCUPIED:
        raise RefusedError(
            f"`{store.prefix(name)}` is there and no conda environment",
            hint="remove it, or choose another name",
        )
    return _ACTIONS[condition]


def _version_of(packages: Sequence[SolvedPackage]) -> EnvVersion:
    for one in packages:
        if one.package.name == METAPACKAGE:
            return EnvVersion(one.package.version)
    raise ConfigurationError(
        f"the lock has no package `{METAPACKAGE}`", hint="its version decides where binaries lie"
    )
