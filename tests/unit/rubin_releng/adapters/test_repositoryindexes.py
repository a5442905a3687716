"""``repos.yaml``, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.adapters.repositoryindexes import RepositoryIndexes

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = "afw: https://example.org/afw\nbase:\n  url: https://example.org/base\n  ref: develop\n  lfs: true\n"


def test_what_is_kept_of_a_file_is_what_it_says(tmp_path: Path) -> None:
    path, kept = tmp_path / "repos.yaml", tmp_path / "cache"
    path.write_text(_TEXT)
    indexes = RepositoryIndexes(str(path), kept=kept)
    expected = RepositoryIndexes(str(path)).today()
    assert indexes.today() == expected
    # The second time it is read back.
    assert [found.name for found in kept.iterdir()] == ["repos.json"]
    assert indexes.today() == expected


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text(_TEXT)
    indexes = RepositoryIndexes(str(path), kept=tmp_path / "cache")
    indexes.today()
    path.write_text("pipe: https://example.org/pipe\n")
    assert [one.product for one in indexes.today().repositories] == ["pipe"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"digest": "x"}'])
def test_what_is_kept_may_be_damaged(tmp_path: Path, text: str) -> None:
    path, kept = tmp_path / "repos.yaml", tmp_path / "cache"
    path.write_text(_TEXT)
    indexes = RepositoryIndexes(str(path), kept=kept)
    expected = indexes.today()
    (kept / "repos.json").write_text(text)
    assert indexes.today() == expected


def test_nothing_is_kept_of_a_file_that_cannot_be_meant(tmp_path: Path) -> None:
    path, kept = tmp_path / "repos.yaml", tmp_path / "cache"
    path.write_text("afw: [1]\n")
    with pytest.raises(ProblemsError):
        RepositoryIndexes(str(path), kept=kept).today()
    assert not kept.exists()
