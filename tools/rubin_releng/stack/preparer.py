"""Find all products of a build: ask, choose a ref, read the table, go on; then check out."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InterruptedWorkError, NotFoundError, ProblemsError, ToolkitError
from lsstinstall.core.graph import CycleError, stable_order
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.tables import parse_table
from rubin_releng.core.refs import choose_ref, ref_candidates
from rubin_releng.stack.hostpools import HostPools, host_of
from rubin_releng.stack.preparations import FoundProduct, ProductError, Wanted, ref_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from concurrent.futures import Future

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.repositories import RepoIndex
    from rubin_releng.stack.ports import ProductSource, SourceStore

__all__ = ["Discovery", "discover", "settle", "table_path"]

# EUPS adds it to every table; no repository holds it.
_IMPLICIT = "implicitProducts"

_REFUSAL = "the build cannot be prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """All products of a build, looked at; nothing is checked out yet.

    Parameters
    ----------
    products : `~collections.abc.Mapping` [ `ProductName`, `FoundProduct` ]
        Sorted by name, whatever came first.
    sources : `~collections.abc.Mapping` [ `ProductName`, `ProductSource` ]
        Their repositories.
    """

    products: Mapping[ProductName, FoundProduct]
    sources: Mapping[ProductName, ProductSource]


def table_path(product: ProductName) -> str:
    """Say where a repository keeps the table of its product."""
    return f"ups/{product}.table"


def discover(
    wanted: Wanted,
    index: RepoIndex,
    sources: SourceStore,
    *,
    reporter: Reporter,
    jobs: int | None = None,
    predicted: Collection[ProductName] = (),
) -> Discovery:
    """Find the products a user wants, and all they need.

    Parameters
    ----------
    wanted : `Wanted`
        Products, refs and exclusions.
    index : `~rubin_releng.core.repositories.RepoIndex`
        Where products come from.
    sources : `SourceStore`
        Gets repositories, from several threads.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.
    jobs : `int`, optional
        How many repositories to work on at once; by default eight of each
        host.
    predicted : `~collections.abc.Collection` [ `ProductName` ], optional
        Products that will be needed, by all that is known. They are asked at
        once; one that proves not to be needed does no harm.

    Returns
    -------
    discovery : `Discovery`
        All products.

    Raises
    ------
    ProblemsError
        Raised after all products were tried, if any could not be had; holds
        the reason for each.
    InterruptedWorkError
        Raised if a source was told to stop.
    """
    search = _Search(wanted, index, sources)
    reporter.begin("finding products", None)
    try:
        with HostPools(jobs) as pools:
            _Walk(search, pools, reporter).run(predicted)
    finally:
        reporter.end()
    if problems := search.problems():
        raise ProblemsError(_REFUSAL, problems)
    return Discovery(
        products=dict(sorted(search.found.items())),
        sources={name: search.sources[name] for name in sorted(search.found)},
    )


def settle(discovery: Discovery, *, jobs: int | None = None, reporter: Reporter) -> None:
    """Check out what was found.

    Parameters
    ----------
    discovery : `Discovery`
        From `discover`.
    jobs : `int`, optional
        How many repositories to work on at once.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.

    Raises
    ------
    ProblemsError
        Raised after all products were tried, if any could not be checked out.
    InterruptedWorkError
        Raised if a source was told to stop.
    """
    products = discovery.products
    problems: list[ToolkitError] = []
    reporter.begin("checking out", len(products))
    try:
        with HostPools(jobs) as pools:
            tasks = [
                (name, pools.submit("", _settle, discovery.sources[name], one.ref.commit))
                for name, one in products.items()
            ]
            for name, task in tasks:
                how, seconds = task.result()
                if isinstance(how, ToolkitError):
                    problems.append(ProductError(name, how))
                    reporter.step(name, Outcome.FAILED, seconds=seconds, detail=str(how))
                else:
                    ref = products[name].ref
                    reporter.step(name, how, seconds=seconds, detail=f"{ref.kind} {ref.name}")
    finally:
        reporter.end()
    if problems:
        raise ProblemsError(_REFUSAL, problems)


def _settle(source: ProductSource, commit: GitSha) -> tuple[Outcome | ToolkitError, float]:
    started = time.monotonic()
    how: Outcome | ToolkitError
    try:
        how = Outcome.DONE if source.settle(commit) else Outcome.UNCHANGED
    except InterruptedWorkError:
        raise
    except ToolkitError as error:
        how = error
    return how, time.monotonic() - started


class _Walk:
    """The way through the graph: which products are asked, which are known to be needed."""

    def __init__(self, search: _Search, pools: HostPools, reporter: Reporter) -> None:
        self._search = search
        self._pools = pools
        self._reporter = reporter
        self._pending: set[Future[_Outcome]] = set()
        self._asked: set[ProductName] = set()
        self._needed: set[ProductName] = set()
        self._outcomes: dict[ProductName, _Outcome] = {}

    def run(self, predicted: Collection[ProductName]) -> None:
        """Ask until everything is known of each product that is needed."""
        self._need(self._search.wanted.products)
        for product in filter(self._search.is_listed, predicted):
            self._ask(product)
        while self._needed - self._outcomes.keys():
            done, running = wait(self._pending, return_when=FIRST_COMPLETED)
            self._pending = set(running)
            for future in done:
                self._take(future.result())

    def _ask(self, product: ProductName) -> None:
        if product not in self._asked:
            self._asked.add(product)
            host = self._search.host(product)
            self._pending.add(self._pools.submit(host, self._search.look, product))

    def _take(self, outcome: _Outcome) -> None:
        self._outcomes[outcome.product] = outcome
        if outcome.product in self._needed:
            self._need(self._search.note(outcome, self._reporter))

    def _need(self, products: Iterable[ProductName]) -> None:
        ready = list(products)
        while ready:
            product = ready.pop()
            if product in self._needed:
                continue
            self._needed.add(product)
            self._ask(product)
            if (outcome := self._outcomes.get(product)) is not None:
                ready.extend(self._search.note(outcome, self._reporter))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    product: ProductName
    result: FoundProduct | ToolkitError
    source: ProductSource | None
    seconds: float


class _Search:
    """The state of one search; only the caller's thread changes it."""

    def __init__(self, wanted: Wanted, index: RepoIndex, sources: SourceStore) -> None:
        self.wanted = wanted
        self.found: dict[ProductName, FoundProduct] = {}
        self.sources: dict[ProductName, ProductSource] = {}
        self._failed: dict[ProductName, ToolkitError] = {}
        self._unseen = False
        self._repositories = dict(index.by_product)
        self._index = index
        self._store = sources

    def is_listed(self, product: ProductName) -> bool:
        """Tell whether anybody knows where a product comes from."""
        return product in self._repositories

    def host(self, product: ProductName) -> str:
        """Name the machine a product comes from."""
        repository = self._repositories.get(product)
        return "" if repository is None else host_of(repository.url)

    def look(self, product: ProductName) -> _Outcome:
        """Find out all about one product; runs in a thread of its own."""
        started = time.monotonic()
        source: ProductSource | None = None
        result: FoundProduct | ToolkitError
        try:
            repository = self._repositories.get(product) or self._index.find(product)
            source = self._store.obtain(product, repository.url, large_files=repository.lfs)
            result = self._read(product, repository.url, repository.ref, source)
        except InterruptedWorkError:
            raise
        except ToolkitError as error:
            result = error
        return _Outcome(product=product, result=result, source=source, seconds=time.monotonic() - started)

    def note(self, outcome: _Outcome, reporter: Reporter) -> Collection[ProductName]:
        """Take in what was found out about a needed product; returns what it needs."""
        product, result = outcome.product, outcome.result
        if outcome.source is None:
            self._unseen = True
        else:
            self.sources[product] = outcome.source
        if isinstance(result, ToolkitError):
            self._failed[product] = result
            reporter.step(product, Outcome.FAILED, seconds=outcome.seconds, detail=str(result))
            return ()
        self.found[product] = result
        detail = f"{result.ref.kind} {result.ref.name}"
        reporter.step(product, Outcome.DONE, seconds=outcome.seconds, detail=detail)
        return result.dependencies

    def problems(self) -> list[ToolkitError]:
        """Say all that is wrong; empty if no product failed."""
        problems: list[ToolkitError] = [self._problem(product) for product in sorted(self._failed)]
        if problems and not self._unseen:
            chosen = [one.ref for one in self.found.values()]
            problems += ref_problems(self.wanted.refs, chosen, [one.refs for one in self.sources.values()])
        if problems:
            graph = {
                name: [need for need in one.dependencies if need in self.found]
                for name, one in self.found.items()
            }
            try:
                stable_order(graph)
            except CycleError as error:
                problems.append(error)
        return problems

    def _problem(self, product: ProductName) -> ProductError:
        needing = sorted(name for name, one in self.found.items() if product in one.dependencies)
        named = product in self.wanted.products
        return ProductError(
            product, self._failed[product], needed_by=None if named or not needing else needing[0]
        )

    def _read(self, product: ProductName, url: str, own: str | None, source: ProductSource) -> FoundProduct:
        candidates = ref_candidates(self.wanted.refs, own)
        chosen = choose_ref(candidates, source.refs, resolve=source.resolve, is_commit=source.is_commit)
        if chosen is None:
            tried = ", ".join(f"`{name}`" for name in candidates)
            raise NotFoundError(f"<{url}> has none of the refs {tried}")
        dependencies = self._dependencies(product, source, chosen.commit)
        source.check(chosen.commit)
        return FoundProduct(
            name=product, repository=url, ref=chosen, dependencies=dependencies, known=source.refs
        )

    def _dependencies(
        self, product: ProductName, source: ProductSource, commit: GitSha
    ) -> tuple[ProductName, ...]:
        path = table_path(product)
        text = source.read_text(commit, path)
        if text is None:
            raise NotFoundError(f"commit {commit[:10]} has no table file `{path}`")
        table = parse_table(text, source=f"{product}/{path}")
        named = table.dependencies(flavor=self.wanted.flavor)
        return tuple(
            one.product
            for one in named
            if one.product is not None
            and one.product != _IMPLICIT
            and not (one.optional and self.wanted.exclusions.excludes(one.product, of=product))
        )
