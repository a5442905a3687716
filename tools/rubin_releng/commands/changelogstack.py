"""Opens the whole stack for questions about many releases: everything is mirrored, clones too."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.gitaddresses import read_address
from rubin_releng.adapters.mirrors import Mirrors
from rubin_releng.adapters.mirrortags import MirrorTags
from rubin_releng.changelog.catalogs import Catalog, TagFacts, read_tags
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.commands.changeloginputs import open_pull_requests, open_side_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.adapters.loggedhistories import LoggedHistory
    from rubin_releng.adapters.mirrors import MirrorResult
    from rubin_releng.adapters.mirrorstores import MirrorStore
    from rubin_releng.adapters.pullrequests import GitHubPullRequests
    from rubin_releng.changelog.ports import FragmentReader
    from rubin_releng.commands.changelogoptions import ChangeLogOptions

__all__ = ["Stack", "has_news", "open_stack", "update_mirrors", "with_fragments"]

_NEWS = "news"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All histories, and all releases.

    Parameters
    ----------
    store : `MirrorStore`
        What the mirrors hold.
    urls : `~collections.abc.Mapping` [ `ProductName`, `str` ]
        Where each product's repository was mirrored from.
    addresses : `~collections.abc.Mapping` [ `ProductName`, `str` ]
        The same, but of a clone where it came from, if that is known.
    histories : `~collections.abc.Mapping` [ `ProductName`, `LoggedHistory` ]
        Of those that are mirrored.
    options : `ChangeLogOptions`
        What the user said.
    pull_requests : `GitHubPullRequests` or `None`
        Of commits that name none.
    fragments : `~collections.abc.Mapping` [ `ProductName`, `FragmentReader` ]
        Where news fragments can be read; nowhere, unless somebody wants them.
    warnings : `tuple` [ `str`, ... ]
        Repositories that could not be reached.
    """

    store: MirrorStore
    urls: Mapping[ProductName, str]
    addresses: Mapping[ProductName, str]
    histories: Mapping[ProductName, LoggedHistory]
    options: ChangeLogOptions
    pull_requests: GitHubPullRequests | None = None
    fragments: Mapping[ProductName, FragmentReader] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be found out of pull requests, after the work."""
        return () if self.pull_requests is None else self.pull_requests.problems

    @cached_property
    def sources(self) -> Sources:
        """What products are compared with."""
        settings = self.options.settings
        return Sources(
            readers=self.histories,
            settings=settings,
            grammar=settings.grammar,
            repositories=self.addresses,
            pull_requests=self.pull_requests,
            fragments=self.fragments,
        )

    @cached_property
    def timelines(self) -> Timelines:
        """All products through all releases."""
        return Timelines(self.sources)

    @cached_property
    def catalog(self) -> Catalog:
        """All releases."""
        facts = {
            name: TagFacts(
                count=count,
                message=message,
                time=None if time is None else datetime.fromtimestamp(time, UTC),
            )
            for name, (count, message, time) in self.store.tag_facts().items()
        }
        inputs = open_side_inputs(self.options.places, directories={}, readers=self.histories)
        tags = MirrorTags(self.store, self.urls) if inputs.manifests or inputs.tag_lists else None
        return Catalog(read_tags(facts, repositories=len(self.urls)), replace(inputs, tags=tags))


def has_news(options: ChangeLogOptions) -> bool:
    """Tell whether somebody read the news of these mirrors before, and they were kept."""
    return (options.mirror / _NEWS).is_dir()


def with_fragments(stack: Stack) -> Stack:
    """Let change logs have news fragments, whose files are fetched when they are read."""
    # Imported here: few want them for all releases.
    from rubin_releng.adapters.mirrorfiles import MirrorFiles  # noqa: PLC0415
    from rubin_releng.adapters.newsfiles import NewsFiles  # noqa: PLC0415

    mirrors, is_offline = Mirrors(stack.options.mirror), stack.options.places.offline
    found: dict[ProductName, FragmentReader] = {}
    for name, history in stack.histories.items():
        url = stack.urls[name]
        directory, state = mirrors.directory(url), stack.store.state(url)
        found[name] = NewsFiles(
            MirrorFiles(directory, url, offline=is_offline),
            partial(_reached, history),
            mirrors.folder / _NEWS / f"{directory.stem}.json",
            fingerprint="" if state is None else state[0],
        )
    return replace(stack, fragments=found)


def _reached(history: LoggedHistory, start: GitSha, end: GitSha) -> Collection[GitSha]:
    return history.graph.between(start, end)[1]


def find_repositories(options: ChangeLogOptions) -> dict[ProductName, tuple[str, str | None]]:
    """Find the repositories that the user means: address and main line of each product."""
    found: dict[ProductName, tuple[str, str | None]] = {}
    if options.repos is not None:
        # Imported here: clones need no YAML.
        from rubin_releng.adapters.repositoryindexes import open_indexes  # noqa: PLC0415

        today = open_indexes(
            str(options.repos), folder=options.places.files, offline=options.places.offline
        ).today()
        found = {one.product: (one.url, one.ref) for one in today.repositories}
    found.update({name: (str(path.resolve()), None) for name, path in options.clones.items()})
    if not found:
        raise ConfigurationError(
            "there is no product to read",
            hint="name all repositories with `--repos`, or clones with `--repositories`",
        )
    return {name: where for name, where in found.items() if not options.only or name in options.only}


def update_mirrors(options: ChangeLogOptions, *, reporter: Reporter) -> MirrorResult:
    """Bring the mirrors of all repositories up to date."""
    wanted = find_repositories(options)
    return Mirrors(options.mirror).update(dict(wanted.values()), reporter=reporter)


def open_stack(options: ChangeLogOptions, *, reporter: Reporter) -> Stack:
    """Open the whole stack.

    Parameters
    ----------
    options : `ChangeLogOptions`
        What the user said.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of the mirrors.

    Returns
    -------
    stack : `Stack`
        Mirrors were brought up to date, unless this is offline.

    Raises
    ------
    ConfigurationError
        Raised if no repository is named.
    """
    wanted = find_repositories(options)
    mirrors = Mirrors(options.mirror)
    warnings: list[str] = []
    if not options.places.offline:
        result = mirrors.update(dict(wanted.values()), reporter=reporter)
        warnings += [f"<{url}> is as it was, for {why}" for url, why in result.kept.items()]
    urls = {name: url for name, (url, _) in wanted.items()}
    known_as = {name: read_address(path) for name, path in options.clones.items()}
    asks = options.places.github is not None
    known = mirrors.store.histories(urls.values())
    warnings += [f"<{url}> is not mirrored" for url in dict.fromkeys(urls.values()) if url not in known]
    return Stack(
        store=mirrors.store,
        urls=urls,
        addresses={name: known_as.get(name) or url for name, url in urls.items()},
        histories={name: known[url] for name, url in urls.items() if url in known},
        options=options,
        pull_requests=open_pull_requests(options.places, os.environ) if asks else None,
        warnings=tuple(warnings),
    )
