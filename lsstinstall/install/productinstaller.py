"""Carry out a plan: fetch and unpack in parallel, declare in order, stop gently."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, InterruptedWorkError, ToolkitError
from lsstinstall.core.productplans import (
    InstallReport,
    PlannedProduct,
    ProductAction,
    ProductResult,
    ProductState,
)
from lsstinstall.core.reporting import Outcome
from lsstinstall.install.leavablepools import open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import InstallPlan
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.install.ports import PackageFiles, ProductStore, SourceInstaller

__all__ = ["run_install"]

_log = logging.getLogger(__name__)

_LARGE_BYTES = 4 << 20
"""A package of this size keeps a core busy for a tenth of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """What became of one product in the pool."""

    size_bytes: int = 0
    seconds: float = 0.0
    table: str | None = None
    problem: ToolkitError | None = None
    skipped: bool = False


def run_install(
    plan: InstallPlan,
    *,
    roots: Mapping[str, PackageFiles],
    store: ProductStore,
    builder: SourceInstaller | None,
    jobs: int,
    reporter: Reporter,
    clock: Callable[[], float] = time.monotonic,
    patience_seconds: float = 5.0,
) -> InstallReport:
    """Install what a plan says.

    Products are fetched and unpacked side by side, and put into their places
    and declared one after the other, in the order of the plan. A failure
    skips what depends on it and nothing else.

    Parameters
    ----------
    plan : `InstallPlan`
        What is to be done.
    roots : `~collections.abc.Mapping` [ `str`, `PackageFiles` ]
        The package roots of the plan, by URL.
    store : `ProductStore`
        Where to.
    builder : `SourceInstaller` or `None`
        Builds source packages; `None` if the plan has none.
    jobs : `int`
        How many products are fetched and unpacked at a time.
    reporter : `Reporter`
        Hears of each product, in the order of the plan.
    clock : `~collections.abc.Callable`, optional
        Seconds since any moment.
    patience_seconds : `float`, optional
        How long steps that run may take to end after an interruption. Those
        that wait for a silent server then still do, in threads of their own.

    Returns
    -------
    report : `InstallReport`
        What became of each product.

    Raises
    ------
    InterruptedWorkError
        Raised if the user interrupted; what was finished stays, and nothing
        new was started.
    RefusedError
        Raised if someone else writes to the stack, or we may not.
    """
    with (
        store.writing(plan.pending),
        open_pool(jobs) as pool,
        # An interruption hits the main thread; what happens here is not cut in two.
        ThreadPoolExecutor(max_workers=1) as finisher,
    ):
        run = _Run(
            plan,
            roots=roots,
            store=store,
            builder=builder,
            reporter=reporter,
            clock=clock,
            pool=pool,
            finisher=finisher,
            patience_seconds=patience_seconds,
        )
        if not plan.pending:
            # Tags are set at most, which is over before anybody reads of it.
            return run.finish_all()
        reporter.begin(
            f"installing for {plan.flavor}", len(plan.products), size_bytes=plan.known_bytes or None
        )
        try:
            return run.finish_all()
        finally:
            reporter.end()


def _fetch_order(products: Sequence[PlannedProduct]) -> list[PlannedProduct]:
    """Put large packages first, the largest of all before them, so that none is worked on alone at the end.

    The rest keeps the order of the plan, in which products are declared: what
    an interruption finds unpacked can then be declared, too.
    """
    fetched = [one for one in products if one.action in {ProductAction.UNPACK, ProductAction.DECLARE}]
    return sorted(fetched, key=lambda one: min(0, _LARGE_BYTES - (one.size_bytes or 0)))


