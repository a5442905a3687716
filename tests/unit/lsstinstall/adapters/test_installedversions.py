from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack, TablePlace
from lsstinstall.adapters.files import sha256_of, write_atomic
from lsstinstall.adapters.installedversions import DiskInstalledVersions
from lsstinstall.adapters.stackfolders import record_path
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.names import ProductName
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from lsstinstall.core.versions import EupsVersion
from tests.support.packages import LINUX

if TYPE_CHECKING:
    from pathlib import Path

AFW = ProductName("afw")
PLANNED = PlannedProduct(product=AFW, version=EupsVersion("9"), action=ProductAction.UNPACK)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack.create(tmp_path / "stack", flavor=LINUX)


def _install(stack: Stack, version: str, *, time: int, recorded: bool = True) -> Path:
    folder = stack.path / LINUX / "afw" / version
    folder.mkdir(parents=True)
    (folder / "file").write_text(f"content of {version}")
    stack.declare(AFW, EupsVersion(version), directory=folder, table=TablePlace.NOWHERE)
    if recorded:
        record = record_path(stack.path, LINUX, AFW, EupsVersion(version))
        write_atomic(record, list_files(folder).format())
        os.utime(record, (time, time))
    os.utime(folder, (time, time))
    return folder


def test_what_was_installed_last_is_looked_into_first_and_no_more_than_two(stack: Stack) -> None:
    folders = {version: _install(stack, version, time=int(version) * 100) for version in ("3", "1", "2")}
    found = DiskInstalledVersions([stack]).versions_beside(PLANNED)
    assert [source.directory for source in found] == [str(folders["3"]), str(folders["2"])]
    assert found[0].digests == {sha256_of(folders["3"] / "file"): "file"}
    assert found[0].is_own


def test_what_eups_installed_is_read_file_by_file(stack: Stack) -> None:
    folder = _install(stack, "1", time=100, recorded=False)
    (source,) = DiskInstalledVersions([stack]).versions_beside(PLANNED)
    assert source.digests == {sha256_of(folder / "file"): "file"}


def test_the_same_version_in_another_stack_comes_first(stack: Stack, tmp_path: Path) -> None:
    _install(stack, "1", time=900)
    other = Stack.create(tmp_path / "other", flavor=LINUX)
    folder = _install(other, "9", time=100)
    found = DiskInstalledVersions([stack, other]).versions_beside(PLANNED)
    assert found[0].directory == str(folder)
    assert [source.is_own for source in found] == [False, True]


def test_versions_without_a_folder_or_with_a_broken_record_are_passed_over(stack: Stack) -> None:
    gone = _install(stack, "1", time=100)
    (gone / "file").unlink()
    gone.rmdir()
    stack.declare(AFW, EupsVersion("2"), directory=None, table=TablePlace.NOWHERE)
    _install(stack, "3", time=300)
    record_path(stack.path, LINUX, AFW, EupsVersion("3")).write_text("{")
    assert DiskInstalledVersions([stack]).versions_beside(PLANNED) == ()


def test_an_unknown_product_has_no_versions(stack: Stack) -> None:
    other = replace(PLANNED, product=ProductName("nothing"))
    assert DiskInstalledVersions([stack]).versions_beside(other) == ()
