from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import (
    IndexedFile,
    IndexedFolder,
    IndexedLink,
    PackageGroup,
    PackageIndex,
    index_path,
)
from lsstinstall.core.packageindexreading import parse_outline, parse_package_index

ONE, TWO = Sha256("1" * 64), Sha256("2" * 64)
INDEX = PackageIndex(
    size_bytes=300,
    sha256=ONE,
    groups=(
        PackageGroup(offset=0, size_bytes=100, content_bytes=2000),
        PackageGroup(offset=100, size_bytes=150, content_bytes=1024),
    ),
    folders=(IndexedFolder(path="afw", mode=0o755), IndexedFolder(path="afw/1.0", mode=0o2755 & 0o777)),
    files=(
        IndexedFile("afw/1.0/README", 0o644, 10, TWO, 0, 512),
        IndexedFile("afw/1.0/run.sh", 0o755, 0, ONE, 1, 1024),
    ),
    links=(IndexedLink(path="afw/1.0/link", target="README"),),
)


def _changed(**changes: object) -> bytes:
    document: dict[str, Any] = json.loads(gzip.decompress(INDEX.format()))
    for place, value in changes.items():
        part, _, key = place.partition("__")
        if key:
            document[part][key] = value
        else:
            document[part] = value
    return gzip.compress(json.dumps(document).encode())


def test_an_index_survives_writing_and_reading() -> None:
    assert parse_package_index(INDEX.format(), source="test") == INDEX


def test_an_index_of_nothing_survives_writing_and_reading() -> None:
    empty = replace(INDEX, groups=(), folders=(), files=(), links=())
    assert parse_package_index(empty.format(), source="test") == empty


def test_the_outline_of_an_index_is_read_by_itself() -> None:
    outline = parse_outline(INDEX.format(), source="test")
    assert (outline.size_bytes, outline.sha256, outline.groups) == (300, ONE, INDEX.groups)
    assert outline.contents == ((TWO, 10, 0), (ONE, 0, 1))


@pytest.mark.parametrize("data", [b"", _changed(files__group=[0, 2]), _changed(sha256=None)])
def test_the_outline_of_a_broken_index_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_outline(data, source="test")


def test_the_same_index_gives_the_same_bytes() -> None:
    assert INDEX.format() == replace(INDEX).format()
    assert INDEX.format()[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def test_an_index_lies_beside_its_package() -> None:
    assert index_path("a/afw-1.0@Linux64.tar.gz") == "a/afw-1.0@Linux64.tar.gz.index"


def test_an_index_knows_how_much_its_files_hold_and_where_groups_end() -> None:
    assert INDEX.content_bytes == 10
    assert [group.end for group in INDEX.groups] == [100, 250]


@pytest.mark.parametrize(
    "data", [b"", b"no gzip", INDEX.format()[:-1], INDEX.format() + b"x", gzip.compress(b"[", mtime=0)]
)
def test_damaged_bytes_are_no_index(data: bytes) -> None:
    with pytest.raises(FormatError, match="test"):
        parse_package_index(data, source="test")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"schema": 2}, "not a package index of schema 1"),
        ({"size_bytes": "300"}, "does not say which package it is of"),
        ({"sha256": None}, "does not say which package it is of"),
        ({"sha256": "1" * 63}, "a digest has not 64"),
        ({"size_bytes": 249}, "the groups have 250 bytes, and the package 249"),
        ({"groups": []}, r"`groups\.size_bytes` is not a list of numbers"),
        ({"groups__size_bytes": [1, True]}, r"`groups\.size_bytes` is not a list of numbers"),
        ({"groups__size_bytes": [1]}, "the columns of `groups` differ in length"),
        ({"groups__content_bytes": [-1, 0]}, "too small or too large"),
        ({"files__path": "afw"}, r"`files\.path` is not a list of texts"),
        ({"files__path": ["afw/1.0/x", 3]}, r"`files\.path` is not a list of texts"),
        ({"files__sha256": ["1" * 64, "1" * 63 + "G"]}, "a digest has not 64"),
        ({"files__group": [0, 2]}, "too small or too large"),
        ({"files__offset": [1991, 0]}, "`afw/1.0/README` does not lie within its group"),
        ({"files__mode": [0o4755, 0]}, "too small or too large"),
        ({"files__path": ["afw/1.0/x", "afw/1.0/x"]}, "a path is in it twice"),
        ({"files__path": ["afw/1.0/link", "afw/1.0/x"]}, "a path is in it twice"),
        ({"files__path": ["afw/1.0/x", "afw/1.0/link/x"]}, "`afw/1.0/link` is a folder and something else"),
        ({"files__path": ["afw/1.0/link/x/y", "a"]}, "`afw/1.0/link` is a folder and something else"),
        ({"files__path": ["afw/1.0/x", "afw/1.0/x/y"]}, "`afw/1.0/x` is a folder and something else"),
        ({"links__target": [""]}, "a link points nowhere"),
        ({"links__target": ["a\0"]}, "a link points nowhere"),
    ],
)
def test_an_index_that_contradicts_itself_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        parse_package_index(_changed(**changes), source="test")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "afw/../x", "afw/..", "afw/./x", "afw//x", "afw/", "", ".", "afw/1.0/\0"]
)
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    with pytest.raises(FormatError, match="a path leaves its folder"):
        parse_package_index(_changed(files__path=["afw/1.0/x", path]), source="test")


def test_folders_may_be_implied() -> None:
    index = parse_package_index(_changed(folders={"path": ["afw/1.0"], "mode": [0o755]}), source="test")
    assert [folder.path for folder in index.folders] == ["afw/1.0"]


def test_names_with_dots_are_fine() -> None:
    data = _changed(files__path=["afw/1.0/.x", "afw/1.0/...x.."])
    assert [file.path for file in parse_package_index(data, source="test").files] == [
        "afw/1.0/.x",
        "afw/1.0/...x..",
    ]
