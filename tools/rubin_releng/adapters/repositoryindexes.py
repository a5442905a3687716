"""``repos.yaml`` of today, and what older versions of it said of products that were dropped since."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsstinstall.adapters.files import decode_text, make_directory, read_text, write_atomic
from lsstinstall.core.errors import NotFoundError, ToolkitError, UnavailableError
from lsstinstall.core.names import GitSha, ProductName
from rubin_releng.adapters.gitaddresses import is_git_folder
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.core.repositories import RepoIndex, Repository, read_repositories

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from rubin_releng.adapters.git import GitRepository

__all__ = ["RepositoryIndexes", "open_indexes"]

_PATH = "etc/repos.yaml"
_KEPT = "repos.json"
_RULES = 1
"""Raised when the same file comes to be read in another way."""


def open_indexes(where: str, *, folder: Path, offline: bool = False) -> RepositoryIndexes:
    """Open a ``repos.yaml`` wherever it is.

    Parameters
    ----------
    where : `str`
        The file or a clone that has it, or a URL of the file.
    folder : `~pathlib.Path`
        Where the file of a server is kept, and what was read.
    offline : `bool`, optional
        Whether the file is taken as it was read from a server the last time.

    Returns
    -------
    indexes : `RepositoryIndexes`
        A file of a server has no history.

    Raises
    ------
    NotFoundError
        Raised if the server has no such file.
    UnavailableError
        Raised if it does not answer, or was never asked and this is offline.
    """
    if urlsplit(where).scheme not in {"http", "https"}:
        return RepositoryIndexes(where, kept=folder)
    path = folder / f"{hashlib.sha256(where.encode()).hexdigest()[:16]}.repos.yaml"
    if not offline:
        # Imported here: mostly it is a file of this machine.
        from lsstinstall.adapters.http import open_pkgroot  # noqa: PLC0415

        place, _, name = where.rpartition("/")
        text = open_pkgroot(place).read_text(name)
        make_directory(folder)
        write_atomic(path, text)
    elif not path.is_file():
        raise UnavailableError(f"<{where}> was never read, and this is offline")
    return RepositoryIndexes(str(path), kept=folder)


class RepositoryIndexes:
    """A ``repos.yaml`` and, if it is in a git repository, its history.

    Parameters
    ----------
    where : `str`
        The file, or a clone of ``lsst/repos``, bare or not.
    kept : `~pathlib.Path`, optional
        Folder for what was read of a file, which takes longer than anything
        else of a short change log.
    """

    def __init__(self, where: str, *, kept: Path | None = None) -> None:
        self._kept = None if kept is None else kept / _KEPT
        parts = urlsplit(where)
        self._where = Path(unquote(parts.path)) if parts.scheme == "file" else Path(where)

    def today(self) -> RepoIndex:
        """Read the file as it is now.

        Returns
        -------
        index : `RepoIndex`
            In file order.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        ProblemsError
            Raised if it cannot be meant.
        """
        if not is_git_folder(self._where):
            path = self._where / _PATH if self._where.is_dir() else self._where
            return self._remember(read_text(path), str(path))
        head = _open(self._where).resolve("HEAD")
        index = None if head is None else self._at(head, _PATH)
        if index is None:
            raise NotFoundError(f"`{self._where}` has no `{_PATH}`", hint="name a clone of `lsst/repos`")
        return index

    def _remember(self, text: str, source: str) -> RepoIndex:
        """Take what is kept of a file, or read and keep it."""
        if self._kept is None:
            return _parse(text, source)
        digest = hashlib.sha256(f"{_RULES}\n{text}".encode()).hexdigest()
        with suppress(ToolkitError, ValueError, TypeError, KeyError):
            known = json.loads(read_text(self._kept))
            if known["digest"] == digest:
                return RepoIndex(repositories=tuple(Repository(**row) for row in known["repositories"]))
        found = _parse(text, source)
        names = ("product", "url", "ref", "lfs")
        rows = [{name: getattr(one, name) for name in names} for one in found.repositories]
        with suppress(ToolkitError):
            make_directory(self._kept.parent)
            write_atomic(self._kept, json.dumps({"digest": digest, "repositories": rows}))
        return found

    def dropped(self, products: Collection[ProductName]) -> Mapping[ProductName, Repository]:
        """Look products up that are not in the file any more.

        Parameters
        ----------
        products : `~collections.abc.Collection` [ `ProductName` ]
            Some products.

        Returns
        -------
        repositories : `~collections.abc.Mapping` [ `ProductName`, `Repository` ]
            From the newest older version that has each, by product; those
            that never were in it are left out, and all of them if there is no
            history.
        """
        found: dict[ProductName, Repository] = {}
        place = self._place()
        if place is None or not products:
            return found
        folder, path = place
        missing = set(products)
        for commit in self._versions(folder, path, missing):
            index = self._at(commit, path, folder)
            known = {} if index is None else index.by_product
            for name in sorted(missing & known.keys()):
                found[name] = known[name]
            missing -= found.keys()
            if not missing:
                break
        return dict(sorted(found.items()))

    def _place(self) -> tuple[Path, str] | None:
        """Find the repository, and the file's path in it."""
        if is_git_folder(self._where):
            return self._where, _PATH
        file = (self._where / _PATH if self._where.is_dir() else self._where).resolve()
        for folder in file.parents:
            if is_git_folder(folder):
                return folder, file.relative_to(folder).as_posix()
        return None

    def _versions(self, folder: Path, path: str, products: Collection[ProductName]) -> Iterator[GitSha]:
        """Name the commits at which a line of one of the products was there last, newest first."""
        names = "|".join(sorted(re.escape(name) for name in products))
        listed = run_git(
            ("-C", str(folder), "log", "--format=%H %P", "-E", f"-G^[\"']?({names})[\"']?[ ]*:", "--", path),
            doing=f"read the history of `{path}`",
        ).stdout
        for line in listed.splitlines():
            # What a commit removed its parent still has; what it added or changed it has itself.
            commit, *parents = line.split()
            yield from map(GitSha, [commit, *parents[:1]])

    def _at(self, commit: GitSha, path: str, folder: Path | None = None) -> RepoIndex | None:
        try:
            data = _open(folder or self._where).read_file(commit, path)
            if data is None:
                return None
            source = f"{path} at {commit[:10]}"
            return _parse(decode_text(data, source=source), source)
        except ToolkitError:
            if folder is None:
                raise
            # Some old version could not be read at its time, either.
            return None


def _open(directory: Path) -> GitRepository:
    # Imported here: a file needs no git.
    from rubin_releng.adapters.git import GitRepository  # noqa: PLC0415

    return GitRepository(directory)


def _parse(text: str, source: str) -> RepoIndex:
    # Imported here: what was read before needs no YAML.
    from rubin_releng.adapters.yamlfiles import parse_yaml  # noqa: PLC0415

    return read_repositories(parse_yaml(text, source=source))
