from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError, ToolkitError
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.core.ocidocuments import Digest
from rubin_releng.images.ports import BlobStore
from tests.support.images import MARKER, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = hashlib.sha256(b"onetwo").hexdigest()
DIGEST = Digest(f"sha256:{NAME}")


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """The fake and the real store: they must agree."""
    return MemoryStore() if request.param == "memory" else OciLayout.create(tmp_path / "layout")


def test_a_store_can_do_all_that_is_asked(store: BlobStore) -> None:
    asked = {name for name in vars(BlobStore) if not name.startswith("_")}
    assert asked <= set(dir(store))


def test_a_blob_is_stored_under_its_digest(store: BlobStore) -> None:
    blob = store.write([b"one", b"", b"two"])
    assert (blob.digest, blob.size_bytes) == (DIGEST, 6)
    assert b"".join(store.read(DIGEST)) == b"onetwo"
    assert store.sizes() == {NAME: 6}


def test_the_same_blob_can_be_stored_again(store: BlobStore) -> None:
    assert store.write([b"onetwo"]) == store.write([b"one", b"two"])
    assert store.sizes() == {NAME: 6}


def test_a_blob_can_be_removed(store: BlobStore) -> None:
    store.write([b"onetwo"])
    store.remove(NAME)
    assert store.sizes() == {}
    with pytest.raises(NotFoundError):
        list(store.read(DIGEST))


def test_the_index_is_replaced(store: BlobStore) -> None:
    assert store.read_index() is None
    store.write_index(b"1")
    store.write_index(b"2")
    assert store.read_index() == b"2"


def test_a_layout_has_a_marker(store: BlobStore) -> None:
    assert store.read_marker() == MARKER


def test_a_blob_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"one"
        raise KeyboardInterrupt

    layout = OciLayout.create(tmp_path / "layout")
    with pytest.raises(KeyboardInterrupt):
        layout.write(failing())
    assert layout.sizes() == {}


def test_a_layout_can_be_taken_up_again(tmp_path: Path) -> None:
    OciLayout.create(tmp_path / "layout").write([b"onetwo"])
    assert OciLayout.create(tmp_path / "layout").sizes() == {NAME: 6}
    assert b"".join(OciLayout.open(tmp_path / "layout").read(DIGEST)) == b"onetwo"


def test_a_layout_that_was_only_begun_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / ".oci-layout.tmp").write_bytes(MARKER[:5])
    OciLayout.create(tmp_path)
    # The folder of blobs is made last, so there is none without a marker.
    (tmp_path / "blobs" / "sha256").rmdir()
    (tmp_path / "blobs").rmdir()
    assert OciLayout.create(tmp_path).write([b"onetwo"]).digest == DIGEST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "oci-layout"]


def test_a_layout_without_a_marker_is_none_that_was_begun(tmp_path: Path) -> None:
    blobs = OciLayout.create(tmp_path / "x").directory / "blobs"
    (tmp_path / "x" / "oci-layout").unlink()
    assert blobs.is_dir()
    with pytest.raises(RefusedError, match="no image layout"):
        OciLayout.create(tmp_path / "x")


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(RefusedError, match="is not empty and no image layout"):
        OciLayout.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_file_is_no_layout(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ToolkitError):
        OciLayout.create(tmp_path / "file")
    with pytest.raises(NotFoundError, match="there is no image layout"):
        OciLayout.open(tmp_path / "file")


def test_files_that_are_no_blobs_are_listed(tmp_path: Path) -> None:
    layout = OciLayout.create(tmp_path / "layout")
    blobs = tmp_path / "layout" / "blobs"
    (blobs / "sha256" / ".x.tmp").write_bytes(b"1")
    (blobs / "sha512").mkdir()
    (blobs / "sha512" / "y").write_bytes(b"12")
    assert layout.sizes() == {".x.tmp": 1, "sha512/y": 2}


def test_a_file_that_has_gone_cannot_be_removed(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        OciLayout.create(tmp_path / "layout").remove("x")


def test_a_blob_is_taken_from_another_layout(store: BlobStore, tmp_path: Path) -> None:
    other = OciLayout.create(tmp_path / "other")
    other.write([b"onetwo"])
    for _ in range(2):
        store.adopt(DIGEST, source=other)
        assert b"".join(store.read(DIGEST)) == b"onetwo"


def test_on_one_disk_a_blob_is_linked_and_else_copied(tmp_path: Path) -> None:
    other, layout, third = (OciLayout.create(tmp_path / name) for name in ("a", "b", "c"))
    other.write([b"onetwo"])
    layout.adopt(DIGEST, source=other)
    places = [one.directory / "blobs" / "sha256" / NAME for one in (other, layout)]
    assert places[0].samefile(places[1])
    memory = MemoryStore()
    memory.write([b"onetwo"])
    third.adopt(DIGEST, source=memory)
    assert third.sizes() == {NAME: 6}


def test_a_blob_that_is_missing_or_another_one_is_not_taken(tmp_path: Path) -> None:
    layout, memory = OciLayout.create(tmp_path / "layout"), MemoryStore()
    with pytest.raises(NotFoundError):
        layout.adopt(DIGEST, source=OciLayout.create(tmp_path / "other"))
    memory.blobs[NAME] = b"another"
    with pytest.raises(CorruptError, match="has the digest"):
        layout.adopt(DIGEST, source=memory)
    assert layout.sizes() == {}
