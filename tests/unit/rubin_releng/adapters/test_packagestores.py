from __future__ import annotations

import tarfile
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, FormatError, RefusedError, ToolkitError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexreading import parse_package_index
from rubin_releng.adapters.objectstores import FolderObjects
from rubin_releng.adapters.packagestores import PackageRoot
from tests.support.packages import make_tarball
from tests.support.publications import FakePackageRoot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsstinstall.core.releases import FileRecord

PATH = "src/products/afw.eupspkg"


def writing(content: str, calls: list[str] | None = None) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        if calls is not None:
            calls.append(content)
        target.write_text(content, encoding="utf-8")

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "published.jsonl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "pkgroot"


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest, root: Path, journal: Path) -> FakePackageRoot | PackageRoot:
    return FakePackageRoot() if request.param == "fake" else PackageRoot(FolderObjects(root), journal=journal)


def test_a_file_that_is_not_there_is_nothing(store: FakePackageRoot | PackageRoot) -> None:
    assert not store.exists(PATH)
    assert store.read(PATH) is None
    assert store.describe(PATH) is None
    assert store.listing("src") == ()


def test_a_written_file_is_there(store: FakePackageRoot | PackageRoot) -> None:
    store.write(PATH, b"one")
    store.write(PATH, b"two")
    described = store.describe(PATH)
    assert described is not None
    assert (described.path, described.size_bytes) == (PATH, 3)
    assert (store.exists(PATH), store.read(PATH)) == (True, b"two")
    assert store.listing("src/products") == ("afw.eupspkg",)


def test_a_file_is_added_once(store: FakePackageRoot | PackageRoot) -> None:
    calls: list[str] = []
    added, record = store.add(PATH, "key", writing("x", calls))
    again, same = store.add(PATH, "key", writing("x", calls))
    assert (added, again, record == same, calls) == (True, False, True, ["x"])
    assert record == store.describe(PATH)


def test_the_same_content_from_other_inputs_is_the_same(store: FakePackageRoot | PackageRoot) -> None:
    store.add(PATH, "key", writing("x"))
    assert store.add(PATH, "other key", writing("x"))[0] is False
    assert store.add(PATH, None, writing("x"))[0] is False


def test_other_content_is_refused_and_what_is_there_stays(store: FakePackageRoot | PackageRoot) -> None:
    store.add(PATH, "key", writing("x"))
    with pytest.raises(RefusedError, match="is there with other content"):
        store.add(PATH, "other key", writing("y"))
    assert store.read(PATH) == b"x"


def packing(
    day: int, *, script: bytes = b"one", mode: int = 0o755, link: str = "a"
) -> Callable[[Path], None]:
    """Pack what EUPS would have packed on a day of the month."""

    def make(target: Path) -> None:
        with tarfile.open(target, "w:gz") as archive:
            for kind, name, content in (
                (tarfile.DIRTYPE, "afw-1/ups", b""),
                (tarfile.REGTYPE, "afw-1/ups/eupspkg", script),
                (tarfile.SYMTYPE, "afw-1/doc", b""),
            ):
                member = tarfile.TarInfo(name)
                member.type, member.size, member.mode, member.mtime = kind, len(content), mode, day * 86400
                member.linkname = link if kind == tarfile.SYMTYPE else ""
                archive.addfile(member, BytesIO(content))

    return make


def test_a_source_package_that_was_packed_on_another_day_stays(root: Path, journal: Path) -> None:
    store = PackageRoot(FolderObjects(root))
    first = store.add(PATH, None, packing(1))[1]
    for _ in range(2):
        # The second time the journal knows it.
        assert PackageRoot(FolderObjects(root), journal=journal).add(PATH, "k", packing(2)) == (False, first)


@pytest.mark.parametrize(
    "other", [packing(1, script=b"two"), packing(1, mode=0o644), packing(1, link="b"), writing("no archive")]
)
def test_a_source_package_that_holds_something_else_is_refused(
    root: Path, other: Callable[[Path], None]
) -> None:
    store = PackageRoot(FolderObjects(root))
    store.add(PATH, None, packing(1))
    with pytest.raises(RefusedError, match="is there with other content"):
        store.add(PATH, None, other)


