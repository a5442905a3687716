from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import InternedTable, Stack, StackPath, TablePlace
from lsstinstall.adapters.eupsdatabase import Database
from lsstinstall.core.errors import FormatError, NotFoundError, RefusedError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from pathlib import Path

LINUX, GENERIC, DARWIN = Flavor("Linux64"), Flavor("generic"), Flavor("Darwin")
AFW, GEOM = ProductName("afw"), ProductName("geom")
ONE, TWO = EupsVersion("1.0"), EupsVersion("2.0+3")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack.create(tmp_path / "stack", flavor=LINUX)


def _folder(stack: Stack, product: str = AFW, version: str = ONE) -> Path:
    folder = stack.path / "Linux64" / product / version
    (folder / "ups").mkdir(parents=True)
    (folder / "ups" / f"{product}.table").write_text("envSet(X, é)\n")
    return folder


def _declare(stack: Stack, product: ProductName = AFW, version: EupsVersion = ONE) -> Path:
    folder = _folder(stack, product, version)
    stack.declare(product, version, directory=folder, declarer="builder", now=NOON)
    return folder


def test_a_new_stack_is_empty(stack: Stack) -> None:
    assert stack.products() == ()
    assert stack.global_tags() == ()
    assert stack.versions(AFW) == ()
    assert stack.find(AFW, ONE) is None
    assert stack.tagged(AFW, "current") is None
    assert stack.tags(AFW, ONE) == ()


