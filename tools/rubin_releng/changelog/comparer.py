"""Compares the products of two ends, one after another or several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome
from rubin_releng.changelog.doubts import Doubt, Doubtful, doubt_product, doubt_sides, tell_doubts
from rubin_releng.changelog.ends import End, find_end
from rubin_releng.changelog.gathering import gather_sweeps, gather_tickets
from rubin_releng.changelog.models import ChangeLog, ProductChanges, Relation
from rubin_releng.changelog.pairing import pair_names
from rubin_releng.changelog.relating import Sources, add_fragments, relate
from rubin_releng.core.changelogsettings import ChangeLogSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.changelog.ports import FragmentReader, HistoryReader, PullRequestSource
    from rubin_releng.changelog.sides import Side

__all__ = [
    "alone_at",
    "assemble",
    "compare_ends",
    "compare_sides",
    "end_of",
    "names_of",
    "open_ends",
    "present_at",
]


def compare_sides(
    old: Side,
    new: Side,
    *,
    readers: Mapping[ProductName, HistoryReader],
    reporter: Reporter,
    settings: ChangeLogSettings | None = None,
    repositories: Mapping[ProductName, str] | None = None,
    fragments: Mapping[ProductName, FragmentReader] | None = None,
    pull_requests: PullRequestSource | None = None,
    only: Collection[ProductName] = (),
    named: Collection[ProductName] = (),
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
    reporter : `Reporter`
        Gets a step for each product.
    settings : `ChangeLogSettings`, optional
        Projects, products and corrections.
    repositories : `~collections.abc.Mapping` [ `ProductName`, `str` ], optional
        URLs of today, for what documents do not tell.
    fragments : `~collections.abc.Mapping` [ `ProductName`, `FragmentReader` ], optional
        Where news fragments can be read.
    pull_requests : `PullRequestSource`, optional
        Knows pull requests that no commit names.
    only : `~collections.abc.Collection` [ `ProductName` ], optional
        Products to compare; all if empty.
    named : `~collections.abc.Collection` [ `ProductName` ], optional
        Products that are not left out, even if neither end has them.
    jobs : `int`, optional
        How many products at a time; makes no difference to the result.

    Returns
    -------
    changelog : `ChangeLog`
        Products of either end by name. When neither end names products, they
        are those of ``readers``.
    """
    settings = settings or ChangeLogSettings()
    sources = Sources(
        readers=readers,
        settings=settings,
        grammar=settings.grammar,
        repositories=repositories or {},
        fragments=fragments or {},
        pull_requests=pull_requests,
    )
    names = [name for name in names_of(old, new, readers) if not only or name in only]
    reporter.begin(f"compare `{old.name}` with `{new.name}`", len(names))
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        starts, ends = (_find_ends(names, side, sources, pool, jobs) for side in (old, new))
        former = pair_names(alone_at(starts, ends), alone_at(ends, starts), sources)
        gone = set(former.values())
        kept = [
            name
            for name in present_at(starts, ends, named={*named, *only}, is_open=open_ends(old, new))
            if name not in gone
        ]

        def compare(name: ProductName) -> tuple[ProductChanges, tuple[str | Doubt, ...]]:
            start = starts[former.get(name, name)]
            found = compare_ends(name, start, ends[name], former.get(name), sources)
            outcome = Outcome.UNCHANGED if found[0].relation is Relation.SAME else Outcome.DONE
            reporter.step(name, outcome, detail=found[0].relation.value)
            return found

        # What did not change is told at once, which no thread is worth.
        waiting = {
            name: pool.submit(compare, name)
            for name in kept
            if starts[former.get(name, name)].commit != ends[name].commit
        }
        results = [waiting[name].result() if name in waiting else compare(name) for name in kept]
    reporter.end()
    products = tuple(product for product, _ in results)
    doubts = (*doubt_sides(old, new, products, settings), *(one for _, found in results for one in found))
    return assemble(old, new, products, settings, doubts)


def _find_ends(
    names: Sequence[ProductName], side: Side, sources: Sources, pool: ThreadPoolExecutor, jobs: int
) -> dict[ProductName, End]:
    """Find all products at one end, each thread a part of them."""
    parts = [names[first::jobs] for first in range(jobs)]
    found: dict[ProductName, End] = {}
    for part in pool.map(lambda part: {name: end_of(name, side, sources) for name in part}, parts):
        found.update(part)
    return {name: found[name] for name in names}