def test_a_file_that_cannot_be_made_leaves_nothing(root: Path, journal: Path) -> None:
    def make(target: Path) -> None:
        target.write_text("half", encoding="utf-8")
        raise ToolkitError("no more")

    store = PackageRoot(FolderObjects(root), journal=journal)
    with pytest.raises(ToolkitError, match="no more"):
        store.add(PATH, "key", make)
    assert list((root / "src" / "products").iterdir()) == []


def test_another_run_knows_what_was_added(root: Path, journal: Path) -> None:
    calls: list[str] = []
    PackageRoot(FolderObjects(root), journal=journal).add(PATH, "key", writing("x", calls))
    PackageRoot(FolderObjects(root), journal=journal).add(PATH, "key", writing("x", calls))
    assert calls == ["x"]


def test_without_a_journal_a_file_is_made_again_and_compared(root: Path) -> None:
    calls: list[str] = []
    PackageRoot(FolderObjects(root)).add(PATH, "key", writing("x", calls))
    PackageRoot(FolderObjects(root)).add(PATH, "key", writing("x", calls))
    assert calls == ["x", "x"]


def test_a_journal_of_another_root_or_a_torn_one_tells_nothing(root: Path, journal: Path) -> None:
    PackageRoot(FolderObjects(root), journal=journal).add(PATH, "key", writing("x"))
    kept = journal.read_text(encoding="utf-8")
    journal.write_text(f"{kept.replace(str(root), '/elsewhere')}{kept[:20]}\n[]\n", encoding="utf-8")
    calls: list[str] = []
    PackageRoot(FolderObjects(root), journal=journal).add(PATH, "key", writing("x", calls))
    assert calls == ["x"]


def test_a_file_that_was_altered_is_noticed(root: Path, journal: Path) -> None:
    store = PackageRoot(FolderObjects(root), journal=journal)
    store.add(PATH, "key", writing("x"))
    (root / PATH).write_text("y", encoding="utf-8")
    with pytest.raises(CorruptError, match="was changed after it was published"):
        store.add(PATH, "key", writing("x"))


def test_what_is_published_can_be_read_by_everyone(root: Path, journal: Path) -> None:
    store = PackageRoot(FolderObjects(root), journal=journal)
    store.add(PATH, "key", writing("x"))
    store.write("src/config.txt", b"")
    assert {(root / path).stat().st_mode & 0o777 for path in (PATH, "src/config.txt")} == {0o644}


def test_hidden_files_and_folders_are_not_listed(root: Path) -> None:
    for path in (".lock", "a.txt", ".hidden/b.txt", "sub/c.txt", "empty/.keep"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    store = PackageRoot(FolderObjects(root))
    assert store.listing(".") == ("a.txt",)
    assert store.folders() == (".", "sub")


def test_a_file_in_the_place_of_a_folder_is_told(root: Path) -> None:
    root.mkdir()
    (root / "src").touch()
    store = PackageRoot(FolderObjects(root))
    with pytest.raises(ToolkitError, match="cannot read"):
        store.listing("src")
    with pytest.raises(ToolkitError):
        store.add(PATH, None, writing("x"))
    with pytest.raises(ToolkitError, match="cannot read"):
        store.describe(PATH)


def _published_package(root: Path) -> tuple[PackageRoot, FileRecord]:
    store = PackageRoot(FolderObjects(root))
    data = make_tarball({"afw": b"content"})
    (root / "bin").mkdir(parents=True)
    (root / "bin/afw.tar.gz").write_bytes(data)
    package = store.describe("bin/afw.tar.gz")
    assert package is not None
    return store, package


def test_an_index_is_written_once(root: Path) -> None:
    store, package = _published_package(root)
    added, record = store.add_index(package)
    index = parse_package_index((root / "bin/afw.tar.gz.index").read_bytes(), source="test")
    assert added
    assert (index.sha256, [file.path for file in index.files]) == (package.sha256, ["afw"])
    assert record == store.describe("bin/afw.tar.gz.index")
    assert store.add_index(package) == (False, record)


def test_the_index_of_another_package_is_not_taken(root: Path) -> None:
    store, package = _published_package(root)
    store.add_index(package)
    with pytest.raises(CorruptError, match="is the index of another package"):
        store.add_index(replace(package, sha256=Sha256("0" * 64)))
    (root / "bin/afw.tar.gz.index").write_bytes(b"broken")
    with pytest.raises(FormatError):
        store.add_index(package)