class _Run:
    def __init__(
        self,
        plan: InstallPlan,
        *,
        roots: Mapping[str, PackageFiles],
        store: ProductStore,
        builder: SourceInstaller | None,
        reporter: Reporter,
        clock: Callable[[], float],
        pool: ThreadPoolExecutor,
        finisher: ThreadPoolExecutor,
        patience_seconds: float,
    ) -> None:
        self._plan = plan
        self._roots = roots
        self._store = store
        self._builder = builder
        self._reporter = reporter
        self._clock = clock
        self._pool = pool
        self._finisher = finisher
        self._patience = patience_seconds
        self._stop = threading.Event()
        self._closing = threading.Lock()
        self._lost: set[ProductName] = set()
        self._results: dict[ProductName, ProductResult] = {}
        self._fetching: dict[ProductName, Future[_Fetched]] = {}
        self._finished: dict[ProductName, tuple[str, ...]] = {}

    def finish_all(self) -> InstallReport:
        try:
            blocked = (one for one in self._plan.products if one.action is ProductAction.BLOCKED)
            self._lost.update(planned.product for planned in blocked)
            for planned in _fetch_order(self._plan.products):
                self._fetching[planned.product] = self._pool.submit(self._fetch, planned)
            for planned in self._plan.products:
                self._settle(planned)
        except KeyboardInterrupt as error:
            self._halt()
            self._finish_running()
            done = sum(result.state is ProductState.INSTALLED for result in self._results.values())
            raise InterruptedWorkError(
                f"interrupted after {done} of {len(self._plan.pending)} products",
                hint="run the same command again to go on",
            ) from error
        except BaseException:
            self._halt()
            raise
        return InstallReport(results=tuple(self._results[planned.product] for planned in self._plan.products))

    def _halt(self) -> None:
        """Start nothing new."""
        self._stop.set()
        for future in self._fetching.values():
            future.cancel()

    def _finish_running(self) -> None:
        """Let the steps that run end if they do so soon, and keep what they bring."""
        running = {one for one in self._fetching.values() if not one.cancelled()}
        if not all(one.done() for one in running):
            self._reporter.note("interrupted: what runs is ended; once more, and it is not waited for")
        ended = wait(running, timeout=self._patience).done
        for planned in self._plan.products:
            is_open = planned.product not in self._results
            is_whole = all(name in self._results for name in self._order(planned))
            if is_open and is_whole and self._fetching.get(planned.product) in ended:
                self._settle(planned)

    def _fetch(self, planned: PlannedProduct) -> _Fetched:
        """Fetch and unpack one product; runs in the pool."""
        started = self._clock()
        try:
            if self._stop.is_set() or planned.dependencies & self._lost:
                return _Fetched(skipped=True)
            size, has_table = self._fetch_package(planned)
            table = None
            if not has_table and planned.root is not None and planned.table_path is not None:
                table = self._roots[planned.root].read_text(planned.table_path)
        except ToolkitError as error:
            self._lost.add(planned.product)
            return _Fetched(problem=error, seconds=self._clock() - started)
        return _Fetched(size_bytes=size, seconds=self._clock() - started, table=table)

    def _fetch_package(self, planned: PlannedProduct) -> tuple[int, bool]:
        if planned.action is ProductAction.DECLARE or planned.root is None or planned.path is None:
            return 0, False
        if planned.reuse is not None:
            try:
                return self._store.assemble(
                    planned, planned.reuse, self._roots[planned.root], advance=self._reporter.advance
                )
            except CorruptError as error:
                _log.info("`%s` is fetched whole: %s", planned.product, error)
        return self._store.fetch(planned, self._roots[planned.root], advance=self._reporter.advance)

    def _settle(self, planned: PlannedProduct) -> None:
        """Bring one product to its end; those before it in the plan were."""
        result = ProductResult(product=planned.product, version=planned.version, state=ProductState.SKIPPED)
        missing = next((name for name in self._order(planned) if name in self._lost), None)
        fetched = self._wait_for(planned)
        problem = planned.problem or fetched.problem
        if problem is None and missing is None and not fetched.skipped:
            try:
                result = self._complete(planned, fetched, result)
            except ToolkitError as error:
                problem = error
        if problem is not None:
            result = replace(result, state=ProductState.FAILED, problem=problem)
        elif missing is not None:
            result = replace(result, missing=missing)
        if result.state in {ProductState.FAILED, ProductState.SKIPPED}:
            self._lost.add(planned.product)
            self._store.discard(planned)
        self._results[planned.product] = result
        self._tell(result)

    def _order(self, planned: PlannedProduct) -> list[ProductName]:
        return [one.product for one in self._plan.products if one.product in planned.dependencies]

    def _wait_for(self, planned: PlannedProduct) -> _Fetched:
        future = self._fetching.get(planned.product)
        return _Fetched() if future is None else future.result()

    def _complete(self, planned: PlannedProduct, fetched: _Fetched, result: ProductResult) -> ProductResult:
        state = ProductState.INSTALLED
        seconds = fetched.seconds
        if planned.action is ProductAction.PRESENT:
            state = ProductState.PRESENT
        elif planned.action is ProductAction.BUILD and self._builder is not None:
            started = self._clock()
            self._builder.install(planned)
            seconds = self._clock() - started
        return replace(
            result,
            state=state,
            size_bytes=fetched.size_bytes,
            seconds=seconds,
            verified=planned.sha256 is not None and planned.action is ProductAction.UNPACK,
            new_tags=self._finisher.submit(self._finish, planned, fetched).result(),
        )

    def _finish(self, planned: PlannedProduct, fetched: _Fetched) -> tuple[str, ...]:
        """Put a product into its place, declare and tag it; asked again after an interruption, do nothing."""
        # An interruption while a pool starts its thread makes it start another.
        with self._closing:
            if planned.product not in self._finished:
                if planned.action is ProductAction.BUILD:
                    self._store.adopt(planned)
                elif planned.action is not ProductAction.PRESENT:
                    self._store.finish(planned, table=fetched.table)
                self._finished[planned.product] = self._store.assign_tags(planned)
            return self._finished[planned.product]

    def _tell(self, result: ProductResult) -> None:
        outcomes = {
            ProductState.INSTALLED: Outcome.DONE,
            ProductState.PRESENT: Outcome.UNCHANGED,
            ProductState.FAILED: Outcome.FAILED,
            ProductState.SKIPPED: Outcome.SKIPPED,
        }
        self._reporter.step(
            f"{result.product} {result.version}",
            outcomes[result.state],
            seconds=result.seconds if result.state is ProductState.INSTALLED else None,
            detail=result.reason or "",
        )
