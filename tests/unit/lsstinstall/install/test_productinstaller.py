from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import InterruptedWorkError, NotFoundError, ProblemsError
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.productplans import (
    InstallPlan,
    InstallReport,
    PlannedProduct,
    ProductAction,
    ProductState,
)
from lsstinstall.core.productreuse import Reuse
from lsstinstall.core.reporting import Outcome, SilentReporter
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.productinstaller import run_install
from tests.support.packages import LINUX, FakePackageFiles, FakeProductStore, FakeSourceInstaller

if TYPE_CHECKING:
    from lsstinstall.core.reporting import Reporter

URL = "https://example.org/stack"


class _Notes(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


class _Steps(SilentReporter):
    def __init__(self) -> None:
        self.told: list[tuple[str, Outcome]] = []
        self.begun: list[str] = []

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        del total, size_bytes
        self.begun.append(what)

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        del seconds, detail
        self.told.append((name, outcome))


def _product(name: str, *needs: str, action: ProductAction = ProductAction.UNPACK) -> PlannedProduct:
    return PlannedProduct(
        product=ProductName(name),
        version=EupsVersion("1.0"),
        action=action,
        dependencies=frozenset(ProductName(need) for need in needs),
        tags=("w_2026_10",),
        root=URL,
        path=f"{name}.tar.gz",
        directory=f"{name}/1.0",
        table_path=f"tables/{name}.table",
    )


PLAN = (
    _product("base"),
    _product("utils", "base"),
    _product("sphgeom"),
    _product("afw", "base", "utils"),
)


def _files(*missing: str) -> FakePackageFiles:
    names = {one.product for one in PLAN} - set(missing)
    files = {f"{name}.tar.gz": name.encode() for name in names}
    return FakePackageFiles(URL, files | {f"tables/{name}.table": b"a table" for name in names})


def _run(
    *products: PlannedProduct,
    files: FakePackageFiles | None = None,
    store: FakeProductStore | None = None,
    builder: FakeSourceInstaller | None = None,
    reporter: Reporter | None = None,
    jobs: int = 2,
    patience_seconds: float = 5.0,
) -> InstallReport:
    seconds = count()
    return run_install(
        InstallPlan(flavor=LINUX, products=products or PLAN),
        roots={URL: files or _files()},
        store=store or FakeProductStore(),
        builder=builder,
        jobs=jobs,
        reporter=reporter or SilentReporter(),
        clock=lambda: float(next(seconds)),
        patience_seconds=patience_seconds,
    )


def _states(report: InstallReport) -> dict[str, str]:
    return {result.product: result.state.value for result in report.results}


@pytest.mark.parametrize("jobs", [1, 4])
def test_products_are_declared_in_the_order_of_the_plan(jobs: int) -> None:
    store, steps = FakeProductStore(), _Steps()
    report = _run(store=store, reporter=steps, jobs=jobs)
    assert store.finished == ["base", "utils", "sphgeom", "afw"]
    assert set(_states(report).values()) == {"installed"}
    assert [name for name, _ in steps.told] == ["base 1.0", "utils 1.0", "sphgeom 1.0", "afw 1.0"]
    assert report.problem is None
    assert not store.locked


def test_large_packages_are_fetched_first_and_the_rest_as_planned() -> None:
    sizes = {"base": 1000, "utils": 5 << 20, "afw": 9 << 20}
    plan = [replace(one, size_bytes=sizes.get(one.product)) for one in PLAN]
    files, steps = _files(), _Steps()
    _run(*plan, files=files, reporter=steps, jobs=1)
    packages = [path for path in files.asked if path.endswith(".gz")]
    assert packages == ["afw.tar.gz", "utils.tar.gz", "base.tar.gz", "sphgeom.tar.gz"]


def test_the_report_has_sizes_times_and_tags() -> None:
    result = _run(_product("base")).results[0]
    assert InstallReport(results=(result,)).to_dict()["products"] == [result.to_dict()]
    assert result.to_dict() == {
        "product": "base", "version": "1.0", "state": "installed", "bytes": 4, "seconds": 1.0,
        "verified": False, "new_tags": ["w_2026_10"], "reason": None,
    }  # fmt: skip


def test_a_failed_product_stops_its_dependents_and_no_others() -> None:
    store = FakeProductStore()
    report = _run(files=_files("utils"), store=store)
    assert _states(report) == {
        "base": "installed",
        "utils": "failed",
        "sphgeom": "installed",
        "afw": "skipped",
    }
    assert isinstance(report.problem, NotFoundError)
    assert report.results[3].reason == "`utils` is missing"
    assert {"utils", "afw"} <= set(store.discarded)
    assert report.count(ProductState.SKIPPED) == 1


def test_several_failures_are_told_together() -> None:
    problem = _run(files=_files("utils", "sphgeom")).problem
    assert isinstance(problem, ProblemsError)
    assert problem.code == 3


def test_an_archive_that_cannot_be_unpacked_fails_its_product() -> None:
    report = _run(store=FakeProductStore(broken=("sphgeom",)))
    assert _states(report)["sphgeom"] == "failed"
    assert report.results[2].reason == "`sphgeom` is truncated"


def test_a_product_that_cannot_be_declared_skips_what_was_unpacked_already() -> None:
    store = FakeProductStore(undeclarable=("base",))
    report = _run(store=store)
    assert _states(report) == {"base": "failed", "utils": "skipped", "sphgeom": "installed", "afw": "skipped"}
    assert store.finished == ["sphgeom"]


def test_a_blocked_product_fails_with_the_reason_of_the_plan() -> None:
    blocked = replace(PLAN[0], action=ProductAction.BLOCKED, problem=NotFoundError("no manifest"))
    files = _files()
    report = _run(blocked, *PLAN[1:], files=files)
    assert _states(report) == {"base": "failed", "utils": "skipped", "sphgeom": "installed", "afw": "skipped"}
    assert report.results[0].reason == "no manifest"
    # Nothing is fetched in vain.
    assert "afw.tar.gz" not in files.asked


def test_what_is_there_is_only_tagged() -> None:
    store = FakeProductStore(tags={"sphgeom": {"w_2026_10"}})
    present = (
        _product("base", action=ProductAction.PRESENT),
        _product("sphgeom", action=ProductAction.PRESENT),
    )
    report = _run(*present, store=store)
    assert _states(report) == {"base": "present", "sphgeom": "present"}
    assert [result.new_tags for result in report.results] == [("w_2026_10",), ()]
    assert store.finished == []


def test_where_nothing_is_installed_nothing_is_said_to_be() -> None:
    steps = _Steps()
    _run(_product("base", action=ProductAction.PRESENT), reporter=steps)
    assert (steps.begun, steps.told) == ([], [("base 1.0", Outcome.UNCHANGED)])
    _run(_product("base", action=ProductAction.PRESENT), _product("utils", "base"), reporter=steps)
    assert steps.begun == ["installing for Linux64"]


def test_a_wrong_digest_is_a_failure_and_a_right_one_is_told() -> None:
    right = replace(PLAN[0], sha256=parse_sha256(sha256(b"base").hexdigest()), size_bytes=4)
    wrong = replace(PLAN[2], sha256=parse_sha256("0" * 64))
    report = _run(right, wrong)
    assert [result.verified for result in report.results] == [True, False]
    assert report.problem is not None
    assert report.problem.code == 5


def test_a_package_without_a_table_file_gets_that_of_the_server() -> None:
    store = FakeProductStore(tableless=("base", "sphgeom"))
    without = replace(PLAN[2], table_path=None)
    _run(PLAN[0], without, store=store)
    assert store.tables == {"base": "a table"}


def test_a_product_without_files_is_declared_with_the_table_of_the_server() -> None:
    store = FakeProductStore()
    meta = replace(_product("base", action=ProductAction.DECLARE), directory=None, path=None)
    dummy = replace(_product("git", action=ProductAction.DECLARE), root=None, path=None, table_path=None)
    report = _run(meta, dummy, store=store)
    assert set(_states(report).values()) == {"installed"}
    assert store.tables == {"base": "a table"}
    assert store.unpacked == []


def test_source_packages_are_built_in_order_and_written_down() -> None:
    store, builder = FakeProductStore(), FakeSourceInstaller()
    build = _product("utils", "base", action=ProductAction.BUILD)
    report = _run(PLAN[0], build, store=store, builder=builder)
    assert builder.built == store.adopted == ["utils"]
    assert _states(report)["utils"] == "installed"


def test_a_failed_build_fails_its_product() -> None:
    build = _product("utils", action=ProductAction.BUILD)
    report = _run(build, builder=FakeSourceInstaller(failing=("utils",)))
    assert report.results[0].reason == "`utils` does not compile"


def _bug(name: str) -> None:
    raise KeyError(name)


def test_a_bug_in_a_step_is_not_hidden() -> None:
    store = FakeProductStore(on_finish=_bug)
    with pytest.raises(KeyError):
        _run(store=store)


def test_an_interruption_keeps_what_is_finished_and_starts_nothing_new() -> None:
    files, store = _files(), FakeProductStore()
    main = threading.main_thread().ident or 0
    # The first is being declared while the second is being fetched, and no more than that.
    fetching, interrupted = threading.Event(), threading.Event()

    def wait(path: str) -> None:
        if path != "base.tar.gz":
            fetching.set()
            interrupted.wait(timeout=5)
            # Time for the main thread to hear of it.
            time.sleep(0.3)

    def interrupt(name: str) -> None:
        if name == "base":
            fetching.wait(timeout=5)
            signal.pthread_kill(main, signal.SIGINT)
            interrupted.set()

    files.on_download = wait
    store.on_finish = interrupt
    with pytest.raises(InterruptedWorkError, match=r"interrupted after 2 of 4 products") as caught:
        _run(files=files, store=store, jobs=1)
    assert caught.value.code == 130
    # What ran was let end, and what had not begun was not.
    assert store.finished == ["base", "utils"]
    assert "afw.tar.gz" not in files.asked
    assert not store.locked


def test_an_interruption_when_all_is_fetched_finishes_it_without_a_word() -> None:
    store, notes = FakeProductStore(), _Notes()
    main = threading.main_thread().ident or 0

    def interrupt(name: str) -> None:
        if name == "base":
            # Time for those that run beside it to end.
            time.sleep(0.5)
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.2)

    store.on_finish = interrupt
    with pytest.raises(InterruptedWorkError, match=r"interrupted after \d of 4 products"):
        _run(store=store, jobs=4, reporter=notes)
    assert notes.texts == []