def test_a_folder_without_a_database_is_no_stack(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is no stack"):
        Stack.open(tmp_path, flavor=LINUX)


def test_a_stack_that_is_there_is_opened(stack: Stack) -> None:
    assert Stack.open(stack.path, flavor=LINUX).path == stack.path


def test_what_was_declared_is_found_with_its_places(stack: Stack) -> None:
    folder = _declare(stack, version=TWO)
    found = stack.find(AFW, TWO)
    assert found is not None
    assert (found.directory, found.table) == (str(folder), str(folder / "ups" / "afw.table"))
    assert (found.stack, found.flavor, found.extra_dir) == (str(stack.path), LINUX, None)
    assert stack.table(found) == "envSet(X, é)\n"


def test_the_first_version_becomes_current_and_the_second_does_not(stack: Stack) -> None:
    _declare(stack)
    _declare(stack, version=TWO)
    assert stack.tagged(AFW, "current") == ONE
    assert stack.versions(AFW) == (ONE, TWO)
    assert stack.products() == (AFW,)


def test_declaring_with_a_tag_does_not_make_it_current(stack: Stack) -> None:
    stack.declare(AFW, ONE, directory=_folder(stack), tags=("w_2026_10",))
    assert stack.tags(AFW, ONE) == ("w_2026_10",)


def test_declaring_again_changes_nothing(stack: Stack) -> None:
    folder = _declare(stack)
    before = (stack.path / "ups_db/afw/1.0.version").read_bytes()
    assert not stack.declare(AFW, ONE, directory=folder, declarer="other", now=LATER)
    assert (stack.path / "ups_db/afw/1.0.version").read_bytes() == before


def test_declaring_another_folder_is_refused_unless_forced(stack: Stack, tmp_path: Path) -> None:
    _declare(stack)
    other = tmp_path / "other"
    (other / "ups").mkdir(parents=True)
    (other / "ups/afw.table").write_text("")
    with pytest.raises(RefusedError, match=r"`afw` 1\.0 is declared in `Linux64/afw/1\.0` already"):
        stack.declare(AFW, ONE, directory=other)
    assert stack.declare(AFW, ONE, directory=other, declarer="other", now=LATER, force=True)
    text = (stack.path / "ups_db/afw/1.0.version").read_text()
    assert "DECLARER = builder\n   DECLARED = 2026/11/22 12:00:00 UTC\n" in text
    assert "MODIFIER = other\n   MODIFIED = 2026/11/22 13:00:00 UTC\n" in text


@pytest.mark.parametrize("missing", ["afw", "afw/1.0/ups"])
def test_what_is_not_complete_is_not_declared(stack: Stack, missing: str) -> None:
    folder = _folder(stack)
    (stack.path / "Linux64" / missing).rename(stack.path / "away")
    with pytest.raises(NotFoundError, match=r"cannot declare `afw` 1\.0: there is no"):
        stack.declare(AFW, ONE, directory=folder)
    assert stack.find(AFW, ONE) is None


def test_a_product_needs_neither_folder_nor_table(stack: Stack) -> None:
    stack.declare(AFW, ONE, directory=None, table=TablePlace.NOWHERE)
    found = stack.find(AFW, ONE)
    assert found is not None
    assert (found.directory, found.table) == (None, None)
    assert stack.table(found) is None


def test_a_table_can_be_kept_in_the_database(stack: Stack) -> None:
    stack.declare(
        AFW, ONE, directory=_folder(stack), table=InternedTable(text="envSet(A, 1)\nenvSet(B, 2)\n")
    )
    found = stack.find(AFW, ONE)
    assert found is not None
    assert found.extra_dir == str(stack.path / "ups_db/Linux64/afw/1.0")
    assert stack.table(found) == "envSet(A, 1)\n envSet(B, 2)\n "


def test_a_product_in_a_linked_folder_of_the_stack_is_declared_relative(stack: Stack, tmp_path: Path) -> None:
    folder = _folder(stack)
    (tmp_path / "link").symlink_to(stack.path)
    stack.declare(AFW, ONE, directory=tmp_path / "link" / folder.relative_to(stack.path))
    assert "PROD_DIR = Linux64/afw/1.0\n" in (stack.path / "ups_db/afw/1.0.version").read_text()


def test_a_product_folder_that_is_a_link_out_of_the_stack_keeps_an_absolute_table(
    stack: Stack, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "ups").mkdir(parents=True)
    (outside / "ups" / "afw.table").write_text("")
    link = stack.path / "Linux64" / "afw" / "1.0"
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    stack.declare(AFW, ONE, directory=link)
    assert f"TABLE_FILE = {link}/ups/afw.table\n" in (stack.path / "ups_db/afw/1.0.version").read_text()


def test_what_is_declared_for_generic_is_found_after_the_platform_s(stack: Stack) -> None:
    stack.declare(AFW, ONE, directory=_folder(stack), flavor=GENERIC)
    found = stack.find(AFW, ONE)
    assert found is not None
    assert found.flavor == GENERIC
    assert stack.tagged(AFW, "current") == ONE
    assert stack.find_for(AFW, ONE, LINUX) is None
    # Something is declared for the fallback, so that this is not the first version.
    stack.declare(AFW, TWO, directory=_folder(stack, version=TWO))
    assert stack.tags(AFW, TWO) == ()


def test_flavors_are_declared_tagged_and_forgotten_apart(stack: Stack) -> None:
    folder = _declare(stack)
    stack.declare(AFW, ONE, directory=folder, flavor=DARWIN)
    stack.undeclare(AFW, ONE)
    assert stack.find(AFW, ONE) is None
    darwin = Stack(stack.path, flavor=DARWIN)
    assert darwin.tagged(AFW, "current") == ONE
    darwin.undeclare(AFW, ONE)
    assert list((stack.path / "ups_db").iterdir()) == []


def test_what_is_not_declared_cannot_be_undeclared_or_tagged(stack: Stack) -> None:
    with pytest.raises(NotFoundError, match=r"`afw` 1\.0 is not declared for `Linux64`"):
        stack.undeclare(AFW, ONE)
    with pytest.raises(NotFoundError):
        stack.assign_tag(AFW, ONE, "w_2026_10")


def test_undeclaring_takes_the_tags_of_that_version_only(stack: Stack) -> None:
    _declare(stack)
    _declare(stack, version=TWO)
    stack.assign_tag(AFW, TWO, "w_2026_10")
    stack.undeclare(AFW, ONE)
    assert stack.tagged(AFW, "current") is None
    assert stack.tags(AFW, TWO) == ("w_2026_10",)


def test_undeclaring_the_last_version_leaves_no_trace_of_killed_writers(stack: Stack) -> None:
    _declare(stack)
    (stack.path / "ups_db/afw/.1.0.version.new").write_text("half")
    stack.undeclare(AFW, ONE)
    assert not (stack.path / "ups_db/afw").exists()


def test_a_tag_moves_in_place_and_is_registered(stack: Stack) -> None:
    _declare(stack)
    _declare(stack, version=TWO)
    assert stack.assign_tag(AFW, ONE, "w_latest", declarer="builder", now=NOON)
    assert stack.assign_tag(AFW, TWO, "w_latest", declarer="other", now=LATER)
    assert not stack.assign_tag(AFW, TWO, "w_latest")
    assert stack.global_tags() == ("w_latest",)
    text = (stack.path / "ups_db/afw/w_latest.chain").read_text()
    assert "DECLARER = builder" in text
    assert "MODIFIER = other\n   MODIFIED = 2026/11/22 13:00:00 UTC" in text


def test_current_is_known_to_eups_and_not_registered(stack: Stack) -> None:
    _declare(stack)
    _declare(stack, version=TWO)
    stack.assign_tag(AFW, TWO, "current")
    assert stack.global_tags() == ()


def test_a_tag_can_be_taken_away(stack: Stack) -> None:
    _declare(stack)
    stack.unassign_tag(AFW, "current")
    stack.unassign_tag(AFW, "never_set")
    assert stack.tagged(AFW, "current") is None
    assert not (stack.path / "ups_db/afw/current.chain").exists()


def test_tags_are_registered_once_and_in_order(stack: Stack) -> None:
    stack.register_tags(["w_2026_10", "d_2026_03_01"])
    stack.register_tags(["d_2026_03_01", "b1234", "b1234"])
    assert (stack.path / "ups_db/global.tags").read_text() == "w_2026_10 d_2026_03_01 b1234\n"


def test_a_table_file_that_vanished_is_told(stack: Stack) -> None:
    folder = _declare(stack)
    found = stack.find(AFW, ONE)
    (folder / "ups/afw.table").unlink()
    assert found is not None
    with pytest.raises(NotFoundError, match=r"`afw` 1\.0 is declared with a table file that is not there"):
        stack.table(found)


def test_an_empty_chain_file_carries_nothing(stack: Stack) -> None:
    _declare(stack)
    (stack.path / "ups_db/afw/w_2026_10.chain").write_text("")
    assert stack.tagged(AFW, "w_2026_10") is None
    assert stack.tags(AFW, ONE) == ("current",)


def test_a_version_file_in_another_encoding_is_told_with_its_place(stack: Stack) -> None:
    _declare(stack)
    path = stack.path / "ups_db/afw/1.0.version"
    path.write_bytes(path.read_bytes().replace(b"builder", b"J\xe9r\xf4me"))
    with pytest.raises(FormatError, match=r"1\.0\.version:9:16: byte 0xe9 is not UTF-8"):
        Stack(stack.path, flavor=LINUX).find(AFW, ONE)


def test_hidden_and_foreign_files_are_no_versions(stack: Stack) -> None:
    _declare(stack)
    for name in (".1.1.version", "notes.txt"):
        (stack.path / "ups_db/afw" / name).write_text("")
    (stack.path / "ups_db/README").write_text("")
    assert stack.versions(AFW) == (ONE,)
    assert stack.products() == (AFW,)


def test_a_folder_s_time_moves_on_even_if_the_clock_stands(stack: Stack) -> None:
    # EUPS takes its cache for current unless the folder is younger.
    _declare(stack)
    folder = stack.path / "ups_db/afw"
    future = 4_000_000_000_000_000_000
    os.utime(folder, ns=(future, future))
    stack.assign_tag(AFW, ONE, "w_2026_10")
    once = folder.stat().st_mtime
    assert once > future / 1e9
    stack.unassign_tag(AFW, "w_2026_10")
    assert folder.stat().st_mtime > once


def test_what_was_changed_is_young_when_the_lock_is_given_up(stack: Stack) -> None:
    _declare(stack)
    folder = stack.path / "ups_db/afw"
    with stack.locked("the test"):
        stack.assign_tag(AFW, ONE, "w_2026_10")
        # As if EUPS had written its cache meanwhile.
        os.utime(folder, (1000, 1000))
        stack.undeclare(AFW, ONE)
        stack.declare(AFW, ONE, directory=None, table=TablePlace.NOWHERE)
        os.utime(folder, (1000, 1000))
    assert folder.stat().st_mtime > 1000


def test_a_file_keeps_its_mode_when_it_is_replaced(stack: Stack) -> None:
    _declare(stack)
    path = stack.path / "ups_db/afw/current.chain"
    path.chmod(0o664)
    _declare(stack, version=TWO)
    stack.assign_tag(AFW, TWO, "current")
    assert path.stat().st_mode & 0o777 == 0o664


def test_what_was_found_is_remembered_until_the_lock_is_taken(stack: Stack) -> None:
    reader = Stack(stack.path, flavor=LINUX)
    assert reader.find(AFW, ONE) is None
    _declare(stack)
    assert reader.find(AFW, ONE) is None
    with reader.locked("the test"):
        assert reader.find(AFW, ONE) is not None
    stack.undeclare(AFW, ONE)
    reader.forget()
    assert reader.find(AFW, ONE) is None


def test_the_lock_keeps_out_a_second_writer_and_leaves_nothing(stack: Stack) -> None:
    with stack.locked("the test"):
        assert len(list((stack.path / ".lockDir").iterdir())) == 1
    assert not (stack.path / ".lockDir").exists()


def test_who_holds_the_lock_may_take_it_again(stack: Stack) -> None:
    with stack.locked("the test") as waited:
        assert not waited
        with stack.locked("a part of it", wait_seconds=0):
            pass
        assert len(list((stack.path / ".lockDir").iterdir())) == 1
    assert not (stack.path / ".lockDir").exists()


def test_a_missing_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="cannot read the database"):
        Stack(tmp_path / "nothing", flavor=LINUX).products()


