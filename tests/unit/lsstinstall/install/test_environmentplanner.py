from __future__ import annotations

import pytest

from lsstinstall.core.environmentplans import (
    EnvironmentAction,
    EnvironmentCondition,
    EnvironmentPlan,
    EnvironmentRequest,
)
from lsstinstall.core.environments import EnvLock, EnvName, EnvSpec, EnvVersion, SolvedPackage, lock_packages
from lsstinstall.core.errors import ConfigurationError, RefusedError, ToolkitError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.install.environmentplanner import plan_environment
from tests.support.environments import LINUX, FakeEngine, FakeStore, solved

OLD, NEW = solved("rubin-env-12.2.0"), solved("rubin-env-13.0.1")
PYTHON, EUPS = solved("python-3.13.5"), solved("eups-2.2.15")
TOOLS = solved("rubin-env-developer-13.0.1")
NAME = EnvName("lsst-scipipe-13.0.1")


def _engine(*more: SolvedPackage) -> FakeEngine:
    return FakeEngine(offered=(OLD, NEW, PYTHON, EUPS, TOOLS, *more), needs={"rubin-env": ("python", "eups")})


def _request(
    version: str | None = "13.0.1",
    *,
    variant: str | None = None,
    update: bool = False,
    name: str | None = None,
) -> EnvironmentRequest:
    return EnvironmentRequest(
        spec=EnvSpec(version=None if version is None else EnvVersion(version), variant=variant),
        name=None if name is None else EnvName(name),
        update=update,
        channels=("https://example.org/c",),
        platform=LINUX,
    )


def _present(
    engine: FakeEngine, *packages: SolvedPackage, name: EnvName = NAME, specs: tuple[str, ...] = ()
) -> FakeStore:
    store = FakeStore(conditions={name: EnvironmentCondition.COMPLETE})
    engine.environments[store.prefix(name)] = packages
    engine.specs[store.prefix(name)] = specs
    return store


def _names(packages: tuple[SolvedPackage, ...]) -> list[str]:
    return [f"{one.package.name} {one.package.version}" for one in packages]


def _plan(
    request: EnvironmentRequest, engine: FakeEngine, store: FakeStore, lock: EnvLock | None = None
) -> EnvironmentPlan:
    read_lock = None if lock is None else (lambda: lock)
    return plan_environment(request, store=store, engine=engine, read_lock=read_lock)


def test_an_environment_that_is_missing_is_created() -> None:
    plan = _plan(_request(), _engine(), FakeStore())
    assert (plan.name, plan.version, plan.action) == (NAME, "13.0.1", EnvironmentAction.CREATE)
    assert _names(plan.packages) == ["eups 2.2.15", "python 3.13.5", "rubin-env 13.0.1"]
    assert plan.added == plan.packages
    assert plan.removed == ()
    assert plan.specs == ("rubin-env=13.0.1",)


def test_without_a_version_the_newest_decides_on_the_name() -> None:
    plan = _plan(_request(None), _engine(), FakeStore())
    assert (plan.name, plan.version) == ("lsst-scipipe-13.0.1", "13.0.1")
    assert plan.specs == ("rubin-env=13.0.1",)


def test_the_beginning_of_a_version_is_completed() -> None:
    plan = _plan(_request("12"), _engine(), FakeStore())
    assert (plan.name, plan.version) == ("lsst-scipipe-12.2.0", "12.2.0")


def test_the_newest_is_left_alone_if_it_is_there() -> None:
    engine = _engine()
    plan = _plan(_request(None), engine, _present(engine, NEW))
    assert (plan.name, plan.action, plan.packages) == (NAME, EnvironmentAction.KEEP, ())


def test_an_environment_that_is_there_is_left_alone_without_asking_a_channel() -> None:
    engine = _engine()
    assert _plan(_request(), engine, _present(engine, NEW)).action is EnvironmentAction.KEEP
    assert engine.asked == []


def test_a_name_that_was_given_is_used_as_it_is() -> None:
    engine = _engine()
    mine = EnvName("mine")
    assert _plan(_request(name="mine"), engine, FakeStore()).name == mine
    plan = _plan(_request(name="mine"), engine, _present(engine, OLD, name=mine))
    assert (plan.action, plan.version, plan.found) == (EnvironmentAction.KEEP, "13.0.1", "12.2.0")


