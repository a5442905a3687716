from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.productstores import DiskInstalledFiles, DiskProductStore
from lsstinstall.adapters.stackfolders import record_path
from lsstinstall.core.errors import (
    CorruptError,
    FormatError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from lsstinstall.core.filelists import compare_lists
from lsstinstall.core.names import ProductName
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.versions import EupsVersion
from tests.support.packages import LINUX, FakePackageFiles, make_tarball, product_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

AFW = ProductName("afw")
VERSION = product_version("afw")
FOLDER = f"afw/{VERSION}"
PRODUCT = PlannedProduct(
    product=AFW,
    version=VERSION,
    action=ProductAction.UNPACK,
    tags=("w_2026_10", "d_2026_03_01"),
    root="https://example.org/stack",
    path=f"afw-{VERSION}@Linux64.tar.gz",
    directory=FOLDER,
)
MEMBERS: dict[str, bytes | tuple[str, str]] = {
    f"{FOLDER}/ups/afw.table": b"",
    f"{FOLDER}/bin/afw": b"program",
}


class _Warnings(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str, *, hint: str | None = None) -> None:
        self.texts.append(f"{text}: {hint}")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack.create(tmp_path / "stack", flavor=LINUX)


@pytest.fixture
def warnings() -> _Warnings:
    return _Warnings()


@pytest.fixture
def store(stack: Stack, warnings: _Warnings) -> Iterator[DiskProductStore]:
    made = DiskProductStore(stack, reporter=warnings)
    yield made
    with made.writing([]):
        """Workers end at the end."""


def _fetch(store: DiskProductStore, package: bytes, product: PlannedProduct = PRODUCT) -> None:
    root = FakePackageFiles("https://example.org/stack", {product.path or "": package})
    store.fetch(product, root, advance=lambda _: None)


class _Mirrored(FakePackageFiles):
    def __init__(self, *packages: bytes | None) -> None:
        super().__init__("https://example.org/stack", {})
        self._packages = packages

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        del path, beside
        return (self._chunks(package) for package in self._packages)

    def _chunks(self, package: bytes | None) -> Iterator[bytes]:
        if package is None:
            raise UnavailableError("nobody answers")
        yield package


def _install(
    store: DiskProductStore,
    product: PlannedProduct = PRODUCT,
    members: dict[str, bytes | tuple[str, str]] = MEMBERS,
    table: str | None = None,
) -> None:
    with store.writing([product]):
        _fetch(store, make_tarball(members), product)
        store.finish(product, table=table)
        store.assign_tags(product)


def test_a_product_is_put_into_its_place_declared_and_tagged(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    found = stack.find(AFW, VERSION)
    assert found is not None
    assert found.directory == str(stack.path / "Linux64" / FOLDER)
    assert found.table == f"{found.directory}/ups/afw.table"
    assert stack.tags(AFW, VERSION) == ("current", "d_2026_03_01", "w_2026_10")
    assert stack.global_tags() == ("w_2026_10", "d_2026_03_01")


def test_nothing_of_the_installation_stays_behind(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    assert list((stack.path / "EupsBuildDir" / "Linux64").iterdir()) == []


def test_what_was_installed_is_written_down(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    files = DiskInstalledFiles(stack)
    assert list(files.declared()) == [(AFW, VERSION)]
    recorded, found = files.recorded(AFW, VERSION), files.found(AFW, VERSION)
    assert recorded is not None
    assert found is not None
    assert [file.path for file in recorded.files] == ["bin/afw", "ups/afw.table"]
    assert not compare_lists(recorded, found)
    assert files.place(AFW, VERSION) == f"Linux64/{FOLDER}"


def test_a_product_without_a_table_of_its_own_gets_one(store: DiskProductStore, stack: Stack) -> None:
    _install(store, members={f"{FOLDER}/bin/afw": b"program"}, table="envSet(X, 1)\n")
    found = stack.find(AFW, VERSION)
    assert found is not None
    assert stack.table(found) == "envSet(X, 1)\n"
    files = DiskInstalledFiles(stack)
    recorded, now = files.recorded(AFW, VERSION), files.found(AFW, VERSION)
    assert recorded is not None
    assert now is not None
    assert not compare_lists(recorded, now)


def test_a_product_may_have_no_table_at_all(store: DiskProductStore, stack: Stack) -> None:
    _install(store, members={f"{FOLDER}/bin/afw": b"program"})
    found = stack.find(AFW, VERSION)
    assert found is not None
    assert found.table is None


@pytest.mark.parametrize(("table", "kept"), [("envSet(X, 1)\n", "envSet(X, 1)\n "), (None, None)])
def test_a_product_without_files_is_declared_with_its_table_in_the_database(
    store: DiskProductStore, stack: Stack, table: str | None, kept: str | None
) -> None:
    meta = replace(PRODUCT, action=ProductAction.DECLARE, directory=None, path=None)
    with store.writing([meta]):
        store.finish(meta, table=table)
    found = stack.find(AFW, VERSION)
    assert found is not None
    assert (found.directory, stack.table(found)) == (None, kept)
    assert list(DiskInstalledFiles(stack).declared()) == []


def test_an_archive_with_files_beside_the_product_is_refused(store: DiskProductStore, stack: Stack) -> None:
    with pytest.raises(
        CorruptError, match=r"https://example\.org/stack/afw-.*`other/x` is not in the folder"
    ):
        _install(store, members=MEMBERS | {"other/x": b""})
    assert stack.find(AFW, VERSION) is None


def test_an_empty_archive_is_refused(store: DiskProductStore) -> None:
    with pytest.raises(CorruptError, match=f"there is nothing in `{FOLDER}`".replace("+", r"\+")):
        _install(store, members={})


def test_a_damaged_archive_is_told_with_its_address(store: DiskProductStore) -> None:
    with pytest.raises(CorruptError, match=r"<https://example\.org/stack/afw-.*>: truncated or damaged"):
        _fetch(store, b"no archive")


def test_bytes_of_a_source_that_was_damaged_are_taken_back(store: DiskProductStore, stack: Stack) -> None:
    told: list[int] = []
    good = make_tarball(MEMBERS)
    with store.writing([PRODUCT]):
        size, has_table = store.fetch(PRODUCT, _Mirrored(b"damaged", good), advance=told.append)
        store.finish(PRODUCT, table=None)
    assert (size, has_table) == (len(good), True)
    assert sum(told) == len(good)
    assert stack.find(AFW, VERSION) is not None


def test_a_part_that_turns_out_to_be_damaged_is_dropped(store: DiskProductStore, stack: Stack) -> None:
    part = stack.path / "EupsBuildDir" / "Linux64" / f"afw-{VERSION}.lsstinstall" / f"{PRODUCT.path}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"damaged")
    with pytest.raises(CorruptError):
        _fetch(store, b"damaged")
    assert not part.exists()


def test_what_a_place_has_wrong_is_told_rather_than_that_another_one_is_silent(
    store: DiskProductStore,
) -> None:
    with pytest.raises(CorruptError):
        store.fetch(PRODUCT, _Mirrored(b"damaged", None), advance=lambda _: None)
    with pytest.raises(UnavailableError):
        store.fetch(PRODUCT, _Mirrored(None, None), advance=lambda _: None)


def test_a_folder_that_nobody_declared_is_kept_elsewhere(
    store: DiskProductStore, stack: Stack, warnings: _Warnings
) -> None:
    target = stack.path / "Linux64" / FOLDER
    for attempt in ("first", "second"):
        target.mkdir(parents=True)
        (target / "mine").write_text(attempt)
        _install(store)
        stack.undeclare(AFW, VERSION)
        target.rename(target.with_name("away-" + attempt))
    kept = stack.path / ".lsstinstall" / "replaced" / "Linux64" / "afw"
    assert (kept / VERSION / "mine").read_text() == "first"
    assert (kept / f"{VERSION}.2" / "mine").read_text() == "second"
    assert len(warnings.texts) == 2
    assert str(kept / VERSION) in warnings.texts[0]


def test_a_folder_in_which_another_version_is_declared_stays(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    greedy = replace(PRODUCT, version=EupsVersion("2"), directory="afw")
    with store.writing([greedy]):
        _fetch(store, make_tarball({"afw/ups/afw.table": b""}), greedy)
        with pytest.raises(RefusedError, match=f"`afw` {re.escape(VERSION)} is declared in"):
            store.finish(greedy, table=None)
    assert (stack.path / "Linux64" / FOLDER / "bin/afw").is_file()


def test_a_complete_folder_of_a_killed_run_is_declared_as_it_is(
    store: DiskProductStore, stack: Stack, warnings: _Warnings
) -> None:
    _install(store)
    stack.undeclare(AFW, VERSION)
    inode = (stack.path / "Linux64" / FOLDER).stat().st_ino
    _install(store)
    assert (stack.path / "Linux64" / FOLDER).stat().st_ino == inode
    assert stack.find(AFW, VERSION) is not None
    assert warnings.texts == []


def test_a_product_whose_run_was_killed_after_the_declaration_becomes_current(
    store: DiskProductStore, stack: Stack
) -> None:
    _install(store)
    stack.unassign_tag(AFW, "current")
    (stack.path / "EupsBuildDir/Linux64" / f"afw-{VERSION}.lsstinstall").mkdir()
    with store.writing([]):
        assert "current" in stack.tags(AFW, VERSION)
    assert list((stack.path / "EupsBuildDir" / "Linux64").iterdir()) == []


def test_a_finished_product_that_is_not_current_stays_so(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    stack.unassign_tag(AFW, "current")
    _install(
        store,
        replace(PRODUCT, product=ProductName("utils"), directory="utils/1.0"),
        {"utils/1.0/ups/utils.table": b""},
    )
    assert "current" not in stack.tags(AFW, VERSION)


def test_leftovers_of_dead_runs_are_removed_but_parts_of_wanted_files_stay(
    store: DiskProductStore, stack: Stack
) -> None:
    scratch = stack.path / "EupsBuildDir" / "Linux64"
    wanted = scratch / f"afw-{VERSION}.lsstinstall"
    for folder in (wanted, scratch / "old-1.0.lsstinstall"):
        (folder / "tree" / "half").mkdir(parents=True)
        (folder / "x.tar.gz.part").write_text("part")
        (folder / "x.tar.gz.part.mark").write_text("mark")
    (scratch / "eups-1.0").mkdir()
    record = record_path(stack.path, LINUX, AFW, VERSION)
    record.parent.mkdir(parents=True)
    (record.parent / f".{record.name}.1234.tmp").write_text("half")
    with store.writing([PRODUCT]):
        pass
    assert sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*")) == [
        f"{wanted.name}", f"{wanted.name}/x.tar.gz.part", f"{wanted.name}/x.tar.gz.part.mark", "eups-1.0",
    ]  # fmt: skip
    assert list(record.parent.iterdir()) == []


def test_what_will_not_be_finished_is_removed_but_for_its_part(store: DiskProductStore, stack: Stack) -> None:
    _fetch(store, make_tarball(MEMBERS))
    store.discard(PRODUCT)
    assert list((stack.path / "EupsBuildDir" / "Linux64").iterdir()) == []
    store.discard(PRODUCT)


def test_a_product_of_eups_is_written_down_afterwards(store: DiskProductStore, stack: Stack) -> None:
    folder = stack.path / "Linux64" / FOLDER
    (folder / "ups").mkdir(parents=True)
    (folder / "ups" / "afw.table").write_text("")
    Stack(stack.path, flavor=LINUX).declare(AFW, VERSION, directory=folder)
    store.adopt(PRODUCT)
    recorded = DiskInstalledFiles(stack).recorded(AFW, VERSION)
    assert recorded is not None
    assert [file.path for file in recorded.files] == ["ups/afw.table"]


def test_a_product_that_eups_did_not_declare_is_told(store: DiskProductStore) -> None:
    with pytest.raises(NotFoundError, match="EUPS ended well, but `afw`"):
        store.adopt(PRODUCT)


def test_a_product_without_a_record_or_without_its_folder_is_known_as_such(
    store: DiskProductStore, stack: Stack
) -> None:
    _install(store)
    record_path(stack.path, LINUX, AFW, VERSION).unlink()
    folder = stack.path / "Linux64" / FOLDER
    folder.rename(stack.path / "away")
    files = DiskInstalledFiles(stack)
    assert files.recorded(AFW, VERSION) is None
    assert files.found(AFW, VERSION) is None


def test_a_broken_record_is_told(store: DiskProductStore, stack: Stack) -> None:
    _install(store)
    record_path(stack.path, LINUX, AFW, VERSION).write_text("{")
    with pytest.raises(FormatError, match=r"afw-.*\.json"):
        DiskInstalledFiles(stack).recorded(AFW, VERSION)


def test_a_product_outside_the_stack_has_an_absolute_place(stack: Stack, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "ups").mkdir(parents=True)
    (outside / "ups" / "afw.table").write_text("")
    stack.declare(AFW, VERSION, directory=outside)
    assert DiskInstalledFiles(stack).place(AFW, VERSION) == str(outside)
