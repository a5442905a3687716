"""Asks services for all pages of a site at once, before the pages are made."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from rubin_releng.changelog.timelines import Timelines
from rubin_releng.commands.changeloginputs import open_pull_requests, open_titles
from rubin_releng.core.changes import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.catalogs import Pair
    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.changelog.relating import Sources
    from rubin_releng.commands.changelogstack import Stack

__all__ = ["look_up"]


def look_up(stack: Stack, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Ask for the pull requests and the titles of many change logs, and keep the answers.

    Parameters
    ----------
    stack : `Stack`
        All histories; its options name the services.
    pairs : `~collections.abc.Sequence` [ `Pair` ]
        What will be compared.

    Returns
    -------
    problems : `tuple` [ `str`, ... ]
        What could not be found out.
    """
    places = stack.options.places
    problems: list[str] = []
    sources = replace(stack.sources, fragments={})
    if places.github is not None:
        pull_requests = open_pull_requests(places, os.environ)
        for name, shas in _direct_commits(replace(sources, pull_requests=None), pairs).items():
            pull_requests.merged(name, stack.addresses[name], sorted(shas))
        problems += pull_requests.problems
    if places.jira is not None:
        titles = open_titles(places, os.environ)
        changelogs = _compare(sources, pairs)
        titles.issues({entry.issue.key for found in changelogs for entry in found.tickets})
        problems += titles.problems
    return tuple(problems)


def _direct_commits(sources: Sources, pairs: Sequence[Pair]) -> dict[ProductName, set[GitSha]]:
    """Find the commits that may have come by a pull request that they do not name."""
    found: dict[ProductName, set[GitSha]] = defaultdict(set)
    for changelog in _compare(sources, pairs):
        for product in changelog.products:
            found[product.name].update(_direct(product))
    return {name: shas for name, shas in found.items() if shas}


def _direct(product: ProductChanges) -> Iterator[GitSha]:
    changes = (*product.changes, *product.lost)
    return (one.sha for one in changes if one.kind is ChangeKind.DIRECT and not one.tickets)


def _compare(sources: Sources, pairs: Iterable[Pair]) -> Iterator[ChangeLog]:
    timelines = Timelines(sources)
    return (timelines.compare(pair.old, pair.new) for pair in pairs)
