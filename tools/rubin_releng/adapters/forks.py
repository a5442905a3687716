"""Work that is shared among processes, which know all that we know."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["map_forked"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_work: list[Callable[[Any], Any]] = []


def map_forked(function: Callable[[Item], Result], items: Sequence[Item], *, jobs: int) -> Iterator[Result]:
    """Call a function for each item, in several processes if there is enough to do.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        May be anything that can be called: the processes are copies of this one.
    items : `~collections.abc.Sequence`
        Few and large ones; have to be picklable, as the results.
    jobs : `int`
        Processes at once.

    Yields
    ------
    result : `object`
        In the order of the items.
    """
    if jobs == 1 or len(items) < 2:  # noqa: PLR2004
        yield from map(function, items)
        return
    _work.append(function)
    try:
        with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("fork")) as pool:
            yield from pool.map(_call, items)
    finally:
        _work.pop()


def _call(item: Any) -> Any:
    return _work[-1](item)
