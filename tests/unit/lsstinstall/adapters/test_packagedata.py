from __future__ import annotations

import pytest

from lsstinstall.adapters.packagedata import load_defaults, read_data


def test_the_defaults_are_those_of_the_tool_we_replace() -> None:
    defaults = load_defaults()
    assert defaults.version is None
    assert defaults.channels == ("conda-forge",)
    assert defaults.eups_url.startswith("https://")


@pytest.mark.parametrize("shell", ["sh", "csh", "fish"])
def test_the_load_script_has_a_place_for_each_thing_it_must_know(shell: str) -> None:
    text = read_data(f"loadLSST.{shell}")
    assert all(text.count(f"'@{name}@'") == 1 for name in ("CONDA_ROOT", "ENVIRONMENT", "STACK", "PYTHON"))