def test_an_interruption_does_not_wait_for_a_server_that_says_nothing() -> None:
    files, store = _files(), FakeProductStore()
    main = threading.main_thread().ident or 0
    released = threading.Event()

    def wait(path: str) -> None:
        if path == "base.tar.gz":
            # Those that run beside it come first; one of them needs it.
            time.sleep(0.2)
            signal.pthread_kill(main, signal.SIGINT)
            released.wait(timeout=20)

    files.on_download = wait
    begin = time.monotonic()
    try:
        with pytest.raises(InterruptedWorkError, match=r"interrupted after 1 of 4 products"):
            _run(files=files, store=store, jobs=4, patience_seconds=0.2)
    finally:
        released.set()
    assert time.monotonic() - begin < 10
    assert store.finished == ["sphgeom"]
    assert not store.locked


def test_a_second_run_after_an_interruption_does_the_rest() -> None:
    store = FakeProductStore()
    rest = (replace(PLAN[0], action=ProductAction.PRESENT), *PLAN[1:])
    report = _run(*rest, store=store)
    assert store.finished == ["utils", "sphgeom", "afw"]
    assert report.count(ProductState.PRESENT) == 1


def _reusing(product: PlannedProduct) -> PlannedProduct:
    return replace(product, size_bytes=100, reuse=Reuse(index=b"", sources=(), fetch_bytes=7))


def test_what_other_versions_have_is_not_fetched() -> None:
    files, store = _files(), FakeProductStore()
    report = _run(_reusing(PLAN[0]), PLAN[2], files=files, store=store)
    assert (store.assembled, store.unpacked) == (["base"], ["sphgeom"])
    assert report.results[0].size_bytes == 7
    assert "base.tar.gz" not in files.asked


def test_a_product_that_cannot_be_put_together_is_fetched_whole() -> None:
    files, store = _files(), FakeProductStore(unfit=["base"])
    report = _run(replace(_reusing(PLAN[0]), size_bytes=None), files=files, store=store)
    assert _states(report) == {"base": "installed"}
    assert (store.assembled, store.unpacked) == ([], ["base"])


def test_a_plan_tells_what_is_to_be_fetched() -> None:
    plan = InstallPlan(flavor=LINUX, products=(_reusing(PLAN[0]), replace(PLAN[2], size_bytes=30)))
    assert plan.known_bytes == 37
    assert plan.products[0].to_dict()["fetch_bytes"] == 7
