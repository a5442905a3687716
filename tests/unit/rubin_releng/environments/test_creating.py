from __future__ import annotations

import pytest

from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentCondition
from lsstinstall.core.environments import EnvLock, EnvName, lock_packages
from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.environments.creating import plan_locked
from tests.support.environments import LINUX, FakeEngine, FakeStore, solved

PACKAGES = (solved("python-3.13.5"), solved("rubin-env-13.0.1"), solved("zlib-1.3"))
NAME = EnvName("lsst-scipipe-13.0.1")


def lock(*names: str, platform: CondaSubdir = LINUX) -> EnvLock:
    return lock_packages((solved(name) for name in names), platform=platform)


WHOLE = lock("python-3.13.5", "rubin-env-13.0.1", "zlib-1.3")


@pytest.mark.parametrize(
    ("condition", "action"),
    [
        (EnvironmentCondition.ABSENT, EnvironmentAction.CREATE),
        (EnvironmentCondition.UNFINISHED, EnvironmentAction.REBUILD),
        (EnvironmentCondition.HALF_UPDATED, EnvironmentAction.REPAIR),
    ],
)
def test_what_is_not_complete_is_made(condition: EnvironmentCondition, action: EnvironmentAction) -> None:
    store = FakeStore(conditions={NAME: condition})
    plan = plan_locked(WHOLE, None, platform=LINUX, store=store, engine=FakeEngine(PACKAGES))
    assert (plan.name, plan.version, plan.action) == (NAME, "13.0.1", action)
    assert plan.added == plan.packages == PACKAGES
    assert plan.specs == ("rubin-env=13.0.1",)


def test_an_environment_with_these_packages_is_left_alone() -> None:
    store = FakeStore(conditions={NAME: EnvironmentCondition.COMPLETE})
    engine = FakeEngine(PACKAGES, environments={store.prefix(NAME): PACKAGES})
    plan = plan_locked(WHOLE, None, platform=LINUX, store=store, engine=engine)
    assert (plan.action, plan.added) == (EnvironmentAction.KEEP, ())


def test_an_environment_with_other_packages_is_refused() -> None:
    name = EnvName("mine")
    store = FakeStore(conditions={name: EnvironmentCondition.COMPLETE})
    engine = FakeEngine(PACKAGES, environments={store.prefix(name): PACKAGES[:2]})
    with pytest.raises(RefusedError, match="`/conda/envs/mine` has other packages than the lock"):
        plan_locked(WHOLE, name, platform=LINUX, store=store, engine=engine)


def test_a_folder_that_is_no_environment_is_refused() -> None:
    store = FakeStore(conditions={NAME: EnvironmentCondition.OCCUPIED})
    with pytest.raises(RefusedError, match="is there and no conda environment"):
        plan_locked(WHOLE, None, platform=LINUX, store=store, engine=FakeEngine(PACKAGES))


def test_a_lock_of_another_platform_is_refused() -> None:
    other = lock("rubin-env-13.0.1", platform=CondaSubdir("osx-arm64"))
    with pytest.raises(ConfigurationError, match="lock is one of `osx-arm64`, this machine is `linux-64`"):
        plan_locked(other, None, platform=LINUX, store=FakeStore(), engine=FakeEngine(PACKAGES))


def test_a_lock_without_the_metapackage_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the lock has no package `rubin-env`"):
        plan_locked(lock("zlib-1.3"), None, platform=LINUX, store=FakeStore(), engine=FakeEngine(PACKAGES))
