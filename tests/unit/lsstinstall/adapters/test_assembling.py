from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.assembling import FileSource, assemble_package
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.adapters.packing import pack_tree
from lsstinstall.adapters.sharing import stamp_of
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.packageindexes import IndexedLink
from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.packageindexes import PackageIndex

LARGE = hashlib.shake_128(b"seed").digest(600_000)


class _Server:
    """Gives parts of a package, and remembers which."""

    def __init__(self, package: bytes) -> None:
        self.package = package
        self.asked: list[tuple[int, int]] = []

    def fetch(self, offset: int, size: int) -> bytes:
        self.asked.append((offset, size))
        return self.package[offset : offset + size]


def _tree(folder: Path, *, version: str) -> Path:
    files = {
        "README": b"read me",
        "bin/run": b"#!/bin/sh\n",
        "lib/large.so": LARGE,
        "lib/new.so" if version == "2" else "lib/old.so": b"machine code",
        "python/empty.py": b"",
        "python/changed.py": f"version = {version}\n".encode(),
        "ups/afw.table": f"setupRequired(utils {version})\n".encode(),
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "bin/run").chmod(0o755)
    (folder / "lib/link.so").symlink_to("large.so")
    (folder / "data").mkdir(mode=0o750)
    return folder


@pytest.fixture
def old(tmp_path: Path) -> FileSource:
    folder = _tree(tmp_path / "old", version="1")
    digests = {file.sha256: file.path for file in list_files(folder).files}
    return FileSource(directory=str(folder), digests=digests, stamps={}, is_own=True)


@pytest.fixture
def package(tmp_path: Path) -> tuple[PackageIndex, _Server]:
    archive = tmp_path / "afw.tar.gz"
    pack_tree(_tree(tmp_path / "new", version="2"), archive, prefix="afw/2")
    return index_archive(archive), _Server(archive.read_bytes())


def test_a_product_is_put_together_as_it_would_be_unpacked(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)
    assert list_files(tmp_path / "out/afw/2") == list_files(tmp_path / "new")
    assert (tmp_path / "out/afw/2/data").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "out/afw/2/lib/large.so").samefile(tmp_path / "old/lib/large.so")
    assert (tmp_path / "out/afw/2/lib/new.so").samefile(tmp_path / "old/lib/old.so")


def test_only_what_changed_is_fetched(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    made = assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)
    groups = {file.path: index.groups[file.group] for file in index.files}
    changed, table = groups["afw/2/python/changed.py"], groups["afw/2/ups/afw.table"]
    assert server.asked == [(changed.offset, table.end - changed.offset)]
    assert made.fetched_bytes == table.end - changed.offset < index.size_bytes / 100


def test_without_other_versions_all_of_it_is_fetched(
    tmp_path: Path, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    assemble_package(index, [], tmp_path / "out", fetch=server.fetch, link=None)
    assert list_files(tmp_path / "out/afw/2") == list_files(tmp_path / "new")


def test_a_file_that_was_changed_or_removed_is_fetched_instead(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    (tmp_path / "old/README").write_bytes(b"READ ME")
    (tmp_path / "old/bin/run").unlink()
    assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)
    assert list_files(tmp_path / "out/afw/2") == list_files(tmp_path / "new")


def test_the_second_source_helps_where_the_first_does_not(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    gone = replace(old, directory=str(tmp_path / "gone"))
    assemble_package(index, [gone, old], tmp_path / "out", fetch=server.fetch, link=None)
    assert (tmp_path / "out/afw/2/lib/large.so").samefile(tmp_path / "old/lib/large.so")


def test_a_package_that_is_not_what_its_index_says_is_corrupt(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    other = tmp_path / "other.tar.gz"
    pack_tree(_tree(tmp_path / "third", version="3"), other, prefix="afw/2")
    server.package = other.read_bytes()
    with pytest.raises(CorruptError):
        assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)


def test_every_flipped_byte_of_what_is_fetched_is_noticed(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    whole = server.package
    first = next(file for file in index.files if file.path.endswith("afw.table"))
    group = index.groups[first.group]
    for place in range(group.offset + 10, group.end, 7):
        server.package = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        with pytest.raises(CorruptError):
            assemble_package(index, [old], tmp_path / f"out{place}", fetch=server.fetch, link=None)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../x", "lib"])
def test_a_link_that_leads_out_is_refused(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server], target: str
) -> None:
    index, server = package
    links = [IndexedLink(path="afw/2/first", target=target)]
    if target == "lib":
        # Each seems to stay inside, and the second goes up from where the first leads.
        links = [
            IndexedLink(path="afw/2/first", target="../.."),
            IndexedLink(path="afw/2/second", target="first/../x"),
        ]
    index = replace(index, links=tuple(links))
    with pytest.raises(CorruptError):
        assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)
    assert sorted(os.listdir(tmp_path)) == ["afw.tar.gz", "new", "old", "out"]  # noqa: PTH208


def test_links_of_builds_are_made_as_they_are(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    link = IndexedLink(path="afw/2/ups/eupspkg", target="/opt/build/eups/lib/eupspkg.sh")
    assemble_package(replace(index, links=(link,)), [old], tmp_path / "out", fetch=server.fetch, link=None)
    assert str((tmp_path / "out/afw/2/ups/eupspkg").readlink()) == link.target


def test_folders_keep_the_group_of_the_stack(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2775)
    assemble_package(index, [old], tmp_path / "shared/out", fetch=server.fetch, link=None)
    assert (tmp_path / "shared/out/afw/2/data").stat().st_mode & 0o7777 == 0o2750


def test_nothing_is_put_together_over_what_is_there(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    (tmp_path / "out").mkdir()
    with pytest.raises(ToolkitError, match="out"):
        assemble_package(index, [old], tmp_path / "out", fetch=server.fetch, link=None)


def _stamps(folder: Path) -> dict[str, FileStamp]:
    files = list_files(folder).files
    return {file.path: stamp_of((folder / file.path).stat()) for file in files}


def test_stamps_tell_the_files_as_they_are_in_the_end(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server]
) -> None:
    index, server = package
    folder = tmp_path / "old"
    stamped = replace(old, stamps=_stamps(folder))
    # Two files of one content become three names of one file.
    twin = next(file for file in index.files if file.path.endswith("README"))
    index = replace(index, files=(*index.files, twin._replace(path="afw/2/zzz")))
    made = assemble_package(index, [stamped], tmp_path / "out", fetch=server.fetch, link=LinkKind.HARD)
    found = _stamps(tmp_path / "out")
    assert found["afw/2/zzz"] == found["afw/2/README"]
    # Empty files are made anew, and nothing is said of them.
    assert made.stamps == {path: stamp for path, stamp in found.items() if "empty" not in path}


@pytest.mark.parametrize("is_own", [True, False])
def test_only_what_we_wrote_down_ourselves_is_believed(
    tmp_path: Path, old: FileSource, package: tuple[PackageIndex, _Server], *, is_own: bool
) -> None:
    index, server = package
    (tmp_path / "old/README").write_bytes(b"READ ME")
    believed = replace(old, stamps=_stamps(tmp_path / "old"), is_own=is_own)
    assemble_package(index, [believed], tmp_path / "out", fetch=server.fetch, link=LinkKind.HARD)
    taken = (tmp_path / "out/afw/2/README").read_bytes()
    assert taken == (b"READ ME" if is_own else b"read me")
