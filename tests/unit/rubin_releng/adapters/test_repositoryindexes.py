"""``repos.yaml``, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError, ProblemsError, UnavailableError
from lsstinstall.core.names import ProductName
from rubin_releng.adapters.repositoryindexes import RepositoryIndexes, open_indexes
from tests.support.webservers import WebServer, serve

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


@pytest.mark.network
def test_a_file_of_a_server_is_read_anew_and_kept_for_being_offline(tmp_path: Path) -> None:
    with serve(WebServer()) as server:
        url = f"{server.url}/etc/repos.yaml"
        with pytest.raises(NotFoundError):
            open_indexes(url, folder=tmp_path)
        with pytest.raises(UnavailableError, match="was never read"):
            open_indexes(url, folder=tmp_path, offline=True)
        for name in ("afw", "base"):
            server.files["etc/repos.yaml"] = f"{name}: https://example.org/{name}\n".encode()
            for offline in (False, True):
                found = open_indexes(url, folder=tmp_path, offline=offline)
                assert [one.product for one in found.today().repositories] == [name]
        assert open_indexes(url, folder=tmp_path, offline=True).dropped([ProductName("other")]) == {}


def test_a_file_of_this_machine_may_be_a_url(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text(_TEXT)
    found = [open_indexes(where, folder=tmp_path).today() for where in (path.as_uri(), str(path))]
    assert found[0] == found[1] == RepositoryIndexes(str(path)).today()
