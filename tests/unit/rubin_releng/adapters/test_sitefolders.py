"""Sites on disk are whole, whatever happens while they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ToolkitError
from rubin_releng.adapters.sitefolders import SiteFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    site = SiteFolder(tmp_path)
    assert site.write({"a/b.html": b"one", "c.json": b"two"}) == 2
    assert site.write({"a/b.html": b"one", "c.json": b"three"}) == 1
    assert (site.read("c.json"), site.read("d"), site.has("a/b.html")) == ("three", None, True)
    site.remove("c.json")
    assert (site.listing("a", ".html"), site.has("c.json")) == (("a/b.html",), False)


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.html" / "inside").mkdir(parents=True)
    with pytest.raises(ToolkitError, match=r"page\.html"):
        SiteFolder(tmp_path).write({"page.html": b"text"})
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / ".page.html.123.new").write_text("half")
    SiteFolder(tmp_path).finish("state.json", "{}")
    assert not list((tmp_path / "releases").iterdir())
    assert SiteFolder(tmp_path).read("state.json") == "{}"