def test_an_environment_of_the_version_that_was_asked_for_is_no_surprise() -> None:
    engine = _engine()
    assert _plan(_request(name="mine"), engine, _present(engine, NEW, name=EnvName("mine"))).found is None


def test_what_an_interrupted_run_left_is_made_anew() -> None:
    store = FakeStore(conditions={NAME: EnvironmentCondition.UNFINISHED})
    assert _plan(_request(), _engine(), store).action is EnvironmentAction.REBUILD


def test_what_an_interrupted_change_left_is_repaired_and_not_removed() -> None:
    engine = _engine()
    store = _present(engine, PYTHON)
    store.conditions[NAME] = EnvironmentCondition.HALF_UPDATED
    plan = _plan(_request(), engine, store)
    assert plan.action is EnvironmentAction.REPAIR
    assert _names(plan.packages) == ["eups 2.2.15", "python 3.13.5", "rubin-env 13.0.1"]
    assert _names(plan.added) == ["eups 2.2.15", "rubin-env 13.0.1"]


def test_something_else_in_the_place_is_not_touched() -> None:
    store = FakeStore(conditions={NAME: EnvironmentCondition.OCCUPIED})
    with pytest.raises(RefusedError, match="is there and no conda environment"):
        _plan(_request(), _engine(), store)


def test_an_update_takes_the_newest_build_and_keeps_the_rest() -> None:
    engine = _engine(solved("python-3.13.6"))
    store = _present(engine, OLD, PYTHON, EUPS)
    plan = _plan(_request(update=True), engine, store)
    assert plan.action is EnvironmentAction.UPDATE
    assert _names(plan.added) == ["rubin-env 13.0.1"]
    assert _names(plan.removed) == ["rubin-env 12.2.0"]
    assert "python 3.13.5" in _names(plan.packages)


def test_an_update_keeps_what_the_user_added() -> None:
    tools = ("rubin-env=12.2.0", "rubin-env-developer=12.2.0", "conda-forge-x=1")
    engine = _engine(solved("conda-forge-x-1"))
    store = _present(engine, OLD, specs=tools)
    plan = _plan(_request(update=True), engine, store)
    assert plan.specs == ("rubin-env=13.0.1", "rubin-env-developer", "conda-forge-x=1")
    assert "rubin-env-developer 13.0.1" in _names(plan.packages)


def test_an_update_without_a_change_does_nothing() -> None:
    engine = _engine()
    store = _present(engine, EUPS, PYTHON, NEW)
    assert _plan(_request(update=True), engine, store).action is EnvironmentAction.KEEP


def test_the_developers_tools_are_added_and_nothing_else_is_changed() -> None:
    engine = _engine(solved("python-3.13.6"))
    store = _present(engine, NEW, PYTHON, EUPS)
    plan = _plan(_request(variant="rubin-env-developer"), engine, store)
    assert plan.action is EnvironmentAction.EXTEND
    assert _names(plan.added) == ["rubin-env-developer 13.0.1"]
    assert plan.removed == ()
    assert engine.asked == [("rubin-env-developer",)]


def test_the_developers_tools_are_not_added_twice() -> None:
    engine = _engine()
    store = _present(engine, NEW, TOOLS)
    assert _plan(_request(variant="rubin-env-developer"), engine, store).action is EnvironmentAction.KEEP


def test_what_lacks_rubin_env_itself_has_its_own_version() -> None:
    own = solved("rubin-env-nosysroot-13.0.1")
    plan = _plan(_request("13", variant="rubin-env-nosysroot"), _engine(own), FakeStore())
    assert (plan.version, plan.specs) == ("13.0.1", ("rubin-env-nosysroot=13.0.1",))
    engine = _engine(own)
    store = _present(engine, NEW, own, specs=("rubin-env=13.0.1",))
    again = _plan(_request(variant="rubin-env-nosysroot"), engine, store)
    assert again.action is EnvironmentAction.KEEP


def _lock(*packages: SolvedPackage, platform: str = LINUX) -> EnvLock:
    return lock_packages(packages, platform=CondaSubdir(platform))


