"""The made-up stack of repositories: what was asked for is in it, the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import run
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.graph import levels
from tests.support.gitstacks import GitStack, make_stack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def _git(repository: Path, *arguments: str) -> str:
    return run(("git", "-C", str(repository), *arguments), cwd=None, env=None, timeout=None).stdout


def _make(folder: Path) -> GitStack:
    return make_stack(folder, products=8, commits=200, tags=163, payload_bytes=100, seed=3)


def test_a_stack_holds_what_was_asked_for(tmp_path: Path) -> None:
    stack = _make(tmp_path)
    assert len(stack.products) == 8
    commits = [int(_git(stack.repository(one), "rev-list", "--all", "--count")) for one in stack.products]
    tags = [len(_git(stack.repository(one), "tag").split()) for one in stack.products]
    assert (sum(commits), sum(tags)) == (200, 163)
    assert _make(tmp_path) == stack


def test_manifests_name_the_commits_of_the_tags(tmp_path: Path) -> None:
    stack = _make(tmp_path)
    for tag in (stack.weeklies[-1], stack.releases[-1]):
        path = stack.versiondb / "manifests" / f"{stack.builds[tag]}.txt"
        manifest = parse_build_manifest(path.read_text(), source=tag)
        assert {str(product.name) for product in manifest.products} == set(stack.products)
        for product in manifest.products:
            containing = _git(stack.repository(product.name), "tag", "--points-at", product.sha).split()
            assert any(name.replace(".", "_").lstrip("v") == tag.lstrip("v") for name in containing)


def test_a_stack_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = _make(tmp_path / "one"), _make(tmp_path / "two")
    for product in one.products:
        assert _git(one.repository(product), "for-each-ref") == _git(two.repository(product), "for-each-ref")


def test_a_large_stack_is_as_deep_as_the_real_one(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, products=60, commits=60, tags=60, payload_bytes=1)
    assert len(levels(stack.dependencies)) == 25
    assert stack.repos_yaml.read_text().count("ref: lsst-dev") == 2


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(SystemExit, match="something else"):
        _make(tmp_path)
