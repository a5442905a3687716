from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.trees import list_files, move_tree, real_place, remove_tree, walk_tree
from lsstinstall.core.errors import NotFoundError, ToolkitError

if TYPE_CHECKING:
    from pathlib import Path


def _tree(root: Path) -> Path:
    (root / "b" / "c").mkdir(parents=True)
    (root / "b" / "c" / "file").write_text("abc")
    (root / "a").symlink_to("b")
    (root / "d").write_text("")
    return root


def test_a_tree_is_removed_with_its_read_only_folders(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    (tree / "b" / "c").chmod(0o500)
    (tree / "b").chmod(0o500)
    tree.chmod(0o500)
    remove_tree(tree)
    assert not tree.exists()


def test_removing_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    remove_tree(tree / "a")
    assert (tree / "b/c/file").is_file()
    assert not (tree / "a").is_symlink()


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_tree_moves_to_a_place_that_is_made_for_it(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    tree.chmod(0o555)
    move_tree(tree, tmp_path / "x" / "y" / "z")
    assert (tmp_path / "x/y/z/b/c/file").is_file()
    assert (tmp_path / "x/y/z").stat().st_mode & 0o777 == 0o555
    (tmp_path / "x/y/z").chmod(0o755)


def test_a_tree_does_not_move_onto_another(tmp_path: Path) -> None:
    _tree(tmp_path / "one")
    _tree(tmp_path / "two")
    with pytest.raises(ToolkitError, match="cannot move into place"):
        move_tree(tmp_path / "one", tmp_path / "two")


def test_a_tree_is_walked_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    assert [os.path.relpath(entry.path, tree) for entry in walk_tree(tree)] == [
        "a",
        "b",
        "d",
        "b/c",
        "b/c/file",
    ]


def test_files_and_links_are_written_down(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    (tree / "d").chmod(0o600)
    os.mkfifo(tree / "pipe")
    listed = list_files(tree)
    assert [(file.path, file.mode, file.size_bytes) for file in listed.files][1] == ("d", 0o600, 0)
    assert [(link.path, link.target) for link in listed.links] == [("a", "b")]
    assert [file.path for file in listed.files] == ["b/c/file", "d"]


def test_a_folder_that_is_not_there_cannot_be_written_down(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        list_files(tmp_path / "nothing")


def test_whatever_is_no_folder_is_removed_like_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    remove_tree(tmp_path / "pipe")
    assert not os.path.lexists(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("path", "place"),
    [("real/one", "real/one"), ("link/one", "real/one"), ("link", "link"), ("real/../link/..", ".")],
)
def test_a_place_is_found_behind_the_links_above_it(tmp_path: Path, path: str, place: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert real_place(tmp_path / path) == tmp_path / place
