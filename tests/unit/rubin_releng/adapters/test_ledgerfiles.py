from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import FormatError, NotFoundError, ProblemsError
from rubin_releng.adapters.ledgerfiles import load_ledger
from tests.support.ledgers import SMALL_LEDGER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "all").mkdir()
    (tmp_path / "all/requirements.yaml").write_text(SMALL_LEDGER)
    return tmp_path / "all/requirements.yaml"


def _refer(ledger: Path, text: str) -> Path:
    place = ledger.parent.with_name("line")
    place.mkdir()
    (place / "requirements.yaml").write_text(text)
    return place


def test_a_ledger_is_read_by_its_folder_or_its_name(ledger: Path) -> None:
    assert load_ledger(ledger.parent) == load_ledger(ledger)
    assert load_ledger(ledger).folder == ledger.parent
    assert load_ledger(ledger).ledger.source == str(ledger)


def test_a_reference_may_name_a_line(ledger: Path) -> None:
    place = _refer(ledger, 'ledger: ../all/requirements.yaml\nline: "2"\n')
    loaded = load_ledger(place)
    assert [str(record.id) for record in loaded.ledger.versions] == ["2.0.0=0", "2.0.0"]
    assert loaded.folder.resolve() == ledger.parent


def test_a_reference_may_mean_all_lines(ledger: Path) -> None:
    assert len(load_ledger(_refer(ledger, "ledger: ../all\n")).ledger.versions) == 4


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("ledger: ../none\n", NotFoundError, "there is no `"),
        ('ledger: ../all\nline: "7"\n', NotFoundError, "rubin-env has no line `7`"),
        ("ledger: ../all\nline: 2\n", FormatError, "requirements.yaml:2:7: the number `2` instead of a text"),
        ("ledger: ../all\nlines: x\n", FormatError, "requirements.yaml:2:1: unknown key `lines`"),
        ("ledger: .\n", FormatError, "is no ledger, but refers to one"),
        ("- x\n", ProblemsError, "is no limits ledger"),
        ("ledger: [\n", FormatError, "requirements.yaml:2:1: "),
    ],
)
def test_a_wrong_reference_is_told(ledger: Path, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        load_ledger(_refer(ledger, text))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        (">>1", "is no spec of conda: "),
        ("<2 <3", "is no spec of conda: more than a name, versions and a build"),
        ("1 2 3", "is no spec of conda: more than a name, versions and a build"),
        (">=2,<1", "no version satisfies `zlib >=2,<1`"),
    ],
)
def test_specs_that_are_none_are_told_with_their_line(ledger: Path, limit: str, problem: str) -> None:
    ledger.write_text(f'{SMALL_LEDGER}      zlib: "{limit}"\n')
    with pytest.raises(ProblemsError, match="contradicts itself") as caught:
        load_ledger(ledger)
    (one,) = caught.value.problems
    assert str(one).startswith(f"{ledger}:{len(SMALL_LEDGER.splitlines()) + 1}:1: ")
    assert problem in str(one)


@pytest.mark.parametrize("limit", ["==14.*", "* *openblas", "1.20", "3.13.* *_cp313", ">=6,<7|>=8"])
def test_specs_that_conda_reads_are_fine(ledger: Path, limit: str) -> None:
    ledger.write_text(f'{SMALL_LEDGER}      zlib: "{limit}"\n')
    assert load_ledger(ledger).ledger.entries[-1].limit == limit
