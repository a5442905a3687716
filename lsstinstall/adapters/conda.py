"""py-rattler: solve and install conda environments, index channels."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

import rattler

from lsstinstall.adapters.condacaches import PackageFolders
from lsstinstall.adapters.condaerrors import explained
from lsstinstall.adapters.condaindexes import index_channel
from lsstinstall.adapters.condamachines import generic_virtual_package
from lsstinstall.adapters.condaoffers import match_spec, query_offers
from lsstinstall.adapters.condaplaces import ChannelPlaces, channel_uri
from lsstinstall.adapters.condaprogress import InstallProgress
from lsstinstall.adapters.condarecords import (
    RecordMemory,
    check_local_archives,
    drop_unreadable_records,
    is_local,
    matching_record,
    prefix_records,
    query_packages,
    solved_package,
)
from lsstinstall.adapters.condarequests import ChannelRequests
from lsstinstall.core.accesses import split_access
from lsstinstall.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from rattler import RepoDataRecord

    from lsstinstall.core.environments import EnvLock, LockedPackage, SolvedPackage
    from lsstinstall.core.mirrors import Mirrors
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.packageoffers import SpecOffers
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["CondaEngine", "channel_uri", "index_channel"]

_RETRIES = 3
_MOST_NAMED = 5


class CondaEngine:
    """Solves and installs; everything that rattler does asynchronously ends in here.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Folder for packages and indexes; environments on its file system
        share the files by hard links.
    indexes : `~pathlib.Path`, optional
        Folder for indexes alone: to solve needs no other.
    retries : `int`, optional
        How often a failed request is tried again.
    mirrors : `Mirrors`, optional
        Where else channels can be had.
    other_caches : `~collections.abc.Sequence` [ `~pathlib.Path` ], optional
        Folders in which unpacked packages may be found; nothing is written
        to them.
    offline : `bool`, optional
        Whether only caches and folders are used.
    keep_indexes : `bool`, optional
        Whether indexes stay in memory, for those who ask often.
    """

    def __init__(
        self,
        cache: Path,
        *,
        indexes: Path | None = None,
        retries: int = _RETRIES,
        mirrors: Mirrors | None = None,
        other_caches: Sequence[Path] = (),
        offline: bool = False,
        keep_indexes: bool = False,
    ) -> None:
        self._cache = cache.absolute()
        self._channels = ChannelRequests(
            ChannelPlaces(mirrors, retries=retries),
            repodata=(indexes or self._cache / "repodata").absolute(),
            offline=offline,
            keep=keep_indexes,
        )
        self._folders = PackageFolders(self._cache, other_caches)
        self._offline = offline
        self._memory = RecordMemory()

    def solve(
        self,
        specs: Sequence[str],
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        favored: Sequence[SolvedPackage] = (),
        pinned: Sequence[SolvedPackage] = (),
        exclude_newer: datetime | None = None,
    ) -> tuple[SolvedPackage, ...]:
        """Find the newest packages that satisfy some specs.

        Parameters
        ----------
        specs : `~collections.abc.Sequence` [ `str` ]
            conda's match specs.
        channels : `~collections.abc.Sequence` [ `str` ]
            URIs, names or folders, the first has priority: a package is
            taken from the first channel that has any of its name. Passwords
            and tokens in them are used, and not recorded.
        platform : `CondaSubdir`
            What to solve for, beside noarch.
        virtual_packages : `~collections.abc.Sequence` [ `VirtualPackage` ]
            What the machine offers.
        favored : `~collections.abc.Sequence` [ `SolvedPackage` ], optional
            Packages of this engine to be taken if possible.
        pinned : `~collections.abc.Sequence` [ `SolvedPackage` ], optional
            Packages of this engine to be part of the solution in any case.
        exclude_newer : `~datetime.datetime`, optional
            Pass over what was made later. A package that does not say when
            it was made counts as old.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            The whole environment, by name.

        Raises
        ------
        UnsatisfiableError
            Raised if there is no solution, with the solver's explanation.
        NotFoundError, UnavailableError, CorruptError
            Raised if a channel is not there, cannot be reached, or its index
            is damaged.
        ConfigurationError
            Raised if a spec or a channel is no such thing.
        """
        with explained("solve"):
            wanted = [match_spec(spec) for spec in (*specs, *(one.package.name for one in pinned))]
            subdirs = [rattler.Subdir(platform), rattler.Subdir("noarch")]
        urls = [self._channels.add(channel, subdirs=map(str, subdirs)) for channel in channels]

        async def run(gateway: rattler.Gateway) -> list[RepoDataRecord]:
            return await rattler.solve(
                [rattler.Channel(url) for url in urls],
                wanted,
                gateway=gateway,
                platforms=subdirs,
                locked_packages=self._memory.records(favored),
                pinned_packages=self._memory.records(pinned),
                virtual_packages=[generic_virtual_package(package) for package in virtual_packages],
                exclude_newer=exclude_newer,
                timestamp_policy="allow-missing",
            )

        return self._memory.keep(self._channels.with_gateway(run, doing="solve", specs=tuple(specs)))

    def offers(
        self,
        spec: str,
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        exclude_newer: datetime | None = None,
    ) -> SpecOffers:
        """List what channels have for a spec.

        Parameters
        ----------
        spec : `str`
            One of conda's match specs.
        channels, platform, exclude_newer
            As in `solve`.

        Returns
        -------
        offers : `~lsstinstall.core.packageoffers.SpecOffers`
            Of the first channel that has any of the name, as a solver would
            see them.

        Raises
        ------
        NotFoundError, UnavailableError, CorruptError
            Raised if a channel is not there, cannot be reached, or its index
            is damaged.
        ConfigurationError
            Raised if the spec or a channel is no such thing.
        """
        subdirs = [platform, "noarch"]
        urls = [self._channels.add(channel, subdirs=subdirs) for channel in channels]
        with explained(f"read `{spec}`"):
            wanted = match_spec(spec)
        query = partial(query_offers, channels=urls, subdirs=subdirs, wanted=wanted, newest=exclude_newer)
        return self._channels.with_gateway(query, doing="read the channels")

    def resolve(self, lock: EnvLock) -> tuple[SolvedPackage, ...]:
        """Look up the packages of a lock in their channels.

        Parameters
        ----------
        lock : `EnvLock`
            Exactly these packages, whatever they require.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            By name.

        Raises
        ------
        CorruptError
            Raised if a channel has a package of this name and another digest.
        NotFoundError
            Raised if a channel does not have one of the packages.
        UnavailableError
            Raised if a channel cannot be reached.
        """
        found = self._query(lock.packages)
        return self._memory.keep(matching_record(locked, found) for locked in lock.packages)

    def look_up(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, SolvedPackage]:
        """Look up what channels have today under the names of some packages.

        Parameters
        ----------
        packages : `~collections.abc.Sequence` [ `LockedPackage` ]
            Of a lock.

        Returns
        -------
        found : `dict` [ `LockedPackage`, `SolvedPackage` ]
            As the channels' indexes say, whatever the digests; without those
            that are not there.

        Raises
        ------
        NotFoundError, UnavailableError, CorruptError
            Raised if a channel is not there, cannot be reached, or its index
            is damaged.
        """
        records = self._query(packages)
        placed = {locked: records.get(unquote(split_access(locked.url).url)) for locked in packages}
        return {locked: solved_package(record) for locked, record in placed.items() if record is not None}

    def records(self, packages: Sequence[SolvedPackage]) -> list[RepoDataRecord]:
        """Give all that is known of packages of this engine, in rattler's own words and in the same order."""
        return self._memory.records(packages)

    def _query(self, packages: Sequence[LockedPackage]) -> dict[str, RepoDataRecord]:
        found: dict[str, RepoDataRecord] = {}
        for channel in dict.fromkeys(locked.channel for locked in packages):
            wanted = [locked for locked in packages if locked.channel == channel]
            doing = f"read the channel <{channel}>"
            url = self._channels.add(channel, subdirs={one.package.subdir for one in wanted} | {"noarch"})
            records = self._channels.with_gateway(
                partial(query_packages, channel=url, wanted=wanted), doing=doing
            )
            found.update((self._channels.own_url(place), record) for place, record in records.items())
        return found

    def installed(self, prefix: Path) -> tuple[SolvedPackage, ...]:
        """Read what an environment has.

        Parameters
        ----------
        prefix : `~pathlib.Path`
            The environment.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            By name; records that an interrupted run left unreadable are not
            part of it.
        """
        return self._memory.keep(record for _, record in prefix_records(prefix) if record is not None)

    def requested(self, prefix: Path) -> tuple[str, ...]:
        """Read which specs an environment was made with.

        Parameters
        ----------
        prefix : `~pathlib.Path`
            The environment.

        Returns
        -------
        specs : `tuple` [ `str`, ... ]
            Sorted; those that conda recorded count, too.
        """
        specs: set[str] = set()
        for _, record in prefix_records(prefix):
            if record is not None:
                specs.update(record.requested_specs or ())
                specs.update([record.requested_spec] if record.requested_spec else ())
        return tuple(sorted(specs))

    def install(
        self,
        packages: Sequence[SolvedPackage],
        prefix: Path,
        *,
        specs: Sequence[str],
        reporter: Reporter,
        repair: bool = False,
    ) -> None:
        """Make an environment hold exactly some packages.

        Packages are downloaded and unpacked in parallel into the cache, and
        linked from there. Every archive is checked against its digest.
        Scripts that packages want to run after their installation are run,
        as conda does.

        Parameters
        ----------
        packages : `~collections.abc.Sequence` [ `SolvedPackage` ]
            All packages of this engine that shall be there afterwards.
        prefix : `~pathlib.Path`
            The environment; made if it is missing.
        specs : `~collections.abc.Sequence` [ `str` ]
            What was asked for, to be recorded.
        reporter : `~lsstinstall.core.reporting.Reporter`
            Hears of every package.
        repair : `bool`, optional
            Whether an interrupted run may have left half-linked packages:
            all are linked again.

        Raises
        ------
        CorruptError
            Raised if an archive is not what its digest promises.
        NotFoundError, UnavailableError
            Raised if an archive is not there or cannot be fetched, or the
            disk is full; what was fetched is kept.
        RefusedError
            Raised if we may not write there.
        """
        prefix = prefix.absolute()
        if repair:
            drop_unreadable_records(prefix)
        present = set(self.installed(prefix))
        with explained("read the package cache"):
            new = self._folders.missing(self._memory.records(one for one in packages if one not in present))
        if self._offline:
            _refuse_to_fetch(new)
        check_local_archives(new)
        records = self._memory.records(packages)
        to_fetch = {record.name.normalized: record.size or 0 for record in new}
        wanted = [rattler.MatchSpec(spec) for spec in specs]
        self._link(records, prefix, wanted, reporter, sizes=to_fetch)
        if repair:
            # rattler leaves files that are in the way as they are. Now that all files of all packages
            # are on record, it can remove them first.
            names = {one.package.name for one in packages}
            self._link(records, prefix, wanted, reporter, again=names)

    def _link(
        self,
        records: list[RepoDataRecord],
        prefix: Path,
        specs: Sequence[rattler.MatchSpec],
        reporter: Reporter,
        *,
        sizes: Mapping[str, int] | None = None,
        again: set[str] | None = None,
    ) -> None:
        # Its base leaves the bodies of what we do not want to hear empty, which mypy takes as abstract.
        progress = InstallProgress(reporter, sizes=sizes)  # type: ignore[abstract]
        # One for all attempts: of a failed one, other downloads may still be on their way.
        cache = self._folders.layers()

        def run(client: rattler.Client) -> None:
            progress.restart()
            asyncio.run(
                rattler.install(
                    records,
                    prefix,
                    package_cache=cache,
                    reinstall_packages=again,
                    show_progress=False,
                    client=client,
                    execute_link_scripts=True,
                    # It passes these on as they are, whatever its annotation says.
                    requested_specs=[spec._match_spec for spec in specs],  # noqa: SLF001
                    reporter=progress,
                )
            )

        self._channels.with_each_client(run, doing=f"install into `{prefix}`")


def _refuse_to_fetch(records: Sequence[RepoDataRecord]) -> None:
    names = [record.file_name for record in records if not is_local(record)]
    if not names:
        return
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    raise UnavailableError(
        f"not in the package cache: {shown}{more}", hint="run the same command once without `--offline`"
    )
