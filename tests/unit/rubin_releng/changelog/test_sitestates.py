from __future__ import annotations

from dataclasses import replace

import pytest

from rubin_releng.changelog.sitestates import SiteState, parse_site_state, settings_key
from rubin_releng.core.changelogsettings import ChangeLogSettings


def test_a_state_is_read_as_it_was_written() -> None:
    state = SiteState(fingerprint="abc", pages={"w_2026_02": "2", "w_2026_01": "1"})
    assert parse_site_state(state.format()) == state


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"schema": 9}', '{"schema": 1, "pages": 3}', "nonsense"]
)
def test_what_cannot_be_read_is_no_state(text: str | None) -> None:
    assert parse_site_state(text) == SiteState()


def test_other_settings_have_another_key() -> None:
    settings = ChangeLogSettings()
    assert settings_key(settings) == settings_key(ChangeLogSettings())
    assert settings_key(settings) != settings_key(replace(settings, projects=("DM",)))
