from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ToolkitError
from rubin_releng.images.cleaner import CleanupAction, CleanupRules, apply_cleanup, plan_cleanup
from tests.support.images import MemoryTree, a_folder, a_link

if TYPE_CHECKING:
    from rubin_releng.core.trees import TreeEntry

ELF = b"\x7fELF and more"


class CleanableMemory(MemoryTree):
    """A folder in memory that remembers what was done to it."""

    def __init__(self, *args: object, broken: str = "", **rest: object) -> None:
        super().__init__(*args, **rest)  # type: ignore[arg-type]
        self.done: list[str] = []
        self.broken = broken

    def begins_with(self, entry: TreeEntry, size: int) -> bytes:
        """Read the first bytes."""
        return self.files[entry.path][:size]

    def remove_folder(self, path: str) -> None:
        """Remember it."""
        self.done.append(f"remove {path}")

    def strip(self, path: str) -> int:
        """Take 5 bytes off."""
        if path == self.broken:
            raise ToolkitError(f"cannot strip `{path}`")
        self.done.append(f"strip {path}")
        return len(self.files[path]) - 5


def a_tree(broken: str = "") -> CleanableMemory:
    folders = ["afw", "afw/1", "afw/1/doc", "afw/1/doc/html", "afw/1/lib", "afw/1/tests", "afw/1/tests/data"]
    more = ["afw/1/src", "afw/1/python", "afw/1/python/tests", "other", "other/tests", "utils", "utils/2"]
    files = {
        "afw/1/doc/html/x": b"12345",
        "afw/1/lib/lib.so": ELF,
        "afw/1/lib/script": b"#!/bin/sh",
        "afw/1/lib/short": b"\x7fEL",
        "afw/1/tests/data/y": ELF,
        "afw/1/tests/z": b"1",
        "afw/1/src/x.cc": b"1234",
        "afw/1/python/tests/kept": b"1",
        "other/tests/kept": ELF,
        "utils/2/run": ELF,
    }
    links = [a_link("afw/1/lib/link", "lib.so"), a_link("afw/1/tests/link", "z")]
    return CleanableMemory(files, [*map(a_folder, [*folders, *more]), *links], broken=broken)


PRODUCTS = ("afw/1", "utils/2")


def test_only_elf_files_are_stripped_and_only_folders_of_products_removed() -> None:
    tree = a_tree()
    plan = plan_cleanup(tree, PRODUCTS, CleanupRules())
    assert [(step.action, step.path, step.files, step.size_bytes) for step in plan.steps] == [
        (CleanupAction.DOCS, "afw/1/doc/html", 1, 5),
        (CleanupAction.STRIP, "afw/1/lib/lib.so", 1, 13),
        (CleanupAction.SOURCES, "afw/1/src", 1, 4),
        (CleanupAction.TESTS, "afw/1/tests", 3, 14),
        (CleanupAction.STRIP, "utils/2/run", 1, 13),
    ]
    assert tree.done == []


def test_it_is_told_how_much_each_rule_saved() -> None:
    tree = a_tree()
    done = apply_cleanup(plan_cleanup(tree, PRODUCTS, CleanupRules()), tree)
    assert {action: (done.files[action], done.size_bytes[action]) for action in CleanupAction} == {
        CleanupAction.STRIP: (2, 10),
        CleanupAction.TESTS: (3, 14),
        CleanupAction.DOCS: (1, 5),
        CleanupAction.SOURCES: (1, 4),
    }
    assert tree.done == [
        "remove afw/1/doc/html",
        "strip afw/1/lib/lib.so",
        "remove afw/1/src",
        "remove afw/1/tests",
        "strip utils/2/run",
    ]


def test_rules_that_are_off_take_nothing_out() -> None:
    none = CleanupRules(strip=False, tests=False, docs=False, sources=False)
    assert plan_cleanup(a_tree(), PRODUCTS, none).steps == ()
    assert plan_cleanup(a_tree(), (), CleanupRules()).steps == ()


def test_a_real_error_ends_the_clean_up() -> None:
    tree = a_tree(broken="afw/1/lib/lib.so")
    plan = plan_cleanup(tree, PRODUCTS, CleanupRules())
    with pytest.raises(ToolkitError, match="cannot strip"):
        apply_cleanup(plan, tree)
    assert tree.done == ["remove afw/1/doc/html"]


def test_other_rules_have_another_identity() -> None:
    assert CleanupRules().identity == CleanupRules().identity
    assert CleanupRules().identity != CleanupRules(docs=False).identity
