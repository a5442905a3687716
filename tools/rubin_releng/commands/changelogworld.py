"""Opens the histories that change logs are made from: clones, or a mirror of all repositories."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rubin_releng.adapters.gitaddresses import read_address
from rubin_releng.adapters.gitfiles import GitFiles
from rubin_releng.adapters.gitlogs import GitHistory
from rubin_releng.adapters.gittags import GitTags
from rubin_releng.changelog.relating import Sources
from rubin_releng.commands.changeloginputs import open_pull_requests, open_side_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.adapters.mirrors import Mirrors
    from rubin_releng.adapters.pullrequests import GitHubPullRequests
    from rubin_releng.changelog.inputs import SideInputs
    from rubin_releng.changelog.ports import FragmentReader, HistoryReader
    from rubin_releng.commands.changelogoptions import ChangeLogOptions
    from rubin_releng.core.repositories import Repository

__all__ = ["World", "open_world"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that change logs are made from.

    Parameters
    ----------
    sources : `Sources`
        Histories, settings and the rest that comparing needs.
    inputs : `SideInputs`
        Where releases are looked up.
    directories : `~collections.abc.Mapping` [ `ProductName`, `~pathlib.Path` ]
        Repositories, bare or not.
    pull_requests : `GitHubPullRequests` or `None`
        Tells after the work what it could not find out.
    warnings : `tuple` [ `str`, ... ]
        Repositories that could not be reached.
    """

    sources: Sources
    inputs: SideInputs
    directories: Mapping[ProductName, Path]
    pull_requests: GitHubPullRequests | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """Repositories that were found, whatever they are."""

    readers: dict[ProductName, HistoryReader] = field(default_factory=dict)
    directories: dict[ProductName, Path] = field(default_factory=dict)
    addresses: dict[ProductName, str] = field(default_factory=dict)
    fragments: dict[ProductName, FragmentReader] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    mirrors: Mirrors | None = None


def open_world(
    options: ChangeLogOptions, *, reporter: Reporter, dropped: Collection[ProductName] = ()
) -> World:
    """Open all histories.

    Parameters
    ----------
    options : `ChangeLogOptions`
        What the user said.
    reporter : `Reporter`
        Hears of the mirror.
    dropped : `~collections.abc.Collection` [ `ProductName` ]
        Products to look up in older versions of ``repos.yaml``.

    Returns
    -------
    world : `World`
        A mirror was brought up to date, unless this is offline; a clone is
        only read, and wins over the mirror.
    """
    found = _Found()
    if options.repos is not None:
        _add_mirror(found, options, reporter, dropped)
    for name, directory in options.clones.items():
        found.readers[name], found.directories[name] = GitHistory(directory), directory
        found.fragments[name] = GitFiles(directory)
        address = read_address(directory)
        if address is not None:
            found.addresses.setdefault(name, address)
    asked = options.places.github is not None
    pull_requests = open_pull_requests(options.places, os.environ) if asked else None
    return World(
        sources=Sources(
            readers=found.readers,
            settings=options.settings,
            grammar=options.settings.grammar,
            repositories=found.addresses,
            fragments=found.fragments,
            pull_requests=pull_requests,
        ),
        inputs=_open_inputs(found, options),
        directories=found.directories,
        pull_requests=pull_requests,
        warnings=tuple(found.warnings),
    )


def _open_inputs(found: _Found, options: ChangeLogOptions) -> SideInputs:
    clones = {name: found.directories[name] for name in options.clones}
    inputs = open_side_inputs(options.places, directories=clones, readers=found.readers, jobs=options.jobs)
    if found.mirrors is None:
        return inputs
    # Imported here: clones need no mirror.
    from rubin_releng.adapters.mirrortags import JoinedTags, MirrorTags  # noqa: PLC0415

    urls = {name: found.addresses[name] for name in found.readers if name not in clones}
    tags = GitTags(clones, jobs=options.jobs) if clones else None
    return replace(inputs, tags=JoinedTags(tags, MirrorTags(found.mirrors.store, urls)))


def _add_mirror(
    found: _Found, options: ChangeLogOptions, reporter: Reporter, dropped: Collection[ProductName]
) -> None:
    # Imported here: change logs of clones need neither YAML nor a mirror.
    from rubin_releng.adapters.mirrorfiles import MirrorFiles  # noqa: PLC0415
    from rubin_releng.adapters.mirrors import Mirrors  # noqa: PLC0415
    from rubin_releng.adapters.rememberedfiles import FileMemory, RememberedFiles  # noqa: PLC0415
    from rubin_releng.adapters.repositoryindexes import open_indexes  # noqa: PLC0415

    indexes = open_indexes(str(options.repos), folder=options.places.files, offline=options.places.offline)
    known: dict[ProductName, Repository] = dict(indexes.today().by_product)
    known.update(indexes.dropped(sorted(set(dropped) - known.keys())))
    wanted = {name: one for name, one in known.items() if not options.only or name in options.only}
    mirrors = found.mirrors = Mirrors(options.mirror)
    unreachable: Collection[str] = ()
    if not options.places.offline:
        result = mirrors.update({one.url: one.ref for one in wanted.values()}, reporter=reporter)
        found.warnings += [f"<{url}> is not mirrored: {why}" for url, why in result.missing.items()]
        found.warnings += [f"<{url}> is as it was, for {why}" for url, why in result.kept.items()]
        unreachable = result.kept.keys()
    histories = mirrors.store.histories(one.url for one in wanted.values())
    memory = FileMemory(options.mirror / "files.sqlite")
    for name, one in wanted.items():
        found.addresses[name] = one.url
        if one.url in histories:
            found.readers[name] = histories[one.url]
            found.directories[name] = directory = mirrors.directory(one.url)
            is_away = options.places.offline or one.url in unreachable
            files = MirrorFiles(directory, one.url, offline=is_away)
            found.fragments[name] = RememberedFiles(files, memory)
