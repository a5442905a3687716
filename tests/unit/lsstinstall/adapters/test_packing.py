from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.packing import pack_tree
from lsstinstall.core.errors import NotFoundError, ToolkitError

if TYPE_CHECKING:
    from pathlib import Path


def _tree(root: Path) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "run").write_text("#!/bin/sh\n")
    (root / "bin" / "run").chmod(0o755)
    (root / "lib.so").symlink_to("lib.so.1")
    (root / "lib.so.1").write_bytes(b"machine code")
    (root / "empty").mkdir()
    return root


def _unpack(archive: Path, out: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(out, filter="tar")


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seconds in (("one", 1000), ("two", 2000)):
        tree = _tree(tmp_path / name)
        os.utime(tree / "lib.so.1", (seconds, seconds))
        pack_tree(tree, tmp_path / f"{name}.tar.gz", prefix="afw/1.0", epoch=4)
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_a_packed_tree_unpacks_to_the_same_tree(tmp_path: Path) -> None:
    pack_tree(_tree(tmp_path / "tree"), tmp_path / "x.tar.gz", prefix="afw/1.0")
    _unpack(tmp_path / "x.tar.gz", tmp_path / "out")
    out = tmp_path / "out/afw/1.0"
    assert (out / "bin/run").stat().st_mode & 0o777 == 0o755
    assert (out / "lib.so").readlink().name == "lib.so.1"
    assert (out / "empty").is_dir()


def test_members_are_sorted_and_belong_to_nobody(tmp_path: Path) -> None:
    pack_tree(_tree(tmp_path / "tree"), tmp_path / "x.tar.gz", prefix="p", epoch=7)
    with tarfile.open(tmp_path / "x.tar.gz") as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        "p", "p/bin", "p/bin/run", "p/empty", "p/lib.so", "p/lib.so.1",
    ]  # fmt: skip
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {(0, 0, "", 7)}


def test_further_files_are_packed_in_place_of_those_of_the_tree(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    pack_tree(tree, tmp_path / "x.tar.gz", prefix="p", extra={".pwd": b"/build", "bin/run": b"other"})
    _unpack(tmp_path / "x.tar.gz", tmp_path / "out")
    assert (tmp_path / "out/p/.pwd").read_bytes() == b"/build"
    assert (tmp_path / "out/p/bin/run").read_bytes() == b"other"


def test_a_tree_with_a_pipe_is_not_packed_and_nothing_stays(tmp_path: Path) -> None:
    os.mkfifo(_tree(tmp_path / "tree") / "pipe")
    with pytest.raises(ToolkitError, match="neither a file nor a folder nor a link"):
        pack_tree(tmp_path / "tree", tmp_path / "x.tar.gz", prefix="p")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_a_tree_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        pack_tree(tmp_path / "tree", tmp_path / "x.tar.gz", prefix="p")
