from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.reporting import Outcome, SilentReporter
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.verifier import VerifyReport, verify_products

if TYPE_CHECKING:
    from collections.abc import Iterator

AFW, GEOM, EXTERNAL = ProductName("afw"), ProductName("geom"), ProductName("external")
ONE = EupsVersion("1.0")


def _file(path: str, digit: str = "a") -> ListedFile:
    return ListedFile(path=path, mode=0o644, size_bytes=3, sha256=parse_sha256(digit * 64))


WHOLE = FileList(
    files=(_file("bin/x"), _file("ups/x.table")), links=(ListedLink(path="lib/x.so", target="x.so.1"),)
)


@dataclass
class _Files:
    """What is installed, in memory."""

    was: dict[ProductName, FileList]
    now: dict[ProductName, FileList | None] = field(default_factory=dict)

    def declared(self) -> Iterator[tuple[ProductName, EupsVersion]]:
        for product in (AFW, EXTERNAL, GEOM):
            yield product, ONE

    def place(self, product: ProductName, version: EupsVersion) -> str:
        return f"Linux64/{product}/{version}"

    def recorded(self, product: ProductName, version: EupsVersion) -> FileList | None:
        del version
        return self.was.get(product)

    def found(self, product: ProductName, version: EupsVersion) -> FileList | None:
        del version
        return self.now.get(product, WHOLE)


class _Steps(SilentReporter):
    def __init__(self) -> None:
        self.told: list[tuple[str, Outcome, str]] = []

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        del seconds
        self.told.append((name, outcome, detail))


def _verify(now: FileList | None = WHOLE, *only: ProductName) -> VerifyReport:
    files = _Files(was={AFW: WHOLE, GEOM: WHOLE}, now={AFW: now})
    return verify_products(files, only=only, jobs=2, reporter=SilentReporter())


@pytest.mark.parametrize(("mode", "same"), [(0o444, True), (0o664, True), (0o755, False), (0o646, False)])
def test_who_may_read_and_write_is_the_site_s_business(mode: int, *, same: bool) -> None:
    files = tuple(replace(file, mode=mode) for file in WHOLE.files)
    assert (_verify(replace(WHOLE, files=files)).problem is None) == same


def test_what_is_as_it_was_is_told_to_be_so() -> None:
    report = _verify()
    assert report.problem is None
    assert report.to_dict() == {
        "ok": [{"product": "afw", "version": "1.0"}, {"product": "geom", "version": "1.0"}],
        "changed": [],
        "missing": [],
        "extra": [],
        "unverifiable": [{"product": "external", "version": "1.0"}],
    }


def test_changed_missing_and_extra_files_are_told_with_their_places() -> None:
    report = _verify(FileList(files=(_file("bin/x", "b"), _file("bin/y")), links=WHOLE.links))
    data = report.to_dict()
    place = "Linux64/afw/1.0"
    assert data["changed"] == [{"product": "afw", "version": "1.0", "path": f"{place}/bin/x"}]
    assert data["missing"] == [{"product": "afw", "version": "1.0", "path": f"{place}/ups/x.table"}]
    assert data["extra"] == [{"product": "afw", "version": "1.0", "path": f"{place}/bin/y"}]
    assert data["ok"] == [{"product": "geom", "version": "1.0"}]
    assert report.problem is not None
    assert (report.problem.code, str(report.problem)) == (5, "changed since the installation: `afw` 1.0")


def test_a_folder_that_is_gone_misses_all_its_files() -> None:
    report = _verify(None)
    assert report.products[0].differences is not None
    assert report.products[0].differences.missing == ("bin/x", "lib/x.so", "ups/x.table")


def test_files_that_were_added_are_no_damage() -> None:
    report = _verify(FileList(files=(*WHOLE.files, _file("etc/mine")), links=WHOLE.links))
    assert report.problem is None
    assert report.products[0].is_intact
    assert report.to_dict()["ok"] == [{"product": "geom", "version": "1.0"}]


def test_only_some_products_may_be_compared() -> None:
    assert [one.product for one in _verify(WHOLE, GEOM).products] == ["geom"]


def test_each_product_is_told_in_order() -> None:
    steps = _Steps()
    files = _Files(was={AFW: WHOLE, GEOM: WHOLE}, now={AFW: FileList(files=(), links=())})
    verify_products(files, only=(), jobs=4, reporter=steps)
    assert steps.told == [
        ("afw 1.0", Outcome.FAILED, "0 changed, 3 missing"),
        ("external 1.0", Outcome.SKIPPED, "nothing was written down when it was installed"),
        ("geom 1.0", Outcome.UNCHANGED, ""),
    ]


@pytest.mark.parametrize("path", ["python/__pycache__/x.pyc", "__pycache__/y.pyc"])
def test_python_s_caches_are_not_compared(path: str) -> None:
    report = _verify(FileList(files=(*WHOLE.files, _file(path)), links=WHOLE.links))
    assert report.to_dict()["extra"] == []