def test_a_file_in_place_of_a_folder_is_told(stack: Stack) -> None:
    (stack.path / "ups_db" / "geom").write_text("")
    assert stack.versions(GEOM) == ()
    with pytest.raises(Exception, match="cannot write to the database"):
        stack.declare(GEOM, ONE, directory=None, table=TablePlace.NOWHERE)


def test_macros_of_older_databases_are_understood(stack: Stack) -> None:
    folder = stack.path / "ups_db/afw"
    folder.mkdir()
    (folder / "1.0.version").write_text(
        "FILE = version\nPRODUCT = afw\nVERSION = 1.0\nGroup:\nFLAVOR = Linux64\n"
        "PROD_DIR = $PROD_ROOT/$FLAVOR/afw\nUPS_DIR = $PROD_DIR/other\nTABLE_FILE = $UPS_DIR/x.table\nEnd:\n"
    )
    found = stack.find(AFW, ONE)
    assert found is not None
    assert found.directory == f"{stack.path}/Linux64/afw"
    assert found.table == f"{stack.path}/Linux64/afw/other/x.table"


@pytest.mark.parametrize(
    ("ups", "table", "expected"),
    [
        ("none", "x.table", "{stack}/d/x.table"),
        ("ups", "/elsewhere/x.table", "/elsewhere/x.table"),
        ("/elsewhere", "x.table", "/elsewhere/x.table"),
        ("ups", "d/ups/there.table", "{stack}/d/ups/there.table"),
        ("ups", "x.table", "{stack}/d/ups/x.table"),
        ("ups", "none", None),
        ("$UPS_DB/Linux64", "x.table", "{stack}/ups_db/Linux64/x.table"),
        ("$UNKNOWN/y", "x.table", "$UNKNOWN/y/x.table"),
    ],
)
def test_tables_are_looked_for_where_eups_would(
    stack: Stack, ups: str, table: str, expected: str | None
) -> None:
    (stack.path / "d/ups").mkdir(parents=True)
    (stack.path / "d/ups/there.table").write_text("")
    (stack.path / "ups_db/afw").mkdir()
    (stack.path / "ups_db/afw/1.0.version").write_text(
        "FILE = version\nPRODUCT = afw\nVERSION = 1.0\nGroup:\nFLAVOR = Linux64\n"
        f"PROD_DIR = d\nUPS_DIR = {ups}\nTABLE_FILE = {table}\nEnd:\n"
    )
    found = stack.find(AFW, ONE)
    assert found is not None
    assert found.table == (None if expected is None else expected.format(stack=stack.path))


