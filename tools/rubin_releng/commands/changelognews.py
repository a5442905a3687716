"""Reads news fragments for many change logs at once, before these are made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.newsfiles import NewsFiles
from rubin_releng.changelog.fragmentreading import read_folders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.changelog.catalogs import Pair
    from rubin_releng.commands.changelogstack import Stack

__all__ = ["gather_news"]

_CONNECTIONS = 8


def gather_news(stack: Stack, pairs: Sequence[Pair], reporter: Reporter) -> None:
    """Read the news of all products that changed in any of some pairs.

    Parameters
    ----------
    stack : `Stack`
        Its readers of fragments are told; each keeps what it read when it is
        done, so that nobody asks for it again.
    pairs : `~collections.abc.Sequence` [ `Pair` ]
        What is to be compared.
    reporter : `Reporter`
        Gets a step for each product.
    """
    steps = _steps(stack, pairs)

    def prepare(name: ProductName) -> None:
        reader = stack.fragments[name]
        if isinstance(reader, NewsFiles):
            reader.prepare(steps[name], read_folders)
        reporter.step(name, Outcome.DONE)

    reporter.begin("read news fragments", len(steps))
    with ThreadPoolExecutor(max_workers=_CONNECTIONS) as pool:
        list(pool.map(prepare, steps))
    reporter.end()


def _steps(stack: Stack, pairs: Sequence[Pair]) -> dict[ProductName, list[tuple[GitSha, GitSha]]]:
    """Name the commits of products that differ; releases have many products in common."""
    found: dict[ProductName, dict[tuple[GitSha, GitSha], None]] = {}
    settings, timelines = stack.options.settings, stack.timelines
    for pair in pairs:
        starts, ends = timelines.ends(pair.old), timelines.ends(pair.new)
        for name in stack.fragments:
            step = tuple(one[name].commit if name in one else None for one in (starts, ends))
            if None in step or step[0] == step[1] or settings.excludes(name):
                continue
            if None not in stack.histories[name].resolve(cast("tuple[GitSha, GitSha]", step)):
                found.setdefault(name, {})[cast("tuple[GitSha, GitSha]", step)] = None
    return {name: list(steps) for name, steps in found.items()}
