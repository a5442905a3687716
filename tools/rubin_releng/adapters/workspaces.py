"""Where clones live: the build directory, and a cache for looking without checking out."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, explain, make_directory
from lsstinstall.core.errors import NotFoundError, RefusedError, UnavailableError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitcommands import GitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.adapters.git import WorkTree
    from rubin_releng.core.refs import RefName, RepositoryRefs

__all__ = ["BuildDirectory", "LookOnly", "Retries"]

_log = logging.getLogger(__name__)
_SHOWN_FILES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a remote is asked.

    Parameters
    ----------
    tries : `int`
        At least 1.
    pause_seconds : `float`
        Before the second try; doubled before each further one.
    sleep : `~collections.abc.Callable`
        Lets time pass.
    """

    tries: int = 3
    pause_seconds: float = 2.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, work: Callable[[], RepositoryRefs], *, url: str) -> RepositoryRefs:
        """Do something until it works, or has failed often enough.

        Parameters
        ----------
        work : `~collections.abc.Callable`
            What to do; a `GitError` of it is taken for a passing trouble.
        url : `str`
            The remote, for the message.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            What the work returned.

        Raises
        ------
        UnavailableError
            Raised if it failed each time.
        """
        for attempt in range(1, self.tries):
            try:
                return work()
            except GitError as error:
                _log.info("try %d of %d: %s", attempt, self.tries, error)
                self.sleep(self.pause_seconds * 2 ** (attempt - 1))
        try:
            return work()
        except GitError as error:
            times = f"{self.tries} tries" if self.tries > 1 else "one try"
            raise UnavailableError(
                f"<{url}> cannot be reached after {times}: {error}",
                hint="check the network and the URL in repos.yaml, then run the same command again",
            ) from error


class BuildDirectory:
    """The clones of a build directory, one per product, with a checkout.

    What a person did there is kept: changed files and commits that exist
    nowhere else are reported, never overwritten unless forced; local branches
    are never moved; no clone is ever deleted.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Holds one folder per product.
    fetch : `bool`
        Whether to ask remotes of products that are cloned already.
    force : `bool`
        Whether changed files may be overwritten.
    retries : `Retries`
        How often a remote is asked.
    """

    def __init__(self, directory: Path, *, fetch: bool, force: bool, retries: Retries) -> None:
        self._directory = directory
        self._fetch = fetch
        self._force = force
        self._retries = retries

    def obtain(self, product: ProductName, url: str, *, large_files: bool) -> Clone:
        """Clone or update the repository of one product.

        Parameters
        ----------
        product : `ProductName`
            Names the folder.
        url : `str`
            Of the remote; a clone of another one is pointed here.
        large_files : `bool`
            Whether the repository needs git-lfs.

        Returns
        -------
        clone : `Clone`
            Not checked out yet, if it is new.

        Raises
        ------
        NotFoundError
            Raised if there is no such repository.
        UnavailableError
            Raised if the remote cannot be reached.
        RefusedError
            Raised if something that is no clone is in the way, or a clone of
            another remote while nothing may be fetched.
        """
        repository = GitRepository(self._directory / product)
        if not repository.is_repository():
            _refuse_foreign(repository.directory)
            refs = self._retries.call(lambda: _clone(repository.directory, url, blobs=True), url=url)
        elif self._fetch:
            refs = self._retries.call(lambda: _update(repository, url), url=url)
        else:
            _refuse_other_origin(repository, url)
            refs = repository.refs()
        return Clone(repository, refs, force=self._force, large_files=large_files)


class LookOnly:
    """Repositories to look into: a cache of partial clones, nothing checked out.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Holds one clone per URL; shared by all build directories.
    existing : `~pathlib.Path` or `None`
        A build directory whose clones are read as they are, without asking
        their remotes; `None` asks all remotes.
    retries : `Retries`
        How often a remote is asked.
    """

    def __init__(self, cache: Path, *, existing: Path | None, retries: Retries) -> None:
        self._cache = cache
        self._existing = existing
        self._retries = retries

    def obtain(self, product: ProductName, url: str, *, large_files: bool) -> View:
        """Clone into the cache or update what is there.

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
        if self._existing is not None and (built := GitRepository(self._existing / product)).is_repository():
            _refuse_other_origin(built, url)
            return View(built, built.refs())
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        repository = GitRepository(self._cache / f"{product}-{name}")
        if repository.is_repository():
            refs = self._retries.call(lambda: _update(repository, url), url=url)
        else:
            refs = self._retries.call(lambda: _clone(repository.directory, url, blobs=False), url=url)
        return View(repository, refs)


class View:
    """A repository that is only read.

    Parameters
    ----------
    repository : `~rubin_releng.adapters.git.GitRepository`
        Where the commits are.
    refs : `~rubin_releng.core.refs.RepositoryRefs`
        The remote's branches and tags.
    """

    def __init__(self, repository: GitRepository, refs: RepositoryRefs) -> None:
        self.repository = repository
        self._refs = refs

    @property
    def refs(self) -> RepositoryRefs:
        """The remote's branches and tags."""
        return self._refs

    def resolve(self, name: RefName) -> GitSha | None:
        """Read anything git understands as a commit; `None` if it does not."""
        return self.repository.resolve(name)

    def read_text(self, commit: GitSha, path: str) -> str | None:
        """Read a UTF-8 file of a commit; `None` if there is none."""
        data = self.repository.read_file(commit, path)
        return None if data is None else decode_text(data, source=str(self.repository.directory / path))

    def settle(self, commit: GitSha) -> bool:
        """Do nothing: there is no checkout."""
        del commit
        return False


