"""Set-ups in memory against what a real EUPS made of the same tables (see ``tests/data/setups``)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.makesetupcases import synthetic_case
from tests.support.setupcases import Changes, SetupCase, play_in_memory

DATA = Path(__file__).parents[3] / "data" / "setups"


def _cases(name: str) -> list[SetupCase]:
    data = json.loads((DATA / name).read_text(encoding="utf-8"))
    return [SetupCase.from_dict(case) for case in data["cases"]]


CASES = [case for name in ("goldens.json", "rules.json", "random.json") for case in _cases(name)]


def _order(changes: Changes | None) -> list[str]:
    return [] if changes is None else list(changes["set"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_set_up_changes_what_eups_changes(case: SetupCase) -> None:
    assert play_in_memory(case) == [step.expected for step in case.steps]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_variables_enter_the_environment_in_the_order_of_eups(case: SetupCase) -> None:
    orders = [_order(changes) for changes in play_in_memory(case)]
    assert orders == [_order(step.expected) for step in case.steps]


def test_a_hundred_products_are_set_up_as_eups_does() -> None:
    steps = json.loads((DATA / "synthetic.json").read_text(encoding="utf-8"))["steps"]
    expected = [step["expected"] for step in steps]
    case = synthetic_case().expecting(expected)
    assert [list(step.arguments) for step in case.steps] == [step["arguments"] for step in steps]
    assert play_in_memory(case) == expected
    assert len([name for name in expected[0]["set"] if name.startswith("SETUP_")]) == 100


@pytest.mark.parametrize("name", ["goldens.json", "random.json", "rules.json", "synthetic.json"])
def test_the_origin_of_the_results_is_recorded(name: str) -> None:
    assert "EUPS 2.2.15" in json.loads((DATA / name).read_text(encoding="utf-8"))["origin"]
