from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rubin_releng.adapters.gitaddresses import read_address

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """[core]
\tbare = true
[remote "upstream"]
\turl = https://example.org/other/afw
[remote "origin"]
\tfetch = +refs/heads/*:refs/remotes/origin/*
\turl = {}
[branch "main"]
\turl = https://example.org/wrong
"""


@pytest.mark.parametrize("url", ["https://example.org/lsst/afw.git", "git@example.org:lsst/afw"])
@pytest.mark.parametrize("place", ["config", ".git/config"])
def test_a_clone_knows_where_it_came_from(url: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(CONFIG.format(url))
    assert read_address(tmp_path) == url


@pytest.mark.parametrize("url", ["/data/afw", "../afw", "file:///data/afw"])
def test_an_address_on_this_machine_means_nothing_elsewhere(url: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG.format(url))
    assert read_address(tmp_path) is None


def test_a_repository_of_its_own_has_no_address(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[core]\n")
    assert read_address(tmp_path) is None
    assert read_address(tmp_path / "nowhere") is None
