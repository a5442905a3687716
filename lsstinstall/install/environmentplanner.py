"""Decide what to do about the conda environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import (
    EnvironmentAction,
    EnvironmentCondition,
    EnvironmentPlan,
    EnvironmentRequest,
)
from lsstinstall.core.environments import (
    METAPACKAGE,
    EnvName,
    EnvVersion,
    environment_name,
    legacy_commit,
)
from lsstinstall.core.errors import ConfigurationError, RefusedError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lsstinstall.core.environments import EnvLock, SolvedPackage
    from lsstinstall.install.ports import EnvironmentEngine, EnvironmentStore

__all__ = ["plan_environment"]

_SPEC_NAME = re.compile(r"(?:.*::)?([A-Za-z0-9_.-]+)")


def plan_environment(
    request: EnvironmentRequest,
    *,
    store: EnvironmentStore,
    engine: EnvironmentEngine,
    read_lock: Callable[[], EnvLock] | None = None,
) -> EnvironmentPlan:
    """Decide what to do about the conda environment.

    An environment that is there and complete is left alone, unless an update
    was asked for or the variant is missing; one that was
    interrupted is made anew or repaired. Nothing is changed.

    Parameters
    ----------
    request : `EnvironmentRequest`
        What the user wants.
    store : `EnvironmentStore`
        Knows what is there.
    engine : `EnvironmentEngine`
        Solves.
    read_lock : `~collections.abc.Callable`, optional
        Reads the packages of an exact environment, whose version the request
        has; called if they are needed.

    Returns
    -------
    plan : `EnvironmentPlan`
        With all packages, where something is to be done.

    Raises
    ------
    ConfigurationError
        Raised if the list is one of another platform.
    RefusedError
        Raised if something else lies in the environment's place.
    ToolkitError
        Raised if there is no solution, or what the channels have is not
        rubin-env.
    """
    return _Planner(request, store, engine, read_lock).plan()


@dataclass(frozen=True, slots=True)
class _Planner:
    request: EnvironmentRequest
    store: EnvironmentStore
    engine: EnvironmentEngine
    read_lock: Callable[[], EnvLock] | None

    def plan(self) -> EnvironmentPlan:
        version = self.request.spec.version
        if version is not None:
            name = self._name(version)
            condition = self.store.condition(name)
            if condition not in {EnvironmentCondition.ABSENT, EnvironmentCondition.UNFINISHED}:
                return self._plan_present(name, version, condition)
        packages = self._wanted()
        # Only now is it sure what "newest" or the beginning of a version means.
        if version is None or not self._is_former:
            version = _version_of(packages, self.request.spec.metapackage)
        name = self._name(version)
        condition = self.store.condition(name)
        if condition not in {EnvironmentCondition.ABSENT, EnvironmentCondition.UNFINISHED}:
            return self._plan_present(name, version, condition)
        absent = condition is EnvironmentCondition.ABSENT
        return EnvironmentPlan(
            name=name,
            version=version,
            action=EnvironmentAction.CREATE if absent else EnvironmentAction.REBUILD,
            packages=packages,
            added=packages,
            # With the whole version: nobody wants an update of everything to change that.
            specs=replace(self.request.spec, version=version).specs(),
        )

    def _plan_present(
        self, name: EnvName, version: EnvVersion, condition: EnvironmentCondition
    ) -> EnvironmentPlan:
        if condition is EnvironmentCondition.OCCUPIED:
            raise RefusedError(
                f"`{self.store.prefix(name)}` is there and no conda environment",
                hint="remove it, or choose another name with `-e`",
            )
        present = self.engine.installed(self.store.prefix(name))
        if condition is EnvironmentCondition.HALF_UPDATED:
            return self._change(name, version, EnvironmentAction.REPAIR, present)
        if self.request.update and self.read_lock is None:
            return self._change(name, version, EnvironmentAction.UPDATE, present)
        variant = self.request.spec.variant
        if variant is not None and not any(one.package.name == variant for one in present):
            return self._change(name, version, EnvironmentAction.EXTEND, present)
        return EnvironmentPlan(
            name=name,
            version=version,
            action=EnvironmentAction.KEEP,
            found=next((one for one in _versions(present, METAPACKAGE) if one != version), None),
        )

    def _change(
        self,
        name: EnvName,
        version: EnvVersion,
        action: EnvironmentAction,
        present: tuple[SolvedPackage, ...],
    ) -> EnvironmentPlan:
        specs = self._specs_of(name, version)
        if action is EnvironmentAction.EXTEND:
            packages = self._solve(self.request.spec.specs()[-1:], pinned=present)
        elif self.read_lock is not None:
            packages = self._wanted()
        else:
            packages = self._solve(specs, favored=[one for one in present if not _is_ours(one.package.name)])
        before, after = set(present), set(packages)
        if before == after and action is EnvironmentAction.UPDATE:
            return EnvironmentPlan(name=name, version=version, action=EnvironmentAction.KEEP)
        return EnvironmentPlan(
            name=name,
            version=version,
            action=action,
            packages=packages,
            added=tuple(one for one in packages if one not in before),
            removed=tuple(one for one in present if one not in after),
            specs=specs,
        )

    def _specs_of(self, name: EnvName, version: EnvVersion) -> tuple[str, ...]:
        """Keep what was asked for before; what belongs to rubin-env takes its version from it."""
        specs = [*replace(self.request.spec, version=version).specs()]
        for spec in self.engine.requested(self.store.prefix(name)):
            package = _spec_name(spec)
            if package != self.request.spec.metapackage:
                specs.append(package if _is_ours(package) else spec)
        return tuple(dict.fromkeys(specs))

    def _wanted(self) -> tuple[SolvedPackage, ...]:
        if self.read_lock is None:
            return self._solve(self.request.spec.specs())
        lock = self.read_lock()
        if lock.platform not in {None, self.request.platform}:
            raise ConfigurationError(
                f"the exact environment is of `{lock.platform}`, this machine is `{self.request.platform}`",
                hint="use `-T` instead of `-X` to solve the environment for this machine",
            )
        packages = self.engine.resolve(lock)
        # The list stands for the metapackage, and may lack what comes on top of it.
        more = [spec for spec in self.request.spec.specs() if _spec_name(spec) != METAPACKAGE]
        return self._with_more(packages, more) if more else packages

    def _with_more(
        self, packages: tuple[SolvedPackage, ...], specs: Sequence[str]
    ) -> tuple[SolvedPackage, ...]:
        """Add to a list, none of whose packages may change."""
        try:
            return self._solve(specs, pinned=packages)
        except ToolkitError:
            if not self._is_former:
                raise
        # Channels corrected the requirements of packages that are so old, and some are in channels
        # that nobody gave: such a list holds together no more. It worked then, and does without EUPS.
        names = {one.package.name for one in packages}
        added = [one for one in self._solve(specs, favored=packages) if one.package.name not in names]
        return tuple(sorted((*packages, *added), key=lambda one: one.package.name))

    def _solve(
        self,
        specs: Sequence[str],
        *,
        favored: Sequence[SolvedPackage] = (),
        pinned: Sequence[SolvedPackage] = (),
    ) -> tuple[SolvedPackage, ...]:
        return self.engine.solve(
            specs,
            channels=self.request.channels,
            platform=self.request.platform,
            virtual_packages=self.request.virtual_packages,
            favored=favored,
            pinned=pinned,
        )

    def _name(self, version: EnvVersion) -> EnvName:
        name = self.request.name or environment_name(version)
        # As ever, also behind a name that was given: the two kinds shall not be mistaken for each other.
        exact = self.read_lock is not None and not self._is_former
        return EnvName(f"{name}-exact") if exact else name

    @property
    def _is_former(self) -> bool:
        version = self.request.spec.version
        return version is not None and legacy_commit(version) is not None


def _version_of(packages: Sequence[SolvedPackage], metapackage: str) -> EnvVersion:
    for version in _versions(packages, metapackage):
        return version
    raise ToolkitError(
        f"the environment has no package `{metapackage}`", hint="its version decides where binaries lie"
    )


def _versions(packages: Sequence[SolvedPackage], name: str) -> Iterator[EnvVersion]:
    return (EnvVersion(one.package.version) for one in packages if one.package.name == name)


def _is_ours(name: str) -> bool:
    return name == METAPACKAGE or name.startswith(f"{METAPACKAGE}-")


def _spec_name(spec: str) -> str:
    match = _SPEC_NAME.match(spec)
    return match[1] if match else spec
