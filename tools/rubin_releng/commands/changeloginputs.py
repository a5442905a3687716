"""Builds what a change log reads from: places of releases, titles, pull requests, environments."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory, read_text, sha256_of, write_atomic
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.tags import TagKind
from rubin_releng.adapters.gittags import GitTags
from rubin_releng.adapters.keptfiles import KeptFiles
from rubin_releng.adapters.releaseinputs import PkgrootReleases, TagListFile, TagLists, open_manifests
from rubin_releng.adapters.releaselocks import LegacyLocks, PkgrootLocks
from rubin_releng.adapters.titlestores import TitleFile
from rubin_releng.changelog.inputs import HistoryCommits, SideInputs
from rubin_releng.changelog.titlesources import StoredTitles
from rubin_releng.core.environmentspans import EnvironmentSpan, environment_of, environment_spans
from rubin_releng.core.secrets import read_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.adapters.pullrequests import GitHubPullRequests
    from rubin_releng.changelog.environmentchanges import LockSource
    from rubin_releng.changelog.inputs import TagListSource
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.changelog.titlesources import IssueService
    from rubin_releng.core.environmentdiffs import Content
    from rubin_releng.core.ledgers import Ledger

__all__ = [
    "LedgerRequirements",
    "Places",
    "default_cache",
    "open_locks",
    "open_pull_requests",
    "open_side_inputs",
    "open_titles",
]

_TITLES = "titles.tsv"
_LEDGER = "requirements.yaml"


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
    roots = [KeptFiles(url, places.files, offline=places.offline) for url in places.pkgroots]
    lists: list[TagListSource] = [
        TagListFile(Path(where))
        if Path(where).is_file()
        else TagLists(KeptFiles(where, places.files, offline=places.offline))
        for where in places.tag_lists
    ]
    tags = GitTags(directories, jobs=jobs) if directories else None
    return SideInputs(
        releases=tuple(PkgrootReleases(root) for root in roots),
        tag_lists=(*lists, *(TagLists(root) for root in roots)),
        manifests=tuple(
            open_manifests(where, places.files, offline=places.offline) for where in places.versiondbs
        ),
        tags=tags,
        days=tags,
        commits=HistoryCommits(readers),
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
    roots = [KeptFiles(url, places.files, offline=places.offline) for url in places.pkgroots]
    old = () if places.legacy_environments is None else (LegacyLocks(places.legacy_environments),)
    return (*(PkgrootLocks(root) for root in roots), *old)


class LedgerRequirements:
    """What versions of rubin-env require, by the ledger; read when somebody asks.

    Parameters
    ----------
    given : `~pathlib.Path` or `None`
        The ledger; `None` for that of the checkout we are in.
    kept : `~pathlib.Path` or `None`
        Folder for what need not be read again.
    """

    def __init__(self, given: Path | None = None, *, kept: Path | None = None) -> None:
        self._given = given
        self._kept = kept
        self._ledger: Ledger | None = None
        self._is_read = False
        self._spans: tuple[EnvironmentSpan, ...] | None = None

    def requirements(self, version: str) -> Content | None:
        """Say what a version requires; `None` if the ledger does not know it, or there is none."""
        # Imported here: most change logs compare no requirements.
        from rubin_releng.environments.contents import ledger_content  # noqa: PLC0415

        ledger = self._read()
        records = [] if ledger is None else [one for one in ledger.versions if one.version == version]
        return ledger_content(ledger, records[-1]) if ledger is not None and records else None

    def version_of(self, tag: EupsTag) -> str | None:
        """Say which version a release had; `None` if the ledger does not know, or there is none."""
        if self._spans is None:
            self._spans = self._read_spans()
        return environment_of(self._spans, tag)

    def _read(self) -> Ledger | None:
        if not self._is_read:
            # Imported here: reading a ledger takes longer than most change logs.
            from rubin_releng.commands.ledgeroptions import nearest_ledger  # noqa: PLC0415

            self._ledger, self._is_read = nearest_ledger(self._given), True
        return self._ledger

    def _read_spans(self) -> tuple[EnvironmentSpan, ...]:
        path = _find_ledger(self._given)
        if path is None:
            return ()
        place = None if self._kept is None else self._kept / f"ledger-{sha256_of(path)[:16]}.json"
        if place is not None:
            with suppress(ToolkitError, ValueError, TypeError, KeyError):
                return tuple(_load_span(row) for row in json.loads(read_text(place)))
        from rubin_releng.core.environmenthistory import version_histories  # noqa: PLC0415 - as above

        ledger = self._read()
        spans = () if ledger is None else environment_spans(version_histories(ledger))
        if place is not None:
            with suppress(ToolkitError):
                make_directory(place.parent)
                rows = [[one.version, one.kind.value, one.first, one.last] for one in spans]
                write_atomic(place, json.dumps(rows))
        return spans


def _find_ledger(given: Path | None) -> Path | None:
    """Find the file without reading it."""
    if given is not None:
        return given / _LEDGER if given.is_dir() else given
    here = Path.cwd()
    paths = (folder / "recipes" / METAPACKAGE / _LEDGER for folder in (here, *here.parents))
    return next((path for path in paths if path.is_file()), None)


def _load_span(row: tuple[str, str, list[int], list[int]]) -> EnvironmentSpan:
    version, kind, first, last = row
    return EnvironmentSpan(version=version, kind=TagKind(kind), first=tuple(first), last=tuple(last))
