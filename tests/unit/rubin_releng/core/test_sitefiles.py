from __future__ import annotations

from lsstinstall.core.remaps import RemapAction, RemapPurpose, parse_remap
from rubin_releng.core.sitefiles import EXCLUSIONS, REMAP


def test_new_folders_publish_no_data() -> None:
    rules = parse_remap(REMAP, source="manifest.remap")
    assert len(rules) == 24
    assert {rule.action for rule in rules} == {RemapAction.DROP}
    assert {rule.purpose for rule in rules} == {RemapPurpose.CREATE}


def test_new_folders_exclude_what_lsstsw_excludes() -> None:
    lines = [line.split() for line in EXCLUSIONS.splitlines() if not line.startswith("#")]
    assert [line[1] for line in lines] == [".*"] * 3
