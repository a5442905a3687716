"""Find all products of a build: clone, choose a ref, read the table, go on with what it names."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError, ProblemsError, ToolkitError
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.tables import parse_table
from rubin_releng.core.refs import choose_ref, ref_candidates
from rubin_releng.stack.preparations import FoundProduct, ProductError, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from concurrent.futures import Future

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.repositories import RepoIndex, Repository
    from rubin_releng.stack.ports import ProductSource, SourceStore

__all__ = ["discover", "table_path"]

# EUPS adds it to every table; no repository holds it.
_IMPLICIT = "implicitProducts"


def table_path(product: ProductName) -> str:
    """Say where a repository keeps the table of its product."""
    return f"ups/{product}.table"


def discover(
    wanted: Wanted, index: RepoIndex, sources: SourceStore, *, jobs: int, reporter: Reporter
) -> dict[ProductName, FoundProduct]:
    """Find the products a user wants, and all they need.

    Parameters
    ----------
    wanted : `Wanted`
        Products, refs and exclusions.
    index : `~rubin_releng.core.repositories.RepoIndex`
        Where products come from.
    sources : `SourceStore`
        Gets repositories, from several threads.
    jobs : `int`
        How many repositories to work on at once.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.

    Returns
    -------
    found : `dict` [ `ProductName`, `FoundProduct` ]
        Sorted by name, whatever came first.

    Raises
    ------
    ProblemsError
        Raised after all products were tried, if any could not be had; holds
        the reason for each.
    """
    search = _Search(wanted=wanted, repositories=dict(index.by_product), index=index, sources=sources)
    reporter.begin("finding products", None)
    try:
        with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="prepare") as pool:
            try:
                _run(search, pool, reporter)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        reporter.end()
    if search.failed:
        problems = [search.problem(product) for product in sorted(search.failed)]
        raise ProblemsError("the build cannot be prepared", problems)
    return dict(sorted(search.found.items()))


def _run(search: _Search, pool: ThreadPoolExecutor, reporter: Reporter) -> None:
    pending: set[Future[_Outcome]] = set()
    asked: set[ProductName] = set()

    def ask(products: Iterable[ProductName]) -> None:
        for product in dict.fromkeys(products):
            if product not in asked:
                asked.add(product)
                pending.add(pool.submit(search.look, product))

    ask(search.wanted.products)
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            ask(_note(search, future.result(), reporter))


def _note(search: _Search, outcome: _Outcome, reporter: Reporter) -> Collection[ProductName]:
    if isinstance(outcome.result, ToolkitError):
        search.failed[outcome.product] = outcome.result
        reporter.step(outcome.product, Outcome.FAILED, seconds=outcome.seconds, detail=str(outcome.result))
        return ()
    how = Outcome.DONE if outcome.moved else Outcome.UNCHANGED
    search.found[outcome.product] = outcome.result
    ref = outcome.result.ref
    reporter.step(outcome.product, how, seconds=outcome.seconds, detail=f"{ref.kind} {ref.name}")
    return outcome.result.dependencies


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    product: ProductName
    result: FoundProduct | ToolkitError
    seconds: float
    moved: bool = False


class _Search:
    """The state of one search; only the caller's thread changes it."""

    def __init__(
        self,
        *,
        wanted: Wanted,
        repositories: dict[ProductName, Repository],
        index: RepoIndex,
        sources: SourceStore,
    ) -> None:
        self.wanted = wanted
        self.found: dict[ProductName, FoundProduct] = {}
        self.failed: dict[ProductName, ToolkitError] = {}
        self._repositories = repositories
        self._index = index
        self._sources = sources

    def look(self, product: ProductName) -> _Outcome:
        """Do all that has to be done for one product; runs in a thread of its own."""
        started = time.monotonic()
        moved = False
        result: FoundProduct | ToolkitError
        try:
            result, moved = self._look(product)
        except ToolkitError as error:
            result = error
        return _Outcome(product=product, result=result, seconds=time.monotonic() - started, moved=moved)

    def problem(self, product: ProductName) -> ProductError:
        """Say what is wrong with a product, and why it matters."""
        needing = sorted(name for name, one in self.found.items() if product in one.dependencies)
        named = product in self.wanted.products
        return ProductError(
            product, self.failed[product], needed_by=None if named or not needing else needing[0]
        )

    def _look(self, product: ProductName) -> tuple[FoundProduct, bool]:
        repository = self._repositories.get(product) or self._index.find(product)
        source = self._sources.obtain(product, repository.url, large_files=repository.lfs)
        candidates = ref_candidates(self.wanted.refs, repository.ref)
        chosen = choose_ref(candidates, source.refs, resolve=source.resolve)
        if chosen is None:
            tried = ", ".join(f"`{name}`" for name in candidates)
            raise NotFoundError(f"<{repository.url}> has none of the refs {tried}")
        dependencies = self._dependencies(product, source, chosen.commit)
        moved = source.settle(chosen.commit)
        found = FoundProduct(
            name=product,
            repository=repository.url,
            ref=chosen,
            dependencies=dependencies,
            known=source.refs,
        )
        return found, moved

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
