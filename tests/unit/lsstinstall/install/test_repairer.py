from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError, RefusedError
from lsstinstall.core.filelists import Differences, FileList, ListedFile
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.stackgraphs import ProductVersion
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.repairer import Damage, find_damage, run_repair
from lsstinstall.install.verifier import CheckedProduct, VerifyReport

if TYPE_CHECKING:
    from collections.abc import Collection


def _one(name: str) -> ProductVersion:
    return ProductVersion(ProductName(name), EupsVersion("1"))


def _file(path: str, digit: str = "a", *, mode: int = 0o644) -> ListedFile:
    return ListedFile(path=path, mode=mode, size_bytes=3, sha256=parse_sha256(digit * 64))


def _files(*files: ListedFile) -> FileList:
    return FileList(files=files, links=())


AFW, GEOM, UTILS = _one("afw"), _one("geom"), _one("utils")
WHOLE = _files(_file("bin/x"), _file("ups/x.table"))
DAMAGE = Damage(item=AFW, place="Linux64/afw/1", paths=("bin/x",))
UNKNOWN = Damage(item=GEOM, place="Linux64/geom/1", paths=None)


@dataclass
class FakeCopies:
    """Copies in memory."""

    fresh: FileList = WHOLE
    now: FileList = WHOLE
    fail: RefusedError | None = None
    restored: list[tuple[ProductVersion, tuple[str, ...]]] = field(default_factory=list)

    def recorded(self, item: ProductVersion) -> FileList:
        del item
        return WHOLE

    def found(self, item: ProductVersion) -> FileList:
        del item
        return self.now

    def fetch(self, item: ProductVersion) -> FileList:
        del item
        if self.fail is not None:
            raise self.fail
        return self.fresh

    def restore(self, item: ProductVersion, paths: Collection[str]) -> tuple[str, ...]:
        self.restored.append((item, tuple(paths)))
        return ("/kept/x",)


def _checked(item: ProductVersion, differences: Differences | None) -> CheckedProduct:
    return CheckedProduct(
        product=item.product,
        version=item.version,
        place=f"Linux64/{item.product}/{item.version}",
        differences=differences,
    )


def test_changed_and_missing_files_are_damage_and_added_ones_are_not() -> None:
    report = VerifyReport(
        products=(
            _checked(AFW, Differences(changed=("b",), missing=("a",), extra=("c",))),
            _checked(GEOM, Differences(extra=("c",))),
            _checked(UTILS, None),
        )
    )
    assert find_damage(report) == (Damage(item=AFW, place="Linux64/afw/1", paths=("a", "b")),)


def test_what_nobody_wrote_down_is_looked_at_on_request() -> None:
    report = VerifyReport(products=(_checked(GEOM, None),))
    assert find_damage(report, suspects=[GEOM]) == (UNKNOWN,)


def test_damaged_files_are_restored() -> None:
    copies = FakeCopies()
    report = run_repair([DAMAGE], copies=copies, reporter=SilentReporter())
    assert copies.restored == [(AFW, ("bin/x",))]
    assert report.problem is None
    assert report.results[0].to_dict() == {
        "product": "afw",
        "version": "1",
        "restored": ["Linux64/afw/1/bin/x"],
        "kept": ["/kept/x"],
        "reason": None,
    }


def test_what_nobody_wrote_down_is_compared_with_its_package() -> None:
    copies = FakeCopies(now=_files(_file("bin/x", "b"), _file("mine")))
    run_repair([UNKNOWN], copies=copies, reporter=SilentReporter())
    assert copies.restored == [(GEOM, ("bin/x", "ups/x.table"))]


def test_what_the_site_lets_nobody_write_is_as_in_its_package() -> None:
    copies = FakeCopies(now=_files(_file("bin/x", mode=0o444), _file("ups/x.table", mode=0o646)))
    run_repair([UNKNOWN], copies=copies, reporter=SilentReporter())
    assert copies.restored == [(GEOM, ("ups/x.table",))]


def test_a_fresh_copy_may_have_the_modes_of_another_umask() -> None:
    copies = FakeCopies(fresh=_files(_file("bin/x", mode=0o664), _file("ups/x.table")))
    assert run_repair([DAMAGE], copies=copies, reporter=SilentReporter()).problem is None


def test_a_package_that_is_another_now_is_refused() -> None:
    copies = FakeCopies(fresh=_files(_file("bin/x", "c"), _file("ups/x.table")))
    report = run_repair([DAMAGE], copies=copies, reporter=SilentReporter())
    assert copies.restored == []
    assert str(report.problem) == "the package of `afw` 1 has another `bin/x` than was installed"


def test_a_package_that_differs_elsewhere_will_do() -> None:
    copies = FakeCopies(fresh=_files(_file("bin/x"), _file("ups/x.table", "c")))
    assert run_repair([DAMAGE], copies=copies, reporter=SilentReporter()).problem is None


def test_failures_are_told_together() -> None:
    copies = FakeCopies(fail=RefusedError("no"))
    report = run_repair([DAMAGE, UNKNOWN], copies=copies, reporter=SilentReporter())
    assert isinstance(report.problem, ProblemsError)
    assert report.results[0].to_dict()["reason"] == "no"


def test_damage_is_shown_in_json() -> None:
    assert DAMAGE.to_dict() == {"product": "afw", "version": "1", "files": ["Linux64/afw/1/bin/x"]}
    assert UNKNOWN.to_dict()["files"] is None
