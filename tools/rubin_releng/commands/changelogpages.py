"""Makes one page of a site of change logs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rubin_releng.changelog.catalogs import with_base
from rubin_releng.changelog.models import State
from rubin_releng.changelog.pageentries import keep_time, page_entry
from rubin_releng.changelog.returning import mark_returned
from rubin_releng.changelog.sites import release_files
from rubin_releng.commands.changelogbetween import add_environment, add_titles

if TYPE_CHECKING:
    import datetime as dt

    from rubin_releng.changelog.catalogs import Pair
    from rubin_releng.changelog.pageentries import PageEntry
    from rubin_releng.commands.changelogstack import Stack

__all__ = ["make_page"]

_NO_NEWS = "news fragments were not read"


def make_page(
    stack: Stack, pair: Pair, *, now: dt.datetime, before: PageEntry | None, has_previous: bool
) -> tuple[PageEntry, dict[str, bytes]]:
    """Make one page.

    Parameters
    ----------
    stack : `Stack`
        All histories.
    pair : `Pair`
        What to compare.
    now : `~datetime.datetime`
        UTC; for the entry of a page whose content is new.
    before : `PageEntry` or `None`
        Entry of the page that is there.
    has_previous : `bool`
        Whether the release that it is compared with has a page, too.

    Returns
    -------
    entry : `PageEntry`
        For the index.
    files : `dict` [ `str`, `bytes` ]
        By path below the site's root.
    """
    found = stack.timelines.compare(pair.old, pair.new, note=pair.note)
    store, urls = stack.store, stack.urls
    found = mark_returned(found, lambda name: store.tag_names(urls[name]) if name in urls else ())
    found = with_base(found, stack.catalog, stack.timelines)
    found = add_titles(add_environment(found, stack.options), stack.options)
    if not stack.fragments and any(product.state is State.CHANGED for product in found.products):
        found = replace(found, warnings=(*found.warnings, _NO_NEWS))
    files = release_files(found, has_previous=has_previous)
    page = files[next(iter(files))]
    return keep_time(page_entry(found, page=page, updated=now), before), files
