from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.assemblies import AssemblyOrder, follow_order
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.adapters.packing import pack_tree
from lsstinstall.adapters.sharing import stamp_of
from lsstinstall.adapters.trees import list_files
from lsstinstall.adapters.unpackers import Unpackers
from lsstinstall.core.errors import CorruptError, ToolkitError, UnavailableError
from lsstinstall.core.filelistreading import parse_file_list
from lsstinstall.core.productreuse import Reuse, ReuseSource
from lsstinstall.core.settings import LinkKind
from tests.support.workers import kill_workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def _tree(folder: Path, **files: str) -> Path:
    (folder / "ups").mkdir(parents=True)
    (folder / "ups/afw.table").write_text(folder.name)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


class _Case:
    """An order, the package that it is of, and what the worker asked for."""

    def __init__(self, tmp_path: Path, *, link: LinkKind | None = None) -> None:
        old = _tree(tmp_path / "old", same="the same", changed="before")
        self.new = _tree(tmp_path / "new", same="the same", changed="after")
        self.archive = tmp_path / "afw.tar.gz"
        pack_tree(self.new, self.archive, prefix="afw/2")
        digests = {file.sha256: file.path for file in list_files(old).files}
        self.order = AssemblyOrder(
            tree=tmp_path / "tree",
            reuse=Reuse(
                index=index_archive(self.archive).format(),
                sources=(ReuseSource(directory=str(old), digests=digests, is_own=True),),
                fetch_bytes=0,
            ),
            link=link,
            address="https://example.org/afw.tar.gz",
            folder="afw/2",
            record=tmp_path / "record.json",
        )
        self.asked: list[tuple[int, int]] = []

    def fetch(self, offset: int, size: int) -> bytes:
        return self.archive.read_bytes()[offset : offset + size]

    def ask(self, pieces: Sequence[tuple[int, int]]) -> None:
        self.asked.extend(pieces)

    def frames(self) -> Iterator[bytes]:
        yield from (self.fetch(offset, size) for offset, size in self.asked)

    def plain(self) -> dict[str, Any]:
        """Bring the order to the other process."""
        found: dict[str, Any] = json.loads(json.dumps(self.order.to_dict(umask=0o027)))
        return found


