"""Compares the products of two ends, one after another or several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome
from rubin_releng.changelog.models import ChangeLog, ProductChanges, Relation, State
from rubin_releng.core.changes import classify, nested_changes
from rubin_releng.core.effects import Effect, settle, unknown_shas
from rubin_releng.core.histories import trace_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changes import Change
    from rubin_releng.core.histories import Commit
    from rubin_releng.core.tickets import TicketGrammar

__all__ = ["compare_sides"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One product at one end; without a commit, ``reason`` says why."""

    commit: GitSha | None = None
    version: EupsVersion | None = None
    repository: str | None = None
    reason: str | None = None
    is_absent: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trace:
    """One side of a comparison."""

    changes: tuple[Change, ...]
    effect: Effect


def compare_sides(
    old: Side,
    new: Side,
    *,
    readers: Mapping[ProductName, HistoryReader],
    grammar: TicketGrammar,
    reporter: Reporter,
    jobs: int = 2,
) -> ChangeLog:
    """Tell what happened between two ends.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    readers : `~collections.abc.Mapping` [ `ProductName`, `HistoryReader` ]
        Histories that are at hand. A product without one is compared by its
        commits alone, where both ends name them.
    grammar : `TicketGrammar`
        Knows the projects.
    reporter : `Reporter`
        Gets a step for each product.
    jobs : `int`, optional
        How many products at a time; makes no difference to the result.

    Returns
    -------
    changelog : `ChangeLog`
        Products of either end by name. When neither end names products, they
        are those of ``readers``.
    """
    names = sorted({*(old.pins or ()), *(new.pins or ())})
    if old.pins is None or new.pins is None:
        names = sorted({*names, *readers})

    def compare(name: ProductName) -> tuple[ProductChanges, tuple[str, ...]]:
        found = _compare_product(name, old, new, readers.get(name), grammar)
        outcome = Outcome.UNCHANGED if found[0].relation is Relation.SAME else Outcome.DONE
        reporter.step(name, outcome, detail=found[0].relation.value)
        return found

    reporter.begin(f"compare `{old.name}` with `{new.name}`", len(names))
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        results = list(pool.map(compare, names))
    reporter.end()
    return ChangeLog(
        old=old,
        new=new,
        products=tuple(product for product, _ in results),
        warnings=(
            *_doubt_tags(old, new, [product for product, _ in results]),
            *(warning for _, warnings in results for warning in warnings),
        ),
    )


def _doubt_tags(old: Side, new: Side, products: Sequence[ProductChanges]) -> tuple[str, ...]:
    """Tell of a tag that no repository has: it is rather misspelt than a release without products."""
    found = []
    for side, has_none in (
        (old, all(product.from_commit is None for product in products)),
        (new, all(product.to_commit is None for product in products)),
    ):
        if side.is_tag and has_none:
            found.append(f"no repository has the tag `{side.name}`")
    return tuple(found)


def _compare_product(
    name: ProductName, old: Side, new: Side, reader: HistoryReader | None, grammar: TicketGrammar
) -> tuple[ProductChanges, tuple[str, ...]]:
    try:
        return _read_product(name, old, new, reader, grammar)
    except ToolkitError as error:
        # One repository that cannot be read must not hide the others.
        product = ProductChanges(name=name, relation=Relation.UNKNOWN, reason=str(error))
        return product, (f"`{name}` is not known: {error}",)


def _read_product(
    name: ProductName, old: Side, new: Side, reader: HistoryReader | None, grammar: TicketGrammar
) -> tuple[ProductChanges, tuple[str, ...]]:
    start, end = _find_end(name, old, reader), _find_end(name, new, reader)
    product = ProductChanges(
        name=name,
        relation=Relation.UNKNOWN,
        repository=end.repository or start.repository,
        from_commit=start.commit,
        to_commit=end.commit,
        from_version=start.version,
        to_version=end.version,
    )
    warnings = [*start.warnings, *end.warnings]
    product = _relate(product, start, end, reader, grammar)
    if reader is not None and product.state is State.CHANGED and reader.is_shallow():
        warnings.append(f"the history of `{name}` is cut off, so tickets may be missing")
    if product.reason is not None:
        warnings.append(f"`{name}` is not known: {product.reason}")
    return product, tuple(warnings)


