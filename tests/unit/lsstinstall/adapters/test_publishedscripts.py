from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack, TablePlace
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.adapters.packing import pack_tree
from lsstinstall.adapters.publishedscripts import PublishedScripts
from lsstinstall.core.names import ProductName, Sha256
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.versions import EupsVersion
from tests.support.packages import LINUX

if TYPE_CHECKING:
    from pathlib import Path

AFW, ONE = ProductName("afw"), EupsVersion("1")
SCRIPT = b"#!/build/env/bin/python3 -E\nimport sys\n"
REPAIRED = b"#!/opt/env/bin/python\nimport sys\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A product, the package of which lies in ``root``."""
    folder = tmp_path / "stack/Linux64/afw/1"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/run").write_bytes(SCRIPT)
    (folder / "README").write_text("read me")
    (tmp_path / "root").mkdir()
    pack_tree(folder, tmp_path / "root/afw.tar.gz", prefix="afw/1", epoch=0)
    (tmp_path / "root/afw.index").write_bytes(index_archive(tmp_path / "root/afw.tar.gz").format())
    Stack.create(tmp_path / "stack", flavor=LINUX).declare(
        AFW, ONE, directory=folder, table=TablePlace.NOWHERE
    )
    return folder


def _is_repaired(tmp_path: Path, path: str = "bin/run") -> bool:
    url = str(tmp_path / "root")
    data = (tmp_path / "root/afw.index").read_bytes()
    digest = Sha256(hashlib.sha256(data).hexdigest())
    planned = PlannedProduct(
        product=AFW,
        version=ONE,
        action=ProductAction.UNPACK,
        root=url,
        path="afw.tar.gz",
        directory="afw/1",
        index=FileRecord(path="afw.index", size_bytes=len(data), sha256=digest),
    )
    scripts = PublishedScripts(Stack.open(tmp_path / "stack", flavor=LINUX), {url: open_pkgroot(url)})
    # Once more: the index is kept.
    assert scripts.is_repaired(planned, path) == scripts.is_repaired(planned, path)
    return scripts.is_repaired(planned, path)


def test_a_repaired_script_is_known_by_that_of_the_package(installed: Path, tmp_path: Path) -> None:
    (installed / "bin/run").write_bytes(REPAIRED)
    assert _is_repaired(tmp_path)


@pytest.mark.parametrize("content", [REPAIRED + b"\n", b"no script", b"#!/bin/sh\nimport sys\n"])
def test_another_change_is_one(installed: Path, tmp_path: Path, content: bytes) -> None:
    (installed / "bin/run").write_bytes(content)
    assert not _is_repaired(tmp_path)


def test_what_nobody_can_read_is_not_known(installed: Path, tmp_path: Path) -> None:
    (installed / "bin/run").write_bytes(REPAIRED)
    (tmp_path / "root/afw.tar.gz").write_bytes(b"damaged")
    assert not _is_repaired(tmp_path)
    assert not _is_repaired(tmp_path, "nothing")


def test_a_product_that_is_not_there_has_no_scripts(tmp_path: Path, installed: Path) -> None:
    assert installed.is_dir()
    (tmp_path / "stack/ups_db/afw/1.version").unlink()
    assert not _is_repaired(tmp_path)
