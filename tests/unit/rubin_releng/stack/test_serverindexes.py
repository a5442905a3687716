from __future__ import annotations

import json

import pytest

from rubin_releng.stack.publishplans import Change
from rubin_releng.stack.serverindexes import extend_index
from tests.support.publications import FakePackageRoot

INDEX = "src/tags/index.json"


def names(root: FakePackageRoot) -> list[str]:
    found: list[str] = json.loads(root.files[INDEX])
    return found


def test_a_folder_without_a_list_is_looked_through() -> None:
    root = FakePackageRoot()
    root.files["src/tags/a.list"] = b""
    assert extend_index("src/tags", ["b.list"], root) is Change.ADD
    assert names(root) == ["a.list", "b.list"]
    assert extend_index("src/tags", ["a.list"], root) is Change.KEEP


def test_a_list_is_completed() -> None:
    root = FakePackageRoot()
    root.files[INDEX] = b'["z.list"]'
    assert extend_index("src/tags", ["b.list"], root) is Change.MOVE
    assert names(root) == ["b.list", "z.list"]


@pytest.mark.parametrize("content", [b"nonsense", b"{}", b"[1]"])
def test_a_list_that_is_none_is_made_anew(content: bytes) -> None:
    root = FakePackageRoot()
    root.files[INDEX] = content
    assert extend_index("src/tags", ["b.list"], root) is Change.MOVE
    assert names(root) == ["b.list"]


def test_names_that_somebody_else_adds_meanwhile_stay() -> None:
    root = FakePackageRoot()
    root.files[INDEX] = b'["a.list"]'
    root.rivals[INDEX] = b'["a.list", "theirs.list"]'
    extend_index("src/tags", ["ours.list"], root)
    assert names(root) == ["a.list", "ours.list", "theirs.list"]
