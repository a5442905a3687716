from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eupsreaders import StackReader
from lsstinstall.adapters.setupdisk import FolderDisk
from lsstinstall.core.names import ProductName
from tests.support.stacks import LINUX, FakeDisk, FakeStack, StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.setups import SetupDisk

PRODUCTS = (StackProduct(name="aa", version="1", table=""), StackProduct(name="bb", version="1"))


@pytest.fixture(params=["real", "fake"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> SetupDisk:
    """A disk with a stack, and a folder with two table files beside it."""
    if request.param == "fake":
        stack = FakeStack(PRODUCTS, str(tmp_path / "stack"))
        folders = {f"{tmp_path}/mine": ["bb", "aa"], f"{tmp_path}/bare": []}
        return FakeDisk([stack], folders)
    write_stack(PRODUCTS, tmp_path / "stack")
    for name in ("bb", "aa"):
        table = tmp_path / "mine" / "ups" / f"{name}.table"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text("")
    (tmp_path / "bare").mkdir()
    return FolderDisk([], flavor=LINUX)


def test_a_stack_is_opened_by_its_path(disk: SetupDisk, tmp_path: Path) -> None:
    stack = disk.stack(f"{tmp_path}/stack")
    assert stack is not None
    assert stack.versions(ProductName("aa")) == ("1",)
    assert stack.products() == ("aa", "bb")
    assert disk.stack(f"{tmp_path}/stack") is stack


@pytest.mark.parametrize("path", ["(none)", "none", "/nowhere", "relative"])
def test_what_is_no_stack_is_none(disk: SetupDisk, path: str) -> None:
    assert disk.stack(path) is None


def test_the_tables_of_a_folder_are_found_by_product(disk: SetupDisk, tmp_path: Path) -> None:
    assert dict(disk.tables(f"{tmp_path}/mine") or {}) == {
        "aa": f"{tmp_path}/mine/ups/aa.table",
        "bb": f"{tmp_path}/mine/ups/bb.table",
    }


def test_a_folder_without_tables_is_there_all_the_same(disk: SetupDisk, tmp_path: Path) -> None:
    assert disk.tables(f"{tmp_path}/bare") == {}
    assert disk.tables(f"{tmp_path}/nowhere") is None


def test_a_stack_that_is_open_is_not_opened_again(tmp_path: Path) -> None:
    write_stack(PRODUCTS, tmp_path)
    stack = StackReader(tmp_path, flavor=LINUX)
    assert FolderDisk([stack], flavor=LINUX).stack(str(tmp_path)) is stack
