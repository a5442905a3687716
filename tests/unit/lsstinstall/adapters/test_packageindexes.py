from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.gzipmembers import inflate_members
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.adapters.packing import pack_tree
from lsstinstall.core.errors import CorruptError, NotFoundError
from tests.support.packages import make_tarball

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.packageindexes import PackageIndex

LARGE = os.urandom(700_000)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def _pack(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    _write(tree / "LICENSE", b"free")
    _write(tree / "README", b"read me")
    _write(tree / "bin/run", b"#!/bin/sh\n", 0o755)
    _write(tree / "lib/large.so", LARGE)
    _write(tree / f"lib/{'long/' * 30}name.txt", b"far below")
    (tree / "lib/link.so").symlink_to("large.so")
    for number in range(100):
        _write(tree / f"python/module{number}.py", bytes([number]) * 10_000)
    _write(tree / "ups/afw.table", b"")
    archive = tmp_path / "afw.tar.gz"
    pack_tree(tree, archive, prefix="afw/1.0")
    return archive


def _content(archive: Path, index: PackageIndex, path: str) -> bytes:
    file = next(file for file in index.files if file.path == path)
    group = index.groups[file.group]
    part = archive.read_bytes()[group.offset : group.end]
    content = b"".join(inflate_members([part], content_bytes=group.content_bytes))
    return content[file.offset : file.offset + file.size_bytes]


def test_every_file_is_found_in_its_own_group(tmp_path: Path) -> None:
    archive = _pack(tmp_path)
    index = index_archive(archive)
    for file in index.files:
        content = _content(archive, index, file.path)
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert content == (tmp_path / "tree" / file.path.removeprefix("afw/1.0/")).read_bytes()


def test_an_index_tells_the_package_its_modes_folders_and_links(tmp_path: Path) -> None:
    archive = _pack(tmp_path)
    index = index_archive(archive)
    assert index.size_bytes == archive.stat().st_size
    assert index.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert {file.path: file.mode for file in index.files}["afw/1.0/bin/run"] == 0o755
    assert [folder.path for folder in index.folders][:2] == ["afw/1.0", "afw/1.0/bin"]
    assert [(link.path, link.target) for link in index.links] == [("afw/1.0/lib/link.so", "large.so")]


def test_small_files_share_a_group_and_parts_of_a_product_do_not(tmp_path: Path) -> None:
    index = index_archive(_pack(tmp_path))
    groups = {file.path.removeprefix("afw/1.0/"): file.group for file in index.files}
    assert groups["LICENSE"] == groups["README"] != groups["bin/run"]
    assert groups["python/module0.py"] == groups["python/module1.py"] != groups["python/module99.py"]
    assert [path for path, group in groups.items() if group == groups["ups/afw.table"]] == ["ups/afw.table"]
    assert max(group.content_bytes for group in index.groups if group.content_bytes < len(LARGE)) < 300_000


def test_groups_lie_side_by_side_and_a_last_one_ends_the_archive(tmp_path: Path) -> None:
    archive = _pack(tmp_path)
    groups = index_archive(archive).groups
    assert [group.offset for group in groups] == [0, *(group.end for group in groups[:-1])]
    assert set(gzip.decompress(archive.read_bytes()[groups[-1].end :])) == {0}


def test_python_reads_a_package_of_several_groups_as_one(tmp_path: Path) -> None:
    archive = _pack(tmp_path)
    with tarfile.open(archive) as tar:
        assert tar.extractfile("afw/1.0/lib/large.so").read() == LARGE  # type: ignore[union-attr]
        assert len(tar.getmembers()) == 1 + 4 + 30 + 106 + 1
    assert len(gzip.decompress(archive.read_bytes())) % tarfile.RECORDSIZE == 0


@pytest.mark.process
@pytest.mark.parametrize("command", ["tar xzf {archive}", "gzip -dc {archive} | tar xf -"])
def test_tar_unpacks_a_package_of_several_groups(tmp_path: Path, command: str) -> None:
    archive = _pack(tmp_path)
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", command.format(archive=archive)],
        cwd=tmp_path / "out",
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    assert (tmp_path / "out/afw/1.0/python/module7.py").read_bytes() == bytes([7]) * 10_000
    assert (tmp_path / "out/afw/1.0/lib/link.so").readlink().name == "large.so"


def test_a_package_of_one_piece_is_one_group(tmp_path: Path) -> None:
    archive = tmp_path / "old.tar.gz"
    archive.write_bytes(make_tarball({"a": b"first", "b": b"second"}))
    index = index_archive(archive)
    assert [(group.offset, group.size_bytes) for group in index.groups] == [(0, archive.stat().st_size)]
    assert [_content(archive, index, path) for path in ("a", "b")] == [b"first", b"second"]


def test_groups_that_cut_a_file_are_joined(tmp_path: Path) -> None:
    whole = gzip.decompress(make_tarball({"a": b"1" * 600, "b": b"2" * 600}))
    parts = [whole[:700], whole[700:1536], whole[1536:2000], whole[2000:]]
    archive = tmp_path / "cut.tar.gz"
    archive.write_bytes(b"".join(gzip.compress(part, mtime=0) for part in parts))
    index = index_archive(archive)
    assert [file.group for file in index.files] == [0, 1]
    assert [_content(archive, index, path) for path in ("a", "b")] == [b"1" * 600, b"2" * 600]


def test_a_cut_package_is_not_indexed(tmp_path: Path) -> None:
    archive = _pack(tmp_path)
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(CorruptError, match="truncated or damaged"):
        index_archive(archive)


def test_a_package_with_a_second_name_of_a_file_is_not_indexed(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(make_tarball({"a": b"first", "b": ("LNKTYPE", "a")}))
    with pytest.raises(CorruptError, match="`b` is neither a file nor a folder nor a symbolic link"):
        index_archive(archive)


def test_a_package_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        index_archive(tmp_path / "none.tar.gz")


@pytest.mark.parametrize("held", [0, 9, 11])
def test_members_that_hold_more_or_less_than_promised_are_corrupt(held: int) -> None:
    with pytest.raises(CorruptError):
        list(inflate_members([gzip.compress(bytes(10))], content_bytes=held))


def test_members_are_unpacked_wherever_they_are_cut() -> None:
    data = gzip.compress(b"one") + gzip.compress(b"two")
    pieces = [data[place : place + 1] for place in range(len(data))]
    assert b"".join(inflate_members(pieces, content_bytes=6)) == b"onetwo"


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b"one", mtime=0)[:-1]])
def test_damaged_members_are_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptError):
        list(inflate_members([data], content_bytes=3))