def assemble(
    old: Side,
    new: Side,
    products: Iterable[ProductChanges],
    settings: ChangeLogSettings,
    doubts: Iterable[str | Doubt] = (),
) -> ChangeLog:
    """Make a change log of products that were compared.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    products : `~collections.abc.Iterable` [ `ProductChanges` ]
        In any order.
    settings : `ChangeLogSettings`
        Projects, products and corrections.
    doubts : `~collections.abc.Iterable` [ `str` or `Doubt` ], optional
        What is doubtful.

    Returns
    -------
    changelog : `ChangeLog`
        With tickets and sweeps over all products.
    """
    ordered = tuple(sorted(products, key=attrgetter("name")))
    # In most weeks most products did not change.
    changed = [product for product in ordered if product.changes or product.lost]
    return ChangeLog(
        old=old,
        new=new,
        products=ordered,
        tickets=gather_tickets(changed, settings),
        sweeps=gather_sweeps(changed),
        sources=tuple(dict.fromkeys((old.source, new.source))),
        warnings=tell_doubts(doubts),
    )


def names_of(old: Side, new: Side, readers: Mapping[ProductName, HistoryReader]) -> list[ProductName]:
    """Name the products of two ends.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    readers : `~collections.abc.Mapping` [ `ProductName`, `HistoryReader` ]
        Asked where an end names no products itself.

    Returns
    -------
    names : `list` [ `ProductName` ]
        Sorted.
    """
    names = {*(old.pins or ()), *(new.pins or ())}
    if old.pins is None or new.pins is None:
        names.update(readers)
    return sorted(names)


def alone_at(ends: Mapping[ProductName, End], others: Mapping[ProductName, End]) -> dict[ProductName, End]:
    """Take the products that only one end has.

    Parameters
    ----------
    ends, others : `~collections.abc.Mapping` [ `ProductName`, `End` ]
        This end and the other one, with equal keys.

    Returns
    -------
    ends : `dict` [ `ProductName`, `End` ]
        Of the products that the other end is known not to have.
    """
    return {
        name: end
        for name, end in ends.items()
        if end.commit is not None and others[name].commit is None and others[name].is_absent
    }


def present_at(
    starts: Mapping[ProductName, End],
    ends: Mapping[ProductName, End],
    *,
    named: Collection[ProductName] = (),
    is_open: tuple[bool, bool] = (False, False),
) -> list[ProductName]:
    """Leave out the products that neither end has.

    Parameters
    ----------
    starts, ends : `~collections.abc.Mapping` [ `ProductName`, `End` ]
        Both ends, with equal keys.
    named : `~collections.abc.Collection` [ `ProductName` ], optional
        Products that somebody asked for.
    is_open : `tuple` [ `bool`, `bool` ], optional
        Which ends are branches: every repository has one, so that only the
        other end tells what belongs to the stack.

    Returns
    -------
    names : `list` [ `ProductName` ]
        In the order of the keys; all of them, if there would be none.
    """
    found = [
        name
        for name in starts
        if name in named
        or not ((starts[name].is_absent or is_open[0]) and (ends[name].is_absent or is_open[1]))
        or is_open == (True, True)
    ]
    return found or list(starts)


def open_ends(old: Side, new: Side) -> tuple[bool, bool]:
    """Say which ends are branches or commits, that name no products.

    Parameters
    ----------
    old, new : `Side`
        The two ends.

    Returns
    -------
    is_open : `tuple` [ `bool`, `bool` ]
        For `present_at`.
    """
    first, second = (side.pins is None and not side.is_tag for side in (old, new))
    return first, second


def end_of(name: ProductName, side: Side, sources: Sources) -> End:
    """Find a product at one end, whatever is wrong with its history.

    Parameters
    ----------
    name : `ProductName`
        The product.
    side : `Side`
        The end.
    sources : `Sources`
        Has the history.

    Returns
    -------
    end : `End`
        Without a commit, and with the reason, if it cannot be read.
    """
    try:
        return find_end(name, side, sources.readers.get(name))
    except ToolkitError as error:
        # One repository that cannot be read must not hide the others.
        return End(reason=str(error))


def compare_ends(
    name: ProductName, start: End, end: End, former: ProductName | None, sources: Sources
) -> tuple[ProductChanges, tuple[str | Doubt, ...]]:
    """Compare one product, whatever is wrong with its history.

    Parameters
    ----------
    name : `ProductName`
        Its name on the new side, or on the old one if it is gone.
    start, end : `End`
        Its two ends.
    former : `ProductName` or `None`
        Its name on the old side, if that is another.
    sources : `Sources`
        What to compare with.

    Returns
    -------
    product : `ProductChanges`
        What happened to it.
    doubts : `tuple` [ `str` or `Doubt`, ... ]
        What is doubtful.
    """
    doubts: list[str | Doubt] = [*start.warnings, *end.warnings]
    try:
        product = relate(name, start, end, sources, former=former)
    except ToolkitError as error:
        product = ProductChanges(name=name, relation=Relation.UNKNOWN, reason=str(error))
    try:
        product = add_fragments(product, sources)
        doubts += [
            f"in `{name}`, the name of `{one.path}` is wrong: {one.problem}"
            for one in product.fragments
            if one.problem is not None
        ]
    except ToolkitError as error:
        doubts.append(Doubt(product=name, of=Doubtful.NEWS, reason=str(error)))
    doubts += doubt_product(product, sources)
    return product, tuple(doubts)
