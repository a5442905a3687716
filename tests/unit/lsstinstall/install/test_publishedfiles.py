from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.names import ProductName, Sha256
from lsstinstall.core.packageindexes import (
    IndexedFile,
    IndexedFolder,
    IndexedLink,
    PackageGroup,
    PackageIndex,
)
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.publishedfiles import FilesAsPublished, read_published
from tests.support.packages import FakePackageFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

AFW, ONE = ProductName("afw"), EupsVersion("1")
URL = "https://example.org/stack"
INDEX = PackageIndex(
    size_bytes=500,
    sha256=Sha256("f" * 64),
    groups=(PackageGroup(offset=0, size_bytes=400, content_bytes=900),),
    folders=(IndexedFolder(path="afw", mode=0o755), IndexedFolder(path="afw/1", mode=0o755)),
    files=(
        IndexedFile("afw/1/run", 0o775, 10, Sha256("2" * 64), 0, 0),
        IndexedFile("afw/1/data", 0o664, 10, Sha256("1" * 64), 0, 10),
    ),
    links=(IndexedLink(path="afw/1/link", target="data"),),
)
DATA = INDEX.format()
PLANNED = PlannedProduct(
    product=AFW,
    version=ONE,
    action=ProductAction.UNPACK,
    root=URL,
    path="afw.tar.gz",
    directory="afw/1",
    index=FileRecord(path="afw.index", size_bytes=len(DATA), sha256=Sha256(sha256(DATA).hexdigest())),
)
ROOT = FakePackageFiles(URL, {"afw.index": DATA})


def _list(mode: int, run: int) -> FileList:
    return FileList(
        files=(
            ListedFile(path="data", mode=mode, size_bytes=10, sha256=Sha256("1" * 64)),
            ListedFile(path="run", mode=run, size_bytes=10, sha256=Sha256("2" * 64)),
        ),
        links=(ListedLink(path="link", target="data"),),
    )


class _Installed:
    """One product that somebody installed with a strict umask."""

    def __init__(
        self, *, was: FileList | None = None, gone: bool = False, changed: tuple[str, ...] = ()
    ) -> None:
        self.was = was
        self.gone = gone
        self.changed = changed

    def declared(self) -> Iterator[tuple[ProductName, EupsVersion]]:
        yield AFW, ONE

    def place(self, product: ProductName, version: EupsVersion) -> str:
        return f"Linux64/{product}/{version}"

    def recorded(self, product: ProductName, version: EupsVersion) -> FileList | None:
        del product, version
        return self.was

    def found(self, product: ProductName, version: EupsVersion) -> FileList | None:
        del product, version
        if self.gone:
            return None
        found = _list(0o600, 0o700)
        files = (
            replace(one, size_bytes=20, sha256=Sha256("3" * 64)) if one.path in self.changed else one
            for one in found.files
        )
        return replace(found, files=tuple(files))


class _Scripts:
    """What a hook did."""

    def __init__(self, *repaired: str) -> None:
        self._repaired = repaired

    def is_repaired(self, planned: PlannedProduct, path: str) -> bool:
        assert planned.product == AFW
        return path in self._repaired


def _files(
    installed: _Installed, planned: PlannedProduct | None = PLANNED, *, repaired: tuple[str, ...] = ()
) -> FilesAsPublished:
    return FilesAsPublished(
        installed, lambda *_: planned, {URL: ROOT}, scripts=_Scripts(*repaired), reporter=SilentReporter()
    )


def test_an_index_says_what_a_product_consists_of() -> None:
    assert read_published(PLANNED, ROOT) == _list(0o664, 0o775)


@pytest.mark.parametrize("planned", [replace(PLANNED, index=None), replace(PLANNED, directory=None)])
def test_without_an_index_or_a_folder_nothing_is_said(planned: PlannedProduct) -> None:
    assert read_published(planned, ROOT) is None


def test_another_index_is_refused() -> None:
    with pytest.raises(CorruptError, match="has not the SHA-256 digest"):
        read_published(PLANNED, FakePackageFiles(URL, {"afw.index": DATA + b" "}))


def test_where_nothing_was_written_down_the_release_counts_and_umasks_do_not() -> None:
    files = _files(_Installed())
    assert files.recorded(AFW, ONE) == files.found(AFW, ONE) == _list(0o644, 0o755)
    assert list(files.declared()) == [(AFW, ONE)]
    assert files.place(AFW, ONE) == "Linux64/afw/1"


def test_a_script_that_was_repaired_is_not_changed() -> None:
    installed = _Installed(changed=("run",))
    files = _files(installed, repaired=("run",))
    assert files.recorded(AFW, ONE) == files.found(AFW, ONE)
    others = _files(installed)
    assert others.recorded(AFW, ONE) != others.found(AFW, ONE)


def test_what_cannot_be_run_is_no_script() -> None:
    files = _files(_Installed(changed=("data",)), repaired=("data",))
    assert files.recorded(AFW, ONE) != files.found(AFW, ONE)


def test_what_was_written_down_counts_first() -> None:
    files = _files(_Installed(was=_list(0o640, 0o750)))
    assert files.recorded(AFW, ONE) == _list(0o640, 0o750)
    assert files.found(AFW, ONE) == _list(0o600, 0o700)


def test_a_folder_that_is_gone_is_gone() -> None:
    assert _files(_Installed(gone=True)).found(AFW, ONE) is None


@pytest.mark.parametrize("planned", [None, replace(PLANNED, root=None), replace(PLANNED, index=None)])
def test_what_no_release_tells_is_not_known(planned: PlannedProduct | None) -> None:
    assert _files(_Installed(), planned).recorded(AFW, ONE) is None


def test_what_cannot_be_read_is_told_and_not_known() -> None:
    def fail(*_: object) -> PlannedProduct:
        raise NotFoundError("no manifest")

    class Warned(SilentReporter):
        texts: tuple[str, ...] = ()

        def warn(self, text: str, *, hint: str | None = None) -> None:
            del hint
            self.texts = (*self.texts, text)

    reporter = Warned()
    files = FilesAsPublished(_Installed(), fail, {}, scripts=_Scripts(), reporter=reporter)
    assert files.recorded(AFW, ONE) is None
    assert files.found(AFW, ONE) == _list(0o644, 0o755)
    assert reporter.texts == ("nobody knows what `afw` 1 should be: no manifest",)
