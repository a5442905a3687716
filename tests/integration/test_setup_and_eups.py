"""Set-ups beside a real EUPS, on the same stack, in the same environment.

The same cases are compared with EUPS's recorded results in the unit tests;
here the record itself is checked, and what shells make of both outputs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.expansioncases import ExpansionCase, expand_with_eups
from tests.support.makesetupcases import synthetic_case
from tests.support.randomcases import random_case
from tests.support.realeups import find_eups, play_with_eups
from tests.support.setupcases import Changes, SetupCase, base_environ, play_on_disk, write_case

pytestmark = [pytest.mark.eups, pytest.mark.process]

DATA = Path(__file__).parents[1] / "data"
SEEDS = (1001, 1002, 1003, 1004, 1005, 1006, 1008, 1010)


def _cases(name: str) -> list[SetupCase]:
    data = json.loads((DATA / "setups" / name).read_text(encoding="utf-8"))
    return [SetupCase.from_dict(case) for case in data["cases"]]


EXPANSIONS = [
    ExpansionCase.from_dict(case)
    for case in json.loads((DATA / "expansions.json").read_text(encoding="utf-8"))["cases"]
]


@pytest.fixture(scope="module")
def eups() -> Path:
    """The folder of a real EUPS."""
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS: neither EUPS_DIR is set nor is eups_setup on PATH")
    return folder


def _check(case: SetupCase, root: Path, eups: Path) -> list[Changes | None]:
    write_case(case, root)
    real = play_with_eups(case, root, eups)
    assert play_on_disk(case.expecting(real), root, str(eups)) == real
    return real


@pytest.mark.parametrize("case", _cases("goldens.json"), ids=lambda case: case.name)
def test_the_golden_products_are_set_up_as_eups_does(case: SetupCase, tmp_path: Path, eups: Path) -> None:
    _check(case, tmp_path, eups)


def test_a_hundred_products_are_set_up_as_eups_does(tmp_path: Path, eups: Path) -> None:
    _check(synthetic_case(), tmp_path, eups)


@pytest.mark.slow
@pytest.mark.parametrize("case", _cases("rules.json"), ids=lambda case: case.name)
def test_every_rule_is_that_of_eups(case: SetupCase, tmp_path: Path, eups: Path) -> None:
    assert [step.expected for step in case.steps] == _check(case, tmp_path, eups)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_random_stacks_are_set_up_as_eups_does(seed: int, tmp_path: Path, eups: Path) -> None:
    _check(random_case(seed), tmp_path, eups)


@pytest.mark.slow
@pytest.mark.parametrize("case", EXPANSIONS, ids=lambda case: case.name)
def test_tables_are_expanded_as_eups_does(case: ExpansionCase, eups: Path) -> None:
    assert case.text() == expand_with_eups(case, eups)


def test_a_shell_ends_in_the_same_environment(tmp_path: Path, eups: Path) -> None:
    case = synthetic_case()
    write_case(case, tmp_path)
    environ = base_environ(case, root=str(tmp_path), eups=str(eups))
    ours = f"{sys.executable} -m lsstinstall setup top -t w_2026_43"
    theirs = f"{sys.executable} {eups}/bin/eups_setup top -t w_2026_43"
    assert _environment_after(ours, environ) == _environment_after(theirs, environ)


def _environment_after(command: str, environ: dict[str, str]) -> dict[str, str]:
    script = f'eval "$({command} 2>/dev/null)"; /usr/bin/env -0'
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, check=True, text=True)
    pairs = (line.partition("=") for line in done.stdout.split("\0") if line)
    return {name: value for name, _, value in pairs if name not in {"_", "SHLVL", "PWD"}}
