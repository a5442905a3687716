from __future__ import annotations

import pytest

from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentCondition, EnvironmentPlan
from lsstinstall.core.environments import EnvName, EnvVersion
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.install.environmentinstaller import run_environment
from tests.support.environments import FakeEngine, FakeStore, solved

NAME = EnvName("lsst-scipipe-13.0.1")
ENV = solved("rubin-env-13.0.1")


def _plan(action: EnvironmentAction) -> EnvironmentPlan:
    packages = () if action is EnvironmentAction.KEEP else (ENV,)
    return EnvironmentPlan(
        name=NAME,
        version=EnvVersion("13.0.1"),
        action=action,
        packages=packages,
        added=packages,
        specs=("rubin-env=13.0.1",),
    )


def test_an_environment_is_complete_only_when_all_is_installed() -> None:
    store, engine = FakeStore(), FakeEngine(offered=(), broken=True)
    with pytest.raises(ToolkitError):
        run_environment(
            _plan(EnvironmentAction.CREATE), store=store, engine=engine, reporter=SilentReporter()
        )
    assert store.condition(NAME) is EnvironmentCondition.UNFINISHED

    engine.broken = False
    run_environment(_plan(EnvironmentAction.REBUILD), store=store, engine=engine, reporter=SilentReporter())
    assert store.condition(NAME) is EnvironmentCondition.COMPLETE
    assert engine.installed(store.prefix(NAME)) == (ENV,)
    assert engine.repaired == []


def test_a_change_that_was_interrupted_is_known_as_one() -> None:
    store, engine = FakeStore(), FakeEngine(offered=(), broken=True)
    with pytest.raises(ToolkitError):
        run_environment(
            _plan(EnvironmentAction.UPDATE), store=store, engine=engine, reporter=SilentReporter()
        )
    assert store.condition(NAME) is EnvironmentCondition.HALF_UPDATED


def test_a_repair_links_every_package_again() -> None:
    store, engine = FakeStore(), FakeEngine(offered=())
    run_environment(_plan(EnvironmentAction.REPAIR), store=store, engine=engine, reporter=SilentReporter())
    assert engine.repaired == [store.prefix(NAME)]


def test_what_was_done_is_written_down() -> None:
    store = FakeStore()
    run_environment(
        _plan(EnvironmentAction.CREATE), store=store, engine=FakeEngine(offered=()), reporter=SilentReporter()
    )
    record = store.records[NAME]
    assert (record.version, record.specs, record.added, record.packages) == (
        "13.0.1",
        ("rubin-env=13.0.1",),
        (ENV,),
        1,
    )


def test_an_environment_to_be_kept_is_not_touched() -> None:
    store, engine = FakeStore(), FakeEngine(offered=())
    run_environment(_plan(EnvironmentAction.KEEP), store=store, engine=engine, reporter=SilentReporter())
    assert store.conditions == {}
    assert engine.environments == {}
