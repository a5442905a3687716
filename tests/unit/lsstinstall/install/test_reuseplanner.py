from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from lsstinstall.core.names import ProductName, Sha256
from lsstinstall.core.packageindexes import IndexedFile, IndexedFolder, PackageGroup, PackageIndex
from lsstinstall.core.productplans import InstallPlan, PlannedProduct, ProductAction
from lsstinstall.core.productreuse import ReuseSource
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.reuseplanner import plan_reuse
from tests.support.packages import LINUX, FakePackageFiles

URL = "https://example.org/stack"
PACKAGE = Sha256("f" * 64)
INDEX = PackageIndex(
    size_bytes=1_000_100,
    sha256=PACKAGE,
    groups=(
        PackageGroup(offset=0, size_bytes=500_000, content_bytes=900_000),
        PackageGroup(offset=500_000, size_bytes=500_000, content_bytes=900_000),
    ),
    folders=(IndexedFolder(path="afw", mode=0o755),),
    files=(
        IndexedFile("afw/one", 0o644, 10, Sha256("1" * 64), 0, 0),
        IndexedFile("afw/two", 0o644, 10, Sha256("2" * 64), 1, 0),
        IndexedFile("afw/empty", 0o644, 0, Sha256("3" * 64), 0, 0),
    ),
    links=(),
)
BOTH = ReuseSource(directory="/old", digests={Sha256("1" * 64): "one", Sha256("2" * 64): "2"}, is_own=True)
FIRST = replace(BOTH, digests={Sha256("1" * 64): "one"})
NEITHER = replace(BOTH, digests={Sha256("9" * 64): "nine"})


class _Installed:
    def __init__(self, *sources: ReuseSource) -> None:
        self.sources = sources

    def versions_beside(self, product: PlannedProduct) -> tuple[ReuseSource, ...]:
        del product
        return self.sources


class _Warnings(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str, *, hint: str | None = None) -> None:
        del hint
        self.texts.append(text)


def _product(index: PackageIndex = INDEX) -> PlannedProduct:
    data = index.format()
    record = FileRecord(
        path="afw.tar.gz.index", size_bytes=len(data), sha256=Sha256(sha256(data).hexdigest())
    )
    return PlannedProduct(
        product=ProductName("afw"),
        version=EupsVersion("2"),
        action=ProductAction.UNPACK,
        root=URL,
        path="afw.tar.gz",
        size_bytes=index.size_bytes,
        sha256=PACKAGE,
        index=record,
    )


def _plan(
    product: PlannedProduct,
    *sources: ReuseSource,
    reporter: SilentReporter | None = None,
    index: PackageIndex = INDEX,
) -> tuple[PlannedProduct, FakePackageFiles]:
    files = FakePackageFiles(URL, {"afw.tar.gz.index": index.format()})
    plan = plan_reuse(
        InstallPlan(flavor=LINUX, products=(product,)),
        roots={URL: files},
        installed=_Installed(*sources),
        jobs=2,
        reporter=reporter or SilentReporter(),
    )
    return plan.products[0], files


def test_only_what_no_version_has_is_to_be_fetched() -> None:
    planned, _ = _plan(_product(), FIRST)
    assert planned.reuse is not None
    assert planned.reuse.index == INDEX.format()
    assert planned.reuse.sources == (FIRST,)
    assert (planned.fetch_bytes, planned.size_bytes) == (500_000, 1_000_100)


def test_with_all_of_it_there_nothing_is_to_be_fetched() -> None:
    planned, _ = _plan(_product(), NEITHER, BOTH)
    assert planned.fetch_bytes == 0


def test_a_package_that_is_nearly_new_is_fetched_whole() -> None:
    planned, _ = _plan(_product(), NEITHER)
    assert planned.reuse is None


def test_without_another_version_the_index_is_not_read() -> None:
    planned, files = _plan(_product())
    assert planned.reuse is None
    assert files.asked == []


def test_products_without_an_index_and_those_that_are_not_unpacked_stay_as_they_are() -> None:
    for product in (
        replace(_product(), index=None),
        replace(_product(), action=ProductAction.PRESENT),
        replace(_product(), root=None),
    ):
        assert _plan(product, BOTH)[0] == product


def test_a_damaged_index_is_told_and_not_used() -> None:
    reporter = _Warnings()
    product = _product()
    assert product.index is not None
    wrong = replace(product, index=replace(product.index, sha256=Sha256("0" * 64)))
    planned, _ = _plan(wrong, BOTH, reporter=reporter)
    assert planned == wrong
    assert reporter.texts == [
        f"`afw` is fetched whole: <{URL}/afw.tar.gz.index> has not the SHA-256 digest {'0' * 64}"
    ]


def test_the_index_of_another_package_is_told_and_not_used() -> None:
    reporter = _Warnings()
    other = replace(INDEX, sha256=Sha256("e" * 64))
    planned, _ = _plan(_product(other), BOTH, reporter=reporter, index=other)
    assert planned.reuse is None
    assert reporter.texts == [
        f"`afw` is fetched whole: <{URL}/afw.tar.gz.index> is the index of another package"
    ]