def test_the_database_reads_what_it_wrote(stack: Stack) -> None:
    _declare(stack)
    file = Database(stack.path / "ups_db").read_version(AFW, ONE)
    assert file is not None
    assert [declaration.declarer for declaration in file.flavors] == ["builder"]


def _path(tmp_path: Path) -> tuple[StackPath, Stack, Stack]:
    first = Stack.create(tmp_path / "first", flavor=LINUX)
    second = Stack.create(tmp_path / "second", flavor=LINUX)
    return StackPath((first, second)), first, second


def test_several_stacks_are_searched_in_order(tmp_path: Path) -> None:
    path, first, second = _path(tmp_path)
    _declare(second)
    _declare(second, version=TWO)
    folder = _declare(first)
    found = path.find(AFW, ONE)
    assert found is not None
    assert found.stack == str(first.path)
    assert path.installed_directory(AFW, ONE) == folder
    assert path.versions(AFW) == (ONE, TWO)
    assert path.tagged(AFW, "current") == ONE
    assert path.table(found) == "envSet(X, é)\n"
    assert path.products() == (AFW,)
    assert path.stacks == (first, second)


def test_the_platform_s_flavor_in_the_last_stack_wins_over_generic_in_the_first(tmp_path: Path) -> None:
    path, first, second = _path(tmp_path)
    first.declare(AFW, ONE, directory=None, table=TablePlace.NOWHERE, flavor=GENERIC, tags=("t",))
    _declare(second)
    second.assign_tag(AFW, ONE, "t")
    found = path.find(AFW, ONE)
    assert found is not None
    assert (found.flavor, found.stack) == (LINUX, str(second.path))


def test_what_no_stack_has_is_not_found(tmp_path: Path) -> None:
    path, first, _ = _path(tmp_path)
    first.declare(GEOM, ONE, directory=None, table=TablePlace.NOWHERE)
    assert path.find(AFW, ONE) is None
    assert path.tagged(AFW, "current") is None
    assert path.installed_directory(AFW, ONE) is None
    assert path.installed_directory(GEOM, ONE) is None


def test_a_generic_stack_has_no_other_flavor(tmp_path: Path) -> None:
    stack = Stack.create(tmp_path / "stack", flavor=GENERIC)
    stack.declare(AFW, ONE, directory=None, table=TablePlace.NOWHERE)
    assert StackPath([stack]).find(AFW, ONE) is not None
    assert stack.flavor == GENERIC
