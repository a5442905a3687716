from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, InvalidNameError, NotFoundError, ToolkitError
from rubin_releng.adapters.publishedfiles import LocalRelease
from rubin_releng.release.ports import PublishedFiles, ReleaseStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalRelease:
    (tmp_path / "root").mkdir()
    return LocalRelease(tmp_path / "root")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "changes.md"
    path.write_text("# Changes\n")
    return path


def test_a_package_root_can_do_all_that_is_asked(store: LocalRelease) -> None:
    asked = {name for port in (PublishedFiles, ReleaseStore) for name in vars(port) if name[0] != "_"}
    assert asked <= set(dir(store))


def test_a_published_file_is_what_its_record_says(store: LocalRelease, source: Path) -> None:
    file = store.record(source, folder="releases/x")
    assert (file.path, file.size_bytes) == ("releases/x/changes.md", 10)
    with pytest.raises(NotFoundError):
        store.check(file)
    store.publish(source, file)
    store.check(file)
    assert [path.name for path in (store.root / "releases/x").iterdir()] == ["changes.md"]


def test_a_wrong_digest_or_size_is_corrupt(store: LocalRelease, source: Path) -> None:
    file = store.record(source, folder="x")
    store.publish(source, file)
    with pytest.raises(CorruptError, match="has 10 bytes instead of 11"):
        store.check(replace(file, size_bytes=11))
    (store.root / file.path).write_text("# changes\n")
    with pytest.raises(CorruptError, match="has the SHA-256 digest"):
        store.check(file)


def test_a_source_that_changes_meanwhile_is_not_published(store: LocalRelease, source: Path) -> None:
    file = store.record(source, folder="x")
    source.write_text("other")
    with pytest.raises(CorruptError, match="changed while it was published"):
        store.publish(source, file)
    assert list((store.root / "x").iterdir()) == []


def test_a_source_that_has_gone_is_not_found(store: LocalRelease, source: Path) -> None:
    file = store.record(source, folder="x")
    source.unlink()
    with pytest.raises(NotFoundError):
        store.publish(source, file)


def test_a_name_that_no_document_can_hold_is_refused(store: LocalRelease, tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines.md"
    odd.touch()
    with pytest.raises(InvalidNameError):
        store.record(odd, folder="x")


def test_a_folder_that_cannot_be_written_is_explained(store: LocalRelease, source: Path) -> None:
    file = store.record(source, folder="x")
    (store.root / "x").write_text("a file in the way of the folder")
    with pytest.raises(ToolkitError, match="cannot make the folder"):
        store.publish(source, file)
