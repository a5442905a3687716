from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError, RefusedError, ToolkitError
from rubin_releng.adapters.foldertrees import FolderTree
from rubin_releng.core.trees import EntryKind, TreeEntry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of two names, a link that leads out, and a folder."""
    root = tmp_path / "tree"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "tool").write_bytes(b"#!/bin/sh\n")
    (root / "bin" / "tool").chmod(0o755)
    os.utime(root / "bin" / "tool", (1000, 1234.9))
    (root / "same").hardlink_to(root / "bin" / "tool")
    (root / "empty").touch(mode=0o600)
    (root / "link").symlink_to("./bin/../../elsewhere")
    return root


def entries(folder: Path) -> dict[str, TreeEntry]:
    return {entry.path: entry for entry in FolderTree(folder).entries()}


def test_everything_below_a_folder_is_listed(folder: Path) -> None:
    found = entries(folder)
    assert sorted(found) == ["bin", "bin/tool", "empty", "link", "same"]
    tool = found["bin/tool"]
    assert (tool.kind, tool.mode, tool.size_bytes, tool.mtime) == (EntryKind.FILE, 0o755, 10, 1234)
    assert found["bin"].kind is EntryKind.DIRECTORY
    assert (found["empty"].mode, found["empty"].identity) == (0o600, None)


def test_names_of_one_file_have_the_same_identity(folder: Path) -> None:
    found = entries(folder)
    assert found["bin/tool"].identity == found["same"].identity is not None


def test_links_are_listed_as_they_are_written_and_not_followed(folder: Path) -> None:
    link = entries(folder)["link"]
    assert (link.kind, link.target, link.size_bytes) == (EntryKind.SYMLINK, "./bin/../../elsewhere", 0)


def test_files_are_read_whole(folder: Path) -> None:
    tree = FolderTree(folder)
    assert b"".join(tree.read(entries(folder)["bin/tool"])) == b"#!/bin/sh\n"
    assert tree.name == str(folder)


def test_a_file_that_has_gone_is_not_found(folder: Path) -> None:
    entry = entries(folder)["empty"]
    (folder / "empty").unlink()
    with pytest.raises(NotFoundError):
        list(FolderTree(folder).read(entry))


def test_a_link_in_the_place_of_a_file_is_not_followed(folder: Path) -> None:
    entry = entries(folder)["empty"]
    (folder / "empty").unlink()
    (folder / "empty").symlink_to(folder / "bin" / "tool")
    with pytest.raises(ToolkitError):
        list(FolderTree(folder).read(entry))


def test_a_folder_that_is_not_there_is_not_found(folder: Path) -> None:
    for path in (folder / "no", folder / "empty"):
        with pytest.raises(NotFoundError, match="there is no folder"):
            list(FolderTree(path).entries())


def test_pipes_are_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(RefusedError, match=r"`pipe` in .* is a device, a socket or a pipe"):
        list(FolderTree(folder).entries())


@pytest.mark.network
def test_sockets_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # The path of a socket may not be long.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(RefusedError, match=r"`socket` in .* is a device, a socket or a pipe"):
            list(FolderTree(folder).entries())


def test_names_and_targets_that_are_not_utf8_are_refused(folder: Path) -> None:
    (folder / "bad").symlink_to(os.fsdecode(b"\xff"))
    with pytest.raises(RefusedError, match=r"the target of `bad` in .* is not UTF-8"):
        list(FolderTree(folder).entries())
    (folder / "bad").unlink()
    (folder / os.fsdecode(b"name\xff")).touch()
    with pytest.raises(RefusedError, match=r"a name in .* is not UTF-8"):
        list(FolderTree(folder).entries())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_we_may_not_read_is_refused(folder: Path) -> None:
    (folder / "bin").chmod(0)
    with pytest.raises(RefusedError, match="permission denied"):
        list(FolderTree(folder).entries())
