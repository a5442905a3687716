from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, RefusedError
from rubin_releng.core.trees import EntryKind, ModeRule, TreeEntry
from rubin_releng.images.layers import LayerPart, LayerRules, arrange_members, refuse_overlaps, stream_layer
from tests.support.images import MemoryTree, a_folder, a_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.images.layers import Member

RULES = LayerRules(epoch=50, uid=1000, gid=1001)


def layer(tree: MemoryTree, *, at: str = "/", rules: LayerRules = RULES) -> bytes:
    return b"".join(stream_layer(arrange_members([LayerPart(tree=tree, at=at)], rules=rules)))


def members(tree: MemoryTree) -> Iterator[Member]:
    return arrange_members([LayerPart(tree=tree)], rules=RULES)


def unpacked(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.getmembers()


def a_tree() -> MemoryTree:
    return MemoryTree(
        {"a/x": b"content of x", "a-b": b"", "b": b"y" * 600_000},
        [a_folder("a", mode=0o1777), a_link("c", "./a/x")],
    )


def test_parents_come_before_children_and_names_are_sorted() -> None:
    assert [one.name for one in unpacked(layer(a_tree()))] == ["a", "a/x", "a-b", "b", "c"]


def test_contents_kinds_modes_and_targets_are_kept() -> None:
    with tarfile.open(fileobj=io.BytesIO(layer(a_tree()))) as archive:
        content = archive.extractfile("b")
        assert content is not None
        assert content.read() == b"y" * 600_000
        assert archive.getmember("a").mode == 0o1777
        assert archive.getmember("a").isdir()
        assert archive.getmember("c").linkname == "./a/x"


def test_owners_are_numbers_without_names() -> None:
    assert {(one.uid, one.gid, one.uname, one.gname) for one in unpacked(layer(a_tree()))} == {
        (1000, 1001, "", "")
    }


def test_times_are_limited_and_those_of_folders_fixed() -> None:
    times = {one.name: one.mtime for one in unpacked(layer(a_tree()))}
    assert times == {"a": 0, "a/x": 50, "a-b": 50, "b": 50, "c": 50}
    late = {one.name: one.mtime for one in unpacked(layer(a_tree(), rules=LayerRules(epoch=80)))}
    assert late == {"a": 0, "a/x": 80, "a-b": 80, "b": 80, "c": 80}
    old = unpacked(layer(MemoryTree({"x": b""}, mtime=7)))
    assert [one.mtime for one in old] == [7]


def test_the_folders_above_a_tree_are_the_same_in_every_layer() -> None:
    one, other = layer(MemoryTree({"x": b"1"}), at="/opt/lsst"), layer(a_tree(), at="/opt/lsst/")
    assert [info.name for info in unpacked(one)] == ["opt", "opt/lsst", "opt/lsst/x"]
    assert one[:1024] == other[:1024]
    assert {info.mode for info in unpacked(one)[:2]} == {0o755}


def test_hard_links_within_a_layer_are_kept() -> None:
    tree = MemoryTree({"b": b"same", "a": b"same"}, same={"a": (1, 2), "b": (1, 2)})
    found = unpacked(layer(tree, at="/top"))
    assert [(one.name, one.islnk(), one.linkname) for one in found[1:]] == [
        ("top/a", False, ""),
        ("top/b", True, "top/a"),
    ]


def test_a_name_of_a_file_whose_other_names_are_elsewhere_is_a_file() -> None:
    (member,) = unpacked(layer(MemoryTree({"a": b"x"}, same={"a": (1, 2)})))
    assert member.isreg()


def test_pax_headers_appear_only_where_they_are_needed() -> None:
    plain = MemoryTree({"x" * 100: b""})
    assert len(next(members(plain)).header) == 512
    for name in ("x" * 101, "ü"):
        tree = MemoryTree({name: b""})
        assert len(next(members(tree)).header) > 512
        assert unpacked(layer(tree))[0].name == name


def test_an_archive_is_as_tar_ends_it() -> None:
    for tree in (MemoryTree({}), MemoryTree({"x": b"1" * 512}), a_tree()):
        data = layer(tree)
        assert len(data) % 10240 == 0
        assert data.endswith(b"\0" * 1024)


def test_large_layers_come_in_pieces_of_one_size_however_files_are_read() -> None:
    tree = MemoryTree({"x": b"1" * 1_000_000, "y": b"2" * 77})
    pieces = list(stream_layer(members(tree)))
    assert len(pieces) == 4
    assert {len(piece) for piece in pieces[:-1]} == {256 * 1024}
    for size in (100, 600_000, 1_000_000):
        tree.piece_bytes = size
        assert list(stream_layer(members(tree))) == pieces


def test_modes_are_as_a_rule_says_and_times_not_before_1970() -> None:
    entries = [a_folder("a", mode=0o700), TreeEntry(path="b", kind=EntryKind.FILE, mode=0o640, mtime=-5)]
    tree = MemoryTree({}, entries)
    tree.files["b"] = b""
    found = {
        rule: [(one.mode, one.mtime) for one in unpacked(layer(tree, rules=LayerRules(modes=rule)))]
        for rule in ModeRule
    }
    assert found == {
        ModeRule.NORMAL: [(0o755, 0), (0o644, 0)],
        ModeRule.KEPT: [(0o700, 0), (0o640, 0)],
    }


def test_a_file_that_grows_while_it_is_read_is_told() -> None:
    tree = MemoryTree({"x": b"1"})
    tree.files["x"] = b"12"
    with pytest.raises(CorruptError, match="`x` of `memory` changed while it was read: 2 bytes instead of 1"):
        layer(tree)


@pytest.mark.parametrize("entry", [a_folder(".wh.x"), a_link("a/.wh..wh..opq", "x")])
def test_names_that_mean_delete_are_refused(entry: TreeEntry) -> None:
    with pytest.raises(RefusedError, match="would delete another file"):
        layer(MemoryTree({}, [entry]))


def test_several_trees_of_a_layer_share_the_folders_above_them() -> None:
    parts = [LayerPart(tree=MemoryTree({"x": b""}), at=at) for at in ("/opt/b", "/opt/a", "/srv")]
    found = unpacked(b"".join(stream_layer(arrange_members(parts, rules=RULES))))
    assert [one.name for one in found] == ["opt", "opt/a", "opt/a/x", "opt/b", "opt/b/x", "srv", "srv/x"]


def test_the_folders_above_home_belong_to_root() -> None:
    rules = LayerRules(uid=1000, gid=1001, home="/opt/lsst/")
    found = unpacked(layer(MemoryTree({"x": b""}), at="/opt/lsst/sub", rules=rules))
    assert [(one.name, one.uid, one.gid) for one in found] == [
        ("opt", 0, 0),
        ("opt/lsst", 1000, 1001),
        ("opt/lsst/sub", 1000, 1001),
        ("opt/lsst/sub/x", 1000, 1001),
    ]


@pytest.mark.parametrize("other", ["/opt", "/opt/a", "/opt/a/b"])
def test_trees_that_overlap_in_a_layer_are_refused(other: str) -> None:
    parts = [LayerPart(tree=MemoryTree({}), at=at) for at in ("/opt/a", other)]
    with pytest.raises(RefusedError, match="overlap in one layer"):
        refuse_overlaps(parts)
    refuse_overlaps([LayerPart(tree=MemoryTree({}), at=at) for at in ("/opt/a", "/opt/ab")])
