from __future__ import annotations

import pytest

from lsstinstall.core.environmentplans import (
    EnvironmentAction,
    EnvironmentCondition,
    EnvironmentPlan,
    EnvironmentRequest,
)
from lsstinstall.core.environments import BASE, EnvName, EnvSpec, EnvVersion
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.install.condaplanner import plan_conda
from tests.support.environments import LINUX, FakeEngine, FakeStore, solved

PYTHON, CONDA = solved("python-3.13.5"), solved("conda-26.1.0")


class _Notes(SilentReporter):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def _engine() -> FakeEngine:
    return FakeEngine(offered=(PYTHON, CONDA), needs={"conda": ("python",)})


def _plan(
    condition: EnvironmentCondition,
    *,
    action: EnvironmentAction = EnvironmentAction.CREATE,
    engine: FakeEngine | None = None,
    reporter: SilentReporter | None = None,
) -> EnvironmentPlan | None:
    name = EnvName("lsst-scipipe-13.0.1")
    return plan_conda(
        EnvironmentRequest(spec=EnvSpec(), channels=("https://example.org/c",), platform=LINUX),
        environment=EnvironmentPlan(name=name, version=EnvVersion("13.0.1"), action=action),
        store=FakeStore(conditions={BASE: condition}),
        engine=engine or _engine(),
        reporter=reporter or SilentReporter(),
    )


def test_conda_comes_with_the_first_environment_of_a_folder() -> None:
    plan = _plan(EnvironmentCondition.ABSENT)
    assert plan is not None
    assert (plan.name, plan.version, plan.action) == ("base", "26.1.0", EnvironmentAction.CREATE)
    assert plan.packages == plan.added == (CONDA, PYTHON)
    assert plan.specs == ("conda",)


@pytest.mark.parametrize("condition", [EnvironmentCondition.COMPLETE, EnvironmentCondition.OCCUPIED])
def test_a_conda_that_is_there_is_left_alone(condition: EnvironmentCondition) -> None:
    engine = _engine()
    assert _plan(condition, engine=engine) is None
    assert engine.asked == []


def test_conda_does_not_come_where_nothing_else_is_done() -> None:
    engine = _engine()
    assert _plan(EnvironmentCondition.ABSENT, action=EnvironmentAction.KEEP, engine=engine) is None
    assert engine.asked == []


@pytest.mark.parametrize("condition", [EnvironmentCondition.UNFINISHED, EnvironmentCondition.HALF_UPDATED])
def test_a_conda_that_was_interrupted_is_repaired_in_any_case(condition: EnvironmentCondition) -> None:
    plan = _plan(condition, action=EnvironmentAction.KEEP)
    assert plan is not None
    assert plan.action is EnvironmentAction.REPAIR


def test_a_channel_without_conda_is_told_and_no_obstacle() -> None:
    reporter = _Notes()
    assert _plan(EnvironmentCondition.ABSENT, engine=FakeEngine(offered=()), reporter=reporter) is None
    assert reporter.notes == ["there will be no `conda` command: no solution for `conda`"]
