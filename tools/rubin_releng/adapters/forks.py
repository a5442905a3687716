"""Work that is shared among processes, which know all that we know."""

from __future__ import annotations

import gc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["map_forked"]

Item = TypeVar("Item")
Result = TypeVar("Result")

# New objects before a look for garbage, and looks before a deeper one: nearly all of them are results.
_RARELY = (50_000, 20, 20)

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
    # What is there now is shared as long as nobody writes to it, and a look for garbage would.
    gc.freeze()
    try:
        with ProcessPoolExecutor(
            max_workers=jobs, mp_context=get_context("fork"), initializer=gc.set_threshold, initargs=_RARELY
        ) as pool:
            yield from pool.map(_call, items)
    finally:
        gc.unfreeze()
        _work.pop()


def _call(item: Any) -> Any:
    return _work[-1](item)