def _find_end(name: ProductName, side: Side, reader: HistoryReader | None) -> _End:
    if side.pins is not None:
        pin = side.pins.get(name)
        if pin is None:
            return _End(is_absent=True, reason=f"`{side.name}` has no product of that name")
        return _End(commit=pin.commit, version=pin.version, repository=pin.repository, reason=pin.reason)
    if reader is None:
        return _End(reason="its repository is not at hand")
    found = {ref: commit for ref, commit in zip(side.refs, reader.resolve(side.refs), strict=True) if commit}
    if not found:
        return _End(is_absent=side.is_tag, reason=f"its repository has no `{side.name}`")
    if side.is_tag and len(set(found.values())) > 1:
        spellings = " and ".join(f"`{ref.removeprefix('refs/tags/')}`" for ref in found)
        warning = f"in `{name}`, {spellings} are different commits; the first was used"
        return _End(commit=next(iter(found.values())), warnings=(warning,))
    return _End(commit=next(iter(found.values())))


def _relate(
    product: ProductChanges, start: _End, end: _End, reader: HistoryReader | None, grammar: TicketGrammar
) -> ProductChanges:
    if start.commit is None or end.commit is None:
        return _relate_absent(product, start, end, reader)
    if start.commit == end.commit:
        return replace(product, relation=Relation.SAME)
    if reader is None:
        return replace(product, reason="its repository is not at hand")
    for commit, here in zip(
        (start.commit, end.commit), reader.resolve((start.commit, end.commit)), strict=True
    ):
        if here is None:
            return replace(product, reason=f"its repository has no commit {commit}")
    return _read_changes(product, start.commit, end.commit, reader, grammar)


def _relate_absent(
    product: ProductChanges, start: _End, end: _End, reader: HistoryReader | None
) -> ProductChanges:
    if end.commit is not None and start.is_absent:
        known = reader is not None and reader.resolve((end.commit,)) != (None,)
        commits = reader.count(end.commit) if known and reader is not None else None
        return replace(product, relation=Relation.ADDED, commits=commits)
    if start.commit is not None and end.is_absent:
        return replace(product, relation=Relation.REMOVED)
    reasons = dict.fromkeys(one.reason for one in (start, end) if one.reason is not None)
    return replace(product, reason=" and ".join(reasons))


def _read_changes(
    product: ProductChanges,
    start: GitSha,
    end: GitSha,
    reader: HistoryReader,
    grammar: TicketGrammar,
) -> ProductChanges:
    span = reader.between(start, end)
    left = _trace(end, start, span.left, reader, grammar)
    right = _trace(start, end, span.right, reader, grammar)
    if not span.left:
        relation = Relation.FORWARD
    elif not span.right:
        relation = Relation.BACKWARD
    else:
        relation = Relation.DIVERGED
    return replace(
        product,
        relation=relation,
        tickets=tuple(sorted(right.effect.tickets - left.effect.tickets)),
        unmapped=tuple(change.sha for change in right.changes if not change.tickets),
        already_in_from=tuple(sorted(right.effect.tickets & left.effect.tickets)),
        only_in_from=tuple(sorted(left.effect.tickets - right.effect.tickets)),
        reverted=tuple(sorted(right.effect.reverted)),
        changes=right.changes,
        lost=left.changes,
        undone=right.effect.undone,
    )


def _trace(
    base: GitSha, tip: GitSha, commits: Sequence[Commit], reader: HistoryReader, grammar: TicketGrammar
) -> _Trace:
    """Read one side: what is reachable from the tip and not from the base."""
    if not commits:
        return _Trace(changes=(), effect=Effect())
    off_main = reader.off_main(base, tip)
    steps = trace_line(tip, commits)
    own = [classify(step, grammar, on_release_branch=step.commit.sha in off_main) for step in steps]
    listed = {ticket for change in own for ticket in change.tickets}
    changes: list[Change] = []
    for step, change in zip(steps, own, strict=True):
        changes.extend(
            nested for nested in nested_changes(step, grammar) if listed.isdisjoint(nested.tickets)
        )
        changes.append(change)
    doubtful = sorted(unknown_shas(changes))
    older = frozenset(sha for sha in doubtful if reader.is_ancestor(sha, base))
    return _Trace(changes=tuple(changes), effect=settle(changes, older=older))