def test_an_exact_environment_has_the_packages_of_its_list() -> None:
    engine = _engine()
    plan = _plan(_request("12.2.0"), engine, FakeStore(), _lock(OLD, PYTHON))
    assert (plan.name, plan.version) == ("lsst-scipipe-12.2.0-exact", "12.2.0")
    assert _names(plan.packages) == ["python 3.13.5", "rubin-env 12.2.0"]
    assert engine.asked == []


def test_the_developers_tools_come_on_top_of_an_exact_environment() -> None:
    plan = _plan(_request(variant="rubin-env-developer"), _engine(), FakeStore(), _lock(NEW, PYTHON))
    assert _names(plan.packages) == ["python 3.13.5", "rubin-env 13.0.1", "rubin-env-developer 13.0.1"]


def test_an_exact_environment_is_never_updated() -> None:
    engine = _engine()
    store = _present(engine, OLD, name=EnvName("lsst-scipipe-12.2.0-exact"))
    plan = _plan(_request("12.2.0", update=True), engine, store, _lock(OLD))
    assert plan.action is EnvironmentAction.KEEP


def test_an_exact_environment_is_repaired_to_its_list() -> None:
    engine = _engine()
    name = EnvName("lsst-scipipe-12.2.0-exact")
    store = _present(engine, PYTHON, name=name)
    store.conditions[name] = EnvironmentCondition.HALF_UPDATED
    plan = _plan(_request("12.2.0"), engine, store, _lock(OLD, PYTHON))
    assert (plan.action, _names(plan.added)) == (EnvironmentAction.REPAIR, ["rubin-env 12.2.0"])


def test_an_exact_environment_of_another_platform_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is of `osx-64`, this machine is `linux-64`"):
        _plan(_request(), _engine(), FakeStore(), _lock(NEW, platform="osx-64"))


def test_an_exact_environment_without_rubin_env_is_refused() -> None:
    with pytest.raises(ToolkitError, match="has no package `rubin-env`"):
        _plan(_request(), _engine(), FakeStore(), _lock(PYTHON))


def test_an_exact_environment_shows_it_also_behind_a_name_that_was_given() -> None:
    plan = _plan(_request(name="mine"), _engine(), FakeStore(), _lock(NEW))
    assert plan.name == "mine-exact"


def test_the_list_of_an_exact_environment_that_is_there_is_not_read() -> None:
    engine = _engine()
    store = _present(engine, NEW, name=EnvName(f"{NAME}-exact"))

    def read_lock() -> EnvLock:
        raise AssertionError

    plan = plan_environment(_request(), store=store, engine=engine, read_lock=read_lock)
    assert plan.action is EnvironmentAction.KEEP


@pytest.mark.parametrize("update", [False, True])
def test_an_environment_of_a_commit_has_its_list_and_eups(*, update: bool) -> None:
    engine = _engine()
    plan = _plan(_request("46b24e8", update=update), engine, FakeStore(), _lock(PYTHON))
    assert (plan.name, plan.version) == ("lsst-scipipe-46b24e8", "46b24e8")
    assert _names(plan.packages) == ["eups 2.2.15", "python 3.13.5"]
    assert plan.specs == ("eups",)
    assert engine.asked == [("eups",)]


def test_an_environment_of_a_commit_is_never_updated() -> None:
    engine = _engine()
    store = _present(engine, PYTHON, EUPS, name=EnvName("lsst-scipipe-46b24e8"))
    plan = _plan(_request("46b24e8", update=True), engine, store, _lock(PYTHON))
    assert (plan.action, plan.found) == (EnvironmentAction.KEEP, None)


def test_a_list_of_old_times_need_not_hold_together_any_more() -> None:
    engine = _engine(solved("zlib-1.2"))
    engine.needs["eups"] = ("python",)
    engine.clashing = frozenset({"zlib"})
    old = solved("python-3.7.9")
    engine.offered = (*engine.offered, old)
    plan = _plan(_request("46b24e8"), engine, FakeStore(), _lock(solved("zlib-1.2"), old))
    assert _names(plan.packages) == ["eups 2.2.15", "python 3.7.9", "zlib 1.2"]


def test_a_list_of_today_has_to_hold_together() -> None:
    engine = _engine()
    engine.clashing = frozenset({"python"})
    with pytest.raises(ToolkitError, match="no solution for what is pinned"):
        _plan(_request(variant="rubin-env-developer"), engine, FakeStore(), _lock(NEW, PYTHON))
