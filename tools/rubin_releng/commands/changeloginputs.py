"""Builds what a change log reads from: places of releases, titles, pull requests, environments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rubin_releng.adapters.gittags import GitTags
from rubin_releng.adapters.titlestores import TitleFile
from rubin_releng.changelog.inputs import HistoryCommits, SideInputs
from rubin_releng.changelog.titlesources import StoredTitles
from rubin_releng.core.secrets import read_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from rubin_releng.adapters.pullrequests import GitHubPullRequests
    from rubin_releng.changelog.environmentchanges import LockSource
    from rubin_releng.changelog.inputs import TagListSource
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.changelog.titlesources import IssueService

__all__ = [
    "Places",
    "default_cache",
    "open_locks",
    "open_pull_requests",
    "open_side_inputs",
    "open_titles",
]

_TITLES = "titles.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a change log looks.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Folder for all that need not be asked for again.
    pkgroots : `tuple` [ `str`, ... ]
        Package roots: release documents, tag lists and lists of conda
        packages. URLs or folders.
    tag_lists : `tuple` [ `str`, ... ]
        Other folders, servers or single files of tag lists.
    versiondbs : `tuple` [ `str`, ... ]
        Clones or folders of versiondb, or URLs of its files.
    legacy_environments : `~pathlib.Path` or `None`
        A clone of ``lsst/scipipe_conda_env``.
    titles : `~pathlib.Path` or `None`
        File of titles; `None` for one in the cache.
    jira : `str` or `None`
        Address of Jira; `None` asks nobody.
    github : `str` or `None`
        Address of GitHub's API; `None` asks nobody.
    offline : `bool`
        Whether nobody is asked at all.
    """

    cache: Path
    pkgroots: tuple[str, ...] = ()
    tag_lists: tuple[str, ...] = ()
    versiondbs: tuple[str, ...] = ()
    legacy_environments: Path | None = None
    titles: Path | None = None
    jira: str | None = None
    github: str | None = None
    offline: bool = False

    @property
    def files(self) -> Path:
        """Folder for files of servers."""
        return self.cache / "files"


def default_cache(environ: Mapping[str, str]) -> Path:
    """Say where change logs keep what they need again.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``XDG_CACHE_HOME`` and ``HOME`` are read.

    Returns
    -------
    folder : `~pathlib.Path`
        It may be missing.
    """
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(home) / "lsstinstall" / "changelog"


def open_side_inputs(
    places: Places,
    *,
    directories: Mapping[ProductName, Path],
    readers: Mapping[ProductName, HistoryReader],
    jobs: int = 2,
) -> SideInputs:
    """Open the places that know releases.

    Parameters
    ----------
    places : `Places`
        Where to look.
    directories : `~collections.abc.Mapping` [ `ProductName`, `~pathlib.Path` ]
        Repositories, for their tags.
    readers : `~collections.abc.Mapping` [ `ProductName`, `HistoryReader` ]
        The same, for their commits.
    jobs : `int`, optional
        Repositories at a time.

    Returns
    -------
    inputs : `SideInputs`
        For `~rubin_releng.changelog.inputs.read_side`; nothing was read yet.

    Raises
    ------
    ToolkitError
        Raised for a folder that is missing, or what is no address.
    """
    tags = GitTags(directories, jobs=jobs) if directories else None
    inputs = SideInputs(tags=tags, days=tags, commits=HistoryCommits(readers))
    if not (places.pkgroots or places.tag_lists or places.versiondbs):
        return inputs
    # Imported here: mostly the repositories tell all that is asked.
    from rubin_releng.adapters.keptfiles import KeptFiles  # noqa: PLC0415
    from rubin_releng.adapters.releaseinputs import (  # noqa: PLC0415
        PkgrootReleases,
        TagListFile,
        TagLists,
        open_manifests,
    )

    roots = [KeptFiles(url, places.files, offline=places.offline) for url in places.pkgroots]
    lists: list[TagListSource] = [
        TagListFile(Path(where))
        if Path(where).is_file()
        else TagLists(KeptFiles(where, places.files, offline=places.offline))
        for where in places.tag_lists
    ]
    return replace(
        inputs,
        releases=tuple(PkgrootReleases(root) for root in roots),
        tag_lists=(*lists, *(TagLists(root) for root in roots)),
        manifests=tuple(
            open_manifests(where, places.files, offline=places.offline) for where in places.versiondbs
        ),
    )


def open_titles(places: Places, environ: Mapping[str, str]) -> StoredTitles:
    """Open the titles of tickets.

    Parameters
    ----------
    places : `Places`
        Where to look.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        May hold a token, ``JIRA_TOKEN``, and whose it is, ``JIRA_USER``.

    Returns
    -------
    titles : `StoredTitles`
        Nothing was read yet.
    """
    locks = places.cache / "locks"
    store = TitleFile(places.titles or places.cache / _TITLES, locks=locks)
    service: IssueService | None = None
    if places.jira is not None and not places.offline:
        # Imported here: most change logs are made without a network.
        from rubin_releng.adapters.jira import TOKEN_VARIABLES, USER_VARIABLES, JiraSearch  # noqa: PLC0415

        token = read_secret(environ, TOKEN_VARIABLES)
        user = next((environ[name] for name in USER_VARIABLES if environ.get(name)), None)
        service = JiraSearch(places.jira, token, user=user)
    return StoredTitles([store], service, today=datetime.now(tz=UTC).date())


def open_pull_requests(places: Places, environ: Mapping[str, str]) -> GitHubPullRequests:
    """Open what is known of pull requests.

    Parameters
    ----------
    places : `Places`
        Where to look.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        May hold a token, ``GITHUB_TOKEN`` or ``GH_TOKEN``; without one GitHub
        answers nothing.

    Returns
    -------
    pull_requests : `GitHubPullRequests`
        Nothing was read yet.
    """
    # Imported here: most change logs are made without a network.
    from rubin_releng.adapters.pullrequests import GitHubPullRequests  # noqa: PLC0415

    folder = places.cache / "pullrequests"
    if places.github is None or places.offline:
        return GitHubPullRequests(None, folder)
    from rubin_releng.adapters.githubapi import TOKEN_VARIABLES, GitHubApi  # noqa: PLC0415 - as above

    return GitHubPullRequests(GitHubApi(places.github, read_secret(environ, TOKEN_VARIABLES)), folder)


def open_locks(places: Places) -> tuple[LockSource, ...]:
    """Open the places that know exact conda packages of releases.

    Parameters
    ----------
    places : `Places`
        Where to look.

    Returns
    -------
    sources : `tuple` [ `LockSource`, ... ]
        The best first.

    Raises
    ------
    NotFoundError
        Raised if the clone of old environments is none.
    """
    if not places.pkgroots and places.legacy_environments is None:
        return ()
    # Imported here, as above.
    from rubin_releng.adapters.keptfiles import KeptFiles  # noqa: PLC0415
    from rubin_releng.adapters.releaselocks import LegacyLocks, PkgrootLocks  # noqa: PLC0415

    roots = [KeptFiles(url, places.files, offline=places.offline) for url in places.pkgroots]
    old = () if places.legacy_environments is None else (LegacyLocks(places.legacy_environments),)
    return (*(PkgrootLocks(root) for root in roots), *old)