def test_a_worker_puts_together_what_it_is_told(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    answer = follow_order(case.plain(), case.frames(), ask=case.ask)
    assert list_files(tmp_path / "tree/afw/2") == list_files(case.new)
    assert answer == {"bytes": sum(len(part) for part in case.frames())}
    assert len(case.asked) == 1
    assert (tmp_path / "tree/afw").stat().st_mode & 0o777 == 0o750


def test_a_worker_asks_for_nothing_that_it_has(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    for name, content in (("old/changed", "after"), ("old/ups/afw.table", "new")):
        (tmp_path / name).write_text(content)
    digests = {file.sha256: file.path for file in list_files(tmp_path / "old").files}
    order = case.plain()
    order["sources"][0]["digests"] = digests
    assert follow_order(order, iter(()), ask=case.ask) == {"bytes": 0}
    assert case.asked == []


@pytest.mark.parametrize("kind", LinkKind)
def test_a_worker_is_told_how_to_take_files(tmp_path: Path, kind: LinkKind) -> None:
    case = _Case(tmp_path, link=kind)
    follow_order(case.plain(), case.frames(), ask=case.ask)
    is_linked = (tmp_path / "tree/afw/2/same").samefile(tmp_path / "old/same")
    assert is_linked is (kind is LinkKind.HARD)


def test_a_part_that_is_cut_is_corrupt(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    with pytest.raises(CorruptError, match="has 3 bytes instead of"):
        follow_order(case.plain(), iter([b"cut"]), ask=case.ask)


def test_a_worker_writes_down_what_it_put_together(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    follow_order(case.plain(), case.frames(), ask=case.ask)
    written = parse_file_list(case.order.record.read_bytes(), source="record")
    assert written == list_files(case.new)
    same = (tmp_path / "tree/afw/2/same").stat()
    assert written.stamps["same"] == stamp_of(same)
    assert case.order.record.stat().st_mode & 0o777 == 0o640


def test_what_was_written_down_is_read_by_the_worker(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    record = tmp_path / "old.json"
    record.write_bytes(list_files(tmp_path / "old").format())
    (source,) = case.order.reuse.sources
    recorded = replace(source, digests={}, record=str(record))
    case.order = replace(case.order, reuse=replace(case.order.reuse, sources=(recorded,)))
    follow_order(case.plain(), case.frames(), ask=case.ask)
    assert (tmp_path / "tree/afw/2/same").samefile(tmp_path / "old/same")


def test_without_what_was_written_down_all_is_fetched(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    (source,) = case.order.reuse.sources
    gone = replace(source, record=str(tmp_path / "gone.json"))
    case.order = replace(case.order, reuse=replace(case.order.reuse, sources=(gone,)))
    follow_order(case.plain(), case.frames(), ask=case.ask)
    assert list_files(tmp_path / "tree/afw/2") == list_files(case.new)


def test_a_package_with_something_beside_its_folder_is_corrupt(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    case.order = replace(case.order, folder="afw/3")
    with pytest.raises(CorruptError, match="is not in the folder `afw/3`"):
        follow_order(case.plain(), case.frames(), ask=case.ask)


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    case.order = replace(case.order, record=tmp_path / "gone/record.json")
    with pytest.raises(ToolkitError, match=r"record\.json"):
        follow_order(case.plain(), case.frames(), ask=case.ask)


@pytest.fixture
def unpackers() -> Iterator[Unpackers]:
    made = Unpackers()
    yield made
    made.close()


@pytest.mark.process
def test_a_process_puts_a_product_together(tmp_path: Path, unpackers: Unpackers) -> None:
    case = _Case(tmp_path)
    told: list[int] = []
    size = unpackers.assemble(case.order, case.fetch, advance=told.append)
    assert list_files(tmp_path / "tree/afw/2") == list_files(case.new)
    assert size == sum(told) > 0


@pytest.mark.process
def test_a_process_that_has_all_of_it_fetches_nothing_and_goes_on(
    tmp_path: Path, unpackers: Unpackers
) -> None:
    case = _Case(tmp_path)
    digests = {file.sha256: file.path for file in list_files(case.new).files}
    whole = ReuseSource(directory=str(case.new), digests=digests, is_own=True)
    for number in range(3):
        order = replace(case.order, tree=tmp_path / f"tree{number}", record=tmp_path / f"record{number}")
        order = replace(order, reuse=replace(order.reuse, sources=(whole,)))
        assert unpackers.assemble(order, case.fetch, advance=lambda _: None) == 0


@pytest.mark.process
def test_after_a_wrong_part_a_process_takes_the_next_order(tmp_path: Path, unpackers: Unpackers) -> None:
    case = _Case(tmp_path)
    with pytest.raises(CorruptError):
        unpackers.assemble(case.order, lambda _, size: bytes(size), advance=lambda _: None)
    again = replace(case.order, tree=tmp_path / "again")
    unpackers.assemble(again, case.fetch, advance=lambda _: None)
    assert list_files(tmp_path / "again/afw/2") == list_files(case.new)


@pytest.mark.process
def test_a_server_that_fails_is_told(tmp_path: Path, unpackers: Unpackers) -> None:
    case = _Case(tmp_path)

    def fail(offset: int, size: int) -> bytes:
        raise UnavailableError(f"nothing at {offset} for {size}")

    with pytest.raises(UnavailableError, match="nothing at"):
        unpackers.assemble(case.order, fail, advance=lambda _: None)


@pytest.mark.process
def test_a_worker_that_is_killed_in_the_middle_is_told(tmp_path: Path) -> None:
    case = _Case(tmp_path)
    unpackers = Unpackers()

    def fetch(offset: int, size: int) -> bytes:
        kill_workers()
        return case.fetch(offset, size)

    try:
        with pytest.raises(ToolkitError, match="a process that unpacked ended with signal 9"):
            unpackers.assemble(case.order, fetch, advance=lambda _: None)
        again = replace(case.order, tree=tmp_path / "again", record=tmp_path / "again.json")
        assert unpackers.assemble(again, case.fetch, advance=lambda _: None) > 0
    finally:
        unpackers.close()
