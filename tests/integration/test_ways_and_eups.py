"""The record of what EUPS makes of servers and settings, checked with the real one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.eupsways import install_with_eups
from tests.support.realeups import find_eups
from tests.support.waycases import WAY_CASES

if TYPE_CHECKING:
    from tests.support.eupsways import WayCase

pytestmark = [pytest.mark.eups, pytest.mark.process]

DATA = Path(__file__).parents[1] / "data" / "eupsways.json"


@pytest.fixture(scope="module")
def eups() -> Path:
    """The folder of a real EUPS."""
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("case", WAY_CASES, ids=lambda case: case.name)
def test_eups_does_what_was_written_down(case: WayCase, tmp_path: Path, eups: Path) -> None:
    recorded = json.loads(DATA.read_text(encoding="utf-8"))["answers"]
    assert install_with_eups(case, tmp_path, eups) == recorded[case.name]
