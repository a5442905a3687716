"""What the ledger tells change logs, read and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.tags import EupsTag
from rubin_releng.commands.changelogledgers import LedgerRequirements
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_LEDGER = ROOT / "recipes" / "rubin-env"
_RELEASE = EupsTag.parse("v29_0_0")


def test_the_ledger_tells_versions_and_requirements(tmp_path: Path) -> None:
    for ledger in (
        LedgerRequirements(_LEDGER),
        LedgerRequirements(_LEDGER / "requirements.yaml", kept=tmp_path),
    ):
        assert ledger.version_of(_RELEASE) == "10.0.0"
        assert ledger.version_of(EupsTag.parse("w_2013_01")) is None
        content = ledger.requirements("10.0.0")
        assert content is not None
        assert any(slot.package == "python" for slot in content.values)
        assert ledger.requirements("0.0.0") is None


def test_what_was_read_once_is_kept_and_is_the_same(tmp_path: Path) -> None:
    ledger = tmp_path / "requirements.yaml"
    ledger.write_text((_LEDGER / "requirements.yaml").read_text())
    kept = tmp_path / "kept"
    fresh = LedgerRequirements(ledger, kept=kept)
    first = fresh.version_of(_RELEASE), fresh.requirements("10.0.0"), fresh.requirements("0.0.0")
    damaged = next(kept.rglob("requirements-0.0.0.json"))

    again = LedgerRequirements(ledger, kept=kept)
    second = again.version_of(_RELEASE), again.requirements("10.0.0"), again.requirements("0.0.0")
    damaged.write_text("{")
    third = LedgerRequirements(ledger, kept=kept).requirements("0.0.0")

    assert first[0] == second[0]
    assert first[1] is not None
    assert second[1] is not None
    assert first[1].values == second[1].values
    assert first[2] is second[2] is third is None


def test_the_ledger_of_the_checkout_is_found_and_none_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert LedgerRequirements().version_of(_RELEASE) is None
    assert LedgerRequirements().requirements("10.0.0") is None
    monkeypatch.chdir(ROOT / "tools")
    assert LedgerRequirements().version_of(_RELEASE) == "10.0.0"


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")

    assert LedgerRequirements(_LEDGER, kept=tmp_path / "kept").version_of(_RELEASE) == "10.0.0"
