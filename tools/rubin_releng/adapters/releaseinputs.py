"""Places that know releases: package roots, folders and servers with tag lists, versiondb."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from lsstinstall.adapters.files import decode_text, read_text
from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.errors import FormatError, NotFoundError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releases import Release, parse_release
from lsstinstall.core.taglists import TagList, parse_tag_list
from lsstinstall.core.tags import TagKind
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitaddresses import is_git_folder
from rubin_releng.adapters.keptfiles import KeptFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.tags import BuildId, EupsTag

__all__ = ["Manifests", "PkgrootReleases", "TagListFile", "TagLists", "open_manifests"]

_ENDING = ".list"
# A list of a week that is long over will hardly come back.
_OLD = timedelta(days=30)
_ASK_OLD_AFTER = timedelta(days=7)
_ASK_NEW_AFTER = timedelta(hours=1)
_ASK_AFTER = timedelta(days=1)


class PkgrootReleases:
    """Release documents below a package root.

    Parameters
    ----------
    files : `KeptFiles`
        Of the package root.
    """

    def __init__(self, files: KeptFiles) -> None:
        self._files = files

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"<{self._files.url}>"

    def release(self, tag: EupsTag) -> Release | None:
        """Read a release document; `None` if there is none."""

        def parse(text: str, source: str) -> Release:
            release = parse_release(text, source=source)
            if release.tag.name != tag.name:
                raise FormatError(
                    f"the document is of tag `{release.tag.name}` instead of `{tag.name}`", source=source
                )
            return release

        return self._files.read(release_path(tag), parse, missing_for=_missing_for(tag))


class TagLists:
    """Tag lists below a package root, or in a folder.

    Parameters
    ----------
    files : `KeptFiles`
        Of the place.
    folder : `str`, optional
        Below it, with a final slash; as a package root has it, unless the
        place's name says that it is inside of one.
    """

    def __init__(self, files: KeptFiles, folder: str | None = None) -> None:
        self._files = files
        self._folder = _list_folder(files.url) if folder is None else folder

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"<{self._files.url}>"

    def tag_list(self, tag: EupsTag) -> TagList | None:
        """Read a tag list; `None` if there is none."""
        return self._files.read(
            f"{self._folder}{tag.name}{_ENDING}",
            lambda text, source: parse_tag_list(text, source=source, expected=tag),
            missing_for=_missing_for(tag),
        )


class TagListFile:
    """One tag list in a file.

    Parameters
    ----------
    path : `~pathlib.Path`
        ``w_2022_20.list``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"`{self._path}`"

    def tag_list(self, tag: EupsTag) -> TagList | None:
        """Read the list if its name is that of the tag."""
        if self._path.name != f"{tag.name}{_ENDING}":
            return None
        return parse_tag_list(read_text(self._path), source=str(self._path), expected=tag)


class Manifests(Protocol):
    """Knows manifests of builds."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    def manifest(self, build: BuildId) -> BuildManifest | None:
        """Read a manifest; `None` if there is none."""


class _FolderManifests:
    """versiondb in a folder: a clone, bare or not, or files."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise NotFoundError(f"there is no folder `{directory}`", hint="name a clone of versiondb")
        self._directory = directory

    @property
    def name(self) -> str:
        return f"`{self._directory}`"

    def manifest(self, build: BuildId) -> BuildManifest | None:
        for path in (
            self._directory / "manifests" / f"{build}.txt",
            self._directory / f"{build}.txt",
        ):
            with suppress(NotFoundError):
                return _parse_manifest(build)(read_text(path), str(path))
        return self._from_git(build) if is_git_folder(self._directory) else None

    def _from_git(self, build: BuildId) -> BuildManifest | None:
        repository = GitRepository(self._directory)
        # A build that was recorded on another branch has its own tag still.
        for revision in ("HEAD", f"refs/tags/{build}"):
            commit = repository.resolve(revision)
            path = f"manifests/{build}.txt"
            data = None if commit is None else repository.read_file(commit, path)
            if data is not None:
                source = f"{self._directory}/{path}"
                return _parse_manifest(build)(decode_text(data, source=source), source)
        return None


class _ServerManifests:
    """versiondb's files on a server."""

    def __init__(self, files: KeptFiles) -> None:
        self._files = files

    @property
    def name(self) -> str:
        return f"<{self._files.url}>"

    def manifest(self, build: BuildId) -> BuildManifest | None:
        return self._files.read(f"manifests/{build}.txt", _parse_manifest(build), missing_for=_ASK_NEW_AFTER)


def open_manifests(where: str, kept: Path | None = None, *, offline: bool = False) -> Manifests:
    """Open a versiondb.

    Parameters
    ----------
    where : `str`
        A clone, bare or not; a folder with the manifests; or the URL below
        which the files of versiondb are served.
    kept : `~pathlib.Path`, optional
        Folder in which files of servers are kept.
    offline : `bool`, optional
        Whether no server is asked.

    Returns
    -------
    manifests : `Manifests`
        Nothing was read yet.

    Raises
    ------
    NotFoundError
        Raised if there is no such folder.
    """
    parts = urlsplit(where)
    if parts.scheme in {"http", "https"}:
        return _ServerManifests(KeptFiles(where, kept, offline=offline))
    return _FolderManifests(Path(unquote(parts.path)) if parts.scheme == "file" else Path(where))


def _parse_manifest(build: BuildId) -> Callable[[str, str], BuildManifest]:
    def parse(text: str, source: str) -> BuildManifest:
        manifest = parse_build_manifest(text, source=source)
        if manifest.build != build:
            raise FormatError(
                f"the manifest is of build `{manifest.build}` instead of `{build}`", source=source
            )
        return manifest

    return parse


def _list_folder(url: str) -> str:
    """Say where lists are: below the folder that holds ``src``, unless we are in it already."""
    last = url.rstrip("/").rpartition("/")[2]
    if last in {"tags", "src"}:
        return "" if last == "tags" else "tags/"
    if "://" not in url and Path(url).is_dir():
        folders = ("src/tags/", "tags/", "")
        return next(folder for folder in folders if (Path(url) / folder).is_dir())
    return "src/tags/"


def _missing_for(tag: EupsTag) -> timedelta:
    """Say how long to believe that there is nothing of a tag."""
    day = _day(tag)
    if day is None:
        return _ASK_AFTER
    return _ASK_OLD_AFTER if datetime.now(tz=UTC).date() - day > _OLD else _ASK_NEW_AFTER


def _day(tag: EupsTag) -> date | None:
    if tag.kind is TagKind.DAILY:
        return date(*tag.numbers)
    if tag.kind is TagKind.WEEKLY:
        year, week = tag.numbers
        return date(year, 1, 1) + timedelta(weeks=week)
    return None
