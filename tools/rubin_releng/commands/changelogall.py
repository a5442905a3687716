"""`rubin-releng changelog all`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ExitCode
from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.sitefolders import SiteFolder
from rubin_releng.changelog.sitestates import SiteState, parse_site_state, settings_key
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogstack import has_news, open_stack, with_fragments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.changelog.catalogs import Pair
    from rubin_releng.changelog.pageentries import PageEntry
    from rubin_releng.commands.changelogoptions import ChangeLogOptions
    from rubin_releng.commands.changelogstack import Stack

__all__ = ["all_releases"]

_STATE = "changelog-state.json"
_FOLDER = click.Path(file_okay=False, path_type=Path)
# So many pages are worth a process of their own.
_PAGES_AT_ONCE = 32


@click.command(epilog="Example: rubin-releng changelog all --repos repos.yaml --output site")
@click.option("--output", "folder", type=_FOLDER, required=True, metavar="DIR", help="Folder of the site.")
@click.option("--url", help="Where the site will be, for its feeds.")
@click.option("--latest-patch", is_flag=True, help="Compare a new family with the last patch before it.")
@click.option("--again", is_flag=True, help="Make all pages again, as after titles were changed.")
@click.option("--news/--no-news", default=None, help="Read news fragments; as the last time, if not given.")
@changelog_options
@output_options
def all_releases(
    console: Console,
    options: ChangeLogOptions,
    folder: Path,
    url: str | None,
    *,
    latest_patch: bool,
    again: bool,
    news: bool | None,
) -> int:
    """Write the pages of all weeklies and releases.

    Each is compared with the one before it, and `main` with the last weekly.
    A page that is finished is not made again unless a tag was moved, or the
    settings were changed.
    """
    reporter = console.reporter()
    stack = open_stack(options, reporter=reporter)
    if has_news(options) if news is None else news:
        stack = with_fragments(stack)
    with hold_lock(folder / ".changelog.lock", wait_seconds=None, purpose="a site", waiting=reporter.note):
        site = SiteFolder(folder)
        state = SiteState() if again else parse_site_state(site.read(_STATE))
        fingerprint = _fingerprint(stack, url=url, latest_patch=latest_patch)
        if fingerprint and fingerprint == state.fingerprint:
            pages, made, changed = len(state.pages), 0, 0
        else:
            work = _Work(stack, site, state, reporter)
            pages, made, changed = work.run(fingerprint, url=url, latest_patch=latest_patch)
    for warning in stack.warnings:
        reporter.warn(warning)
    console.answer(
        {"folder": str(folder), "pages": pages, "made": made, "files_changed": changed},
        f"{folder}: {pages} pages, {made} of them made, {changed} files changed",
    )
    return int(ExitCode.OK)


def _fingerprint(stack: Stack, *, url: str | None, latest_patch: bool) -> str:
    """Sum up everything that the site depends on; empty if some of it is elsewhere."""
    places = stack.options.places
    others = (places.pkgroots, places.tag_lists, places.versiondbs)
    if any(others) or places.legacy_environments or places.jira or places.github:
        return ""
    titles = places.titles or places.cache / "titles.tsv"
    known = titles.read_bytes() if titles.is_file() else b""
    parts = (
        settings_key(stack.options.settings),
        url,
        latest_patch,
        bool(stack.fragments),
        sorted(stack.urls.items()),
        stack.store.fingerprint(),
        hashlib.sha256(known).hexdigest(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _count(tickets: int) -> str:
    return "1 ticket" if tickets == 1 else f"{tickets} tickets"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Todo:
    """A page to make."""

    name: str
    key: str
    pair: Pair
    has_previous: bool


class _Work:
    """Makes the pages that are missing, and what sums all pages up."""

    def __init__(self, stack: Stack, site: SiteFolder, state: SiteState, reporter: Reporter) -> None:
        self._stack = stack
        self._site = site
        self._state = state
        self._reporter = reporter
        self._todo: list[_Todo] = []
        self._entries = self._read_entries()

    def _read_entries(self) -> dict[str, PageEntry]:
        # Imported here: a site that is up to date needs no page at all.
        from rubin_releng.changelog.siteyears import read_year  # noqa: PLC0415

        found: dict[str, PageEntry] = {}
        for path in self._site.listing("data", ".json"):
            for entry in read_year(self._site.read(path) or "", source=path):
                found[entry.tag] = entry
        return found

    def run(self, fingerprint: str, *, url: str | None, latest_patch: bool) -> tuple[int, int, int]:
        """Make what is missing; count pages, those made, and files changed."""
        pages = list(self._plan(latest_patch=latest_patch))
        self._todo = todo = [page for page in pages if not self._is_finished(page)]
        self._look_up([page.pair for page in todo])
        self._reporter.begin("write change logs", len(todo))
        # Processes know the pages already; they are told numbers, for ends are large.
        chunks = [
            range(len(todo))[start : start + _PAGES_AT_ONCE] for start in range(0, len(todo), _PAGES_AT_ONCE)
        ]
        if len(chunks) > 1:
            for history in self._stack.histories.values():
                history.load()
        changed = 0
        # Imported here: mostly there is one page to make.
        from rubin_releng.adapters.forks import map_forked  # noqa: PLC0415

        for chunk, (entries, files) in zip(
            chunks, map_forked(self._make, chunks, jobs=self._stack.options.jobs), strict=True
        ):
            changed += files
            for page, entry in zip([todo[number] for number in chunk], entries, strict=True):
                self._entries[page.name] = entry
                self._reporter.step(page.name, Outcome.DONE, detail=_count(entry.counts.tickets))
        self._reporter.end()
        changed += self._finish(pages, fingerprint, url=url)
        return len(pages), len(todo), changed

    def _look_up(self, pairs: Sequence[Pair]) -> None:
        """Ask services once for all pages, which are made from the answers."""
        options = self._stack.options
        places = options.places
        if pairs and self._stack.fragments:
            # Imported here: not everybody wants news.
            from rubin_releng.commands.changelognews import gather_news  # noqa: PLC0415

            gather_news(self._stack, pairs, self._reporter)
        if not pairs or places.offline or (places.jira is None and places.github is None):
            return
        # Imported here: mostly nobody is asked.
        from rubin_releng.commands.changeloginputs import open_pull_requests  # noqa: PLC0415
        from rubin_releng.commands.changeloglookups import look_up  # noqa: PLC0415

        for problem in look_up(self._stack, pairs):
            self._reporter.warn(problem)
        kept = None if places.github is None else open_pull_requests(replace(places, offline=True), {})
        settled = replace(options, places=replace(places, jira=None, github=None))
        self._stack = replace(self._stack, options=settled, pull_requests=kept)

    def _plan(self, *, latest_patch: bool) -> list[_Todo]:
        settings = settings_key(self._stack.options.settings) + (" news" if self._stack.fragments else "")
        timelines = self._stack.timelines
        pairs = list(self._stack.catalog.pairs(latest_patch=latest_patch))
        timelines.look_up(side for pair in pairs for side in (pair.old, pair.new))
        names = {pair.new.name for pair in pairs}
        return [
            _Todo(
                name=pair.new.name,
                key=hashlib.sha256(f"{settings} {timelines.key(pair.old, pair.new)}".encode()).hexdigest(),
                pair=pair,
                has_previous=pair.old.name in names,
            )
            for pair in pairs
        ]

    def _is_finished(self, page: _Todo) -> bool:
        entry = self._entries.get(page.name)
        is_same = self._state.pages.get(page.name) == page.key
        return is_same and entry is not None and self._site.has(entry.path)

    def _make(self, chunk: Sequence[int]) -> tuple[list[PageEntry], int]:
        """Make pages, in a process of its own if there are many."""
        from rubin_releng.commands.changelogpages import make_page  # noqa: PLC0415 - as above

        entries, changed = [], 0
        now = datetime.now(UTC).replace(microsecond=0)
        for page in [self._todo[number] for number in chunk]:
            entry, files = make_page(
                self._stack,
                page.pair,
                now=now,
                before=self._entries.get(page.name),
                has_previous=page.has_previous,
            )
            changed += self._site.write(files)
            entries.append(entry)
        return entries, changed

    def _finish(self, pages: Sequence[_Todo], fingerprint: str, *, url: str | None) -> int:
        from rubin_releng.changelog.sites import site_files  # noqa: PLC0415 - as above

        entries = [self._entries[page.name] for page in pages]
        files = site_files(entries, url=url)
        changed = self._site.write(files)
        for path in (*self._site.listing("data", ".json"), *self._site.listing("data", ".js")):
            if path not in files:
                self._site.remove(path)
        state = replace(self._state, fingerprint=fingerprint, pages={page.name: page.key for page in pages})
        self._site.finish(_STATE, state.format())
        return changed
