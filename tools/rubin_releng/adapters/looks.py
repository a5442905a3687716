"""Looking without cloning: a remote's refs, and single files of single commits, kept in a cache."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, make_directory, write_atomic
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.clones import View
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitcommands import RUN_LIMITS, GitError, run_git
from rubin_releng.adapters.gitrefs import parse_listing
from rubin_releng.adapters.settlements import is_sound
from rubin_releng.adapters.workspaces import candidate_urls, require_origin
from rubin_releng.core.refs import may_be_revision

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.activities import RunLimits
    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.adapters.retries import Retries
    from rubin_releng.core.refs import RefName, RepositoryRefs

__all__ = ["Look", "LookOnly"]

_DIGITS = 16
_ABSENT, _PRESENT = "-", "+"
_ALL = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")


class LookOnly:
    """Repositories to look into: a cache of single commits without files, nothing checked out.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Holds one folder per URL; shared by all build directories.
    existing : `~pathlib.Path` or `None`
        A build directory whose clones are read as they are, without asking
        their remotes; `None` asks all remotes.
    retries : `Retries`
        How often a remote is asked.
    patterns : `tuple` [ `str`, ... ], optional
        Other places of repositories, with ``%(product)s`` in them.
    limits : `~lsstinstall.adapters.activities.RunLimits`, optional
        When to give a remote up that has fallen silent.
    """

    def __init__(
        self,
        cache: Path,
        *,
        existing: Path | None,
        retries: Retries,
        patterns: tuple[str, ...] = (),
        limits: RunLimits = RUN_LIMITS,
    ) -> None:
        self._limits = limits
        self._cache = cache
        self._existing = existing
        self._retries = retries
        self._patterns = patterns

    def obtain(self, product: ProductName, url: str, *, large_files: bool) -> View:
        """Ask a remote for its refs.

        Parameters
        ----------
        product : `ProductName`
            Names the folder in an existing build directory.
        url : `str`
            Of the remote.
        large_files : `bool`
            Never needed for a look.

        Returns
        -------
        view : `View`
            Checks nothing out.

        Raises
        ------
        NotFoundError
            Raised if there is no such repository.
        UnavailableError
            Raised if the remote cannot be reached.
        RefusedError
            Raised if the existing clone is of another remote.
        """
        del large_files
        urls = candidate_urls(product, url, self._patterns)
        if self._existing is not None and (built := GitRepository(self._existing / product)).is_repository():
            require_origin(built, urls)
            return View(built, built.refs())
        for place in urls[:-1]:
            try:
                return self._look(product, place)
            except NotFoundError:
                continue
        return self._look(product, urls[-1])

    def _look(self, product: ProductName, url: str) -> Look:
        listed = self._retries.call(lambda: _list(url, self._limits), url=url)
        name = hashlib.sha256(url.encode()).hexdigest()[:_DIGITS]
        repository = GitRepository(self._cache / f"{product}-{name}", limits=self._limits)
        return Look(repository, url, listed, retries=self._retries)


class Look(View):
    """A remote repository, of which only what is read gets fetched.

    Parameters
    ----------
    repository : `~rubin_releng.adapters.git.GitRepository`
        Its place in the cache; made when something has to be fetched.
    url : `str`
        Of the remote.
    refs : `~rubin_releng.core.refs.RepositoryRefs`
        What the remote has listed.
    retries : `Retries`
        How often the remote is asked.
    """

    def __init__(
        self, repository: GitRepository, url: str, refs: RepositoryRefs, *, retries: Retries
    ) -> None:
        super().__init__(repository, refs)
        self._url = url
        self._retries = retries

    def resolve(self, name: RefName) -> GitSha | None:
        """Read anything git understands as a commit; fetches the history, without files."""
        if not may_be_revision(name):
            return None
        self._fetch("--filter=tree:0", *_ALL)
        return self.repository.resolve(name)

    def is_commit(self, sha: GitSha) -> bool:
        """Tell a commit from a tree or a file, which a tag may stand for."""
        if sha in self._refs.branches.values():
            return True
        self._fetch_commit(sha)
        return self.repository.is_commit(sha)

    def read_text(self, commit: GitSha, path: str) -> str | None:
        """Read a UTF-8 file of a commit, fetching it if nobody has read it yet."""
        source = f"{self._url}/{path}"
        known = self._tables(commit) / path.replace("/", "_")
        if known.is_file():
            text = decode_text(known.read_bytes(), source=source)
            return text[1:] if text.startswith(_PRESENT) else None
        self._fetch_commit(commit)
        data = self._retries.call(lambda: self.repository.read_file(commit, path), url=self._url)
        text = "" if data is None else decode_text(data, source=source)
        write_atomic(known, f"{_ABSENT if data is None else _PRESENT}{text}")
        return None if data is None else text

    def _tables(self, commit: GitSha) -> Path:
        return self.repository.git_dir / "lsstinstall-files" / commit

    def _fetch_commit(self, commit: GitSha) -> None:
        files = self._tables(commit)
        if files.is_dir():
            return  # git must not be asked: it would fetch what it has not got
        try:
            self._fetch("--depth=1", "--filter=blob:none", commit, tries=False)
        except GitError:
            # An old server gives nothing but what a branch or a tag names.
            self._fetch("--filter=blob:none", *_ALL)
        make_directory(files)

    def _fetch(self, *arguments: str, tries: bool = True) -> None:
        self._make()
        options = ("--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no")
        filters = [one for one in arguments if one.startswith("--")]
        wanted = [one for one in arguments if not one.startswith("--")]

        def fetch() -> None:
            self.repository.run(
                *("fetch", "-q", *options, *filters, "origin", *wanted), doing=f"look into <{self._url}>"
            )

        if tries:
            self._retries.call(fetch, url=self._url)
        else:
            fetch()

    def _make(self) -> None:
        directory = self.repository.directory
        if self.repository.is_repository() and is_sound(self.repository.git_dir):
            return
        # Only a cache, and half of one: what was fetched can be fetched again.
        shutil.rmtree(directory, ignore_errors=True)
        make_directory(directory.parent)
        new = GitRepository.create(directory)
        new.set_origin(self._url)
        new.run("config", "remote.origin.promisor", "true", doing="make the cache")
        new.run("config", "remote.origin.partialclonefilter", "blob:none", doing="make the cache")


def _list(url: str, limits: RunLimits) -> RepositoryRefs:
    command = ("ls-remote", "-q", "--heads", "--tags", "--", url)
    listed = run_git(command, doing=f"ask <{url}>", limits=limits)
    return parse_listing(listed.stdout).refs({})