class Clone(View):
    """A clone in a build directory.

    Parameters
    ----------
    repository : `~rubin_releng.adapters.git.GitRepository`
        The clone.
    refs : `~rubin_releng.core.refs.RepositoryRefs`
        The remote's branches and tags.
    force : `bool`
        Whether changed files may be overwritten.
    large_files : `bool`
        Whether the repository needs git-lfs.
    """

    def __init__(
        self, repository: GitRepository, refs: RepositoryRefs, *, force: bool, large_files: bool
    ) -> None:
        super().__init__(repository, refs)
        self._force = force
        self._large_files = large_files

    def settle(self, commit: GitSha) -> bool:
        """Check a commit out, unless somebody's work would be lost.

        Parameters
        ----------
        commit : `GitSha`
            A commit of the clone.

        Returns
        -------
        moved : `bool`
            False if it was checked out already.

        Raises
        ------
        RefusedError
            Raised if tracked files were changed, or local commits are held
            by nothing but the checkout.
        """
        moved = self._must_move(commit)
        if moved:
            self.repository.check_out(commit, force=self._force)
        if self._large_files:
            self.repository.pull_large_files()
        return moved

    def _must_move(self, commit: GitSha) -> bool:
        if self.repository.is_half_checked_out():
            return True
        tree = self.repository.work_tree()
        if tree.changed and not self._force:
            raise _changed(self.repository.directory, tree)
        if tree.commit == commit and not tree.changed:
            return False
        if tree.commit is not None and tree.branch is None and not self._force:
            self._refuse_to_orphan(tree.commit)
        return True

    def _refuse_to_orphan(self, commit: GitSha) -> None:
        if count := self.repository.unpushed(commit):
            place = self.repository.directory
            commits = "a commit" if count == 1 else f"{count} commits"
            raise RefusedError(
                f"`{place}` has {commits} that no branch holds",
                hint=f"name them, as with `git -C {place} branch mine`, or use `--force` to leave them",
            )


def _clone(directory: Path, url: str, *, blobs: bool) -> RepositoryRefs:
    # It gets its name only when it is whole: a killed clone is never taken for one.
    new = directory.with_name(f".{directory.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    make_directory(directory.parent)
    refs = GitRepository.clone(url, new, blobs=blobs).refs()
    try:
        new.rename(directory)
    except OSError as error:
        raise explain(error, doing="move the new clone to") from error
    return refs


def _update(repository: GitRepository, url: str) -> RepositoryRefs:
    if repository.origin() != url:
        repository.set_origin(url)
    return repository.fetch()


def _refuse_foreign(path: Path) -> None:
    try:
        occupied = any(path.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        occupied = True
    if occupied:
        raise RefusedError(f"`{path}` is in the way and no git clone", hint="move it elsewhere")
    path.rmdir()


def _refuse_other_origin(repository: GitRepository, url: str) -> None:
    origin = repository.origin()
    if origin is None:
        raise NotFoundError(
            f"`{repository.directory}` has no remote `origin`", hint="run without `--no-fetch`"
        )
    if origin != url:
        raise RefusedError(
            f"`{repository.directory}` was cloned from <{origin}>, repos.yaml says <{url}>",
            hint="run without `--no-fetch`; the clone is then pointed to the new place and kept",
        )


def _changed(directory: Path, tree: WorkTree) -> RefusedError:
    names = ", ".join(f"`{name}`" for name in tree.changed[:_SHOWN_FILES])
    more = len(tree.changed) - _SHOWN_FILES
    files = names if more <= 0 else f"{names} and {more} more"
    return RefusedError(
        f"`{directory}` has local changes: {files}",
        hint="commit them to a branch or undo them; `--force` overwrites them",
    )
