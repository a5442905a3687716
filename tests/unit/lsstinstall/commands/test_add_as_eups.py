"""What ``lsstinstall add`` makes of servers and settings, beside what EUPS was seen to make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.eupsways import install_with_ours
from tests.support.waycases import WAY_CASES

if TYPE_CHECKING:
    from tests.support.eupsways import Outcome, WayCase

# Packages are unpacked in processes of their own.
pytestmark = pytest.mark.process

DATA = Path(__file__).parents[3] / "data" / "eupsways.json"


@pytest.fixture(scope="module")
def answers() -> dict[str, Outcome]:
    """What EUPS made of each case, by name."""
    recorded: dict[str, Outcome] = json.loads(DATA.read_text(encoding="utf-8"))["answers"]
    return recorded


def _ours(case: WayCase, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    return install_with_ours(case, folder, monkeypatch.setenv)


@pytest.mark.parametrize("case", [case for case in WAY_CASES if not case.differs], ids=lambda case: case.name)
def test_an_installation_ends_as_with_eups(
    case: WayCase, answers: dict[str, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _ours(case, tmp_path, monkeypatch) == answers[case.name]


@pytest.mark.parametrize("case", [case for case in WAY_CASES if case.differs], ids=lambda case: case.name)
def test_where_we_differ_from_eups_it_is_known(
    case: WayCase, answers: dict[str, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _ours(case, tmp_path, monkeypatch)
    assert ours != answers[case.name]
    assert ours["ok"] is case.works
