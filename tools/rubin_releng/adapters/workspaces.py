"""Where clones live: the build directory, with one checked-out clone for each product."""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.adapters.clones import Clone
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitcommands import RUN_LIMITS, GitError
from rubin_releng.adapters.gitlocks import free_lock, locks_in_the_way
from rubin_releng.adapters.gittidying import tidy
from rubin_releng.adapters.retries import Retries
from rubin_releng.adapters.settlements import count_moves, is_sound, note_moves, note_settled, origin_in

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.activities import RunLimits
    from lsstinstall.core.names import ProductName
    from rubin_releng.core.refs import RepositoryRefs

__all__ = ["BuildDirectory", "Retries", "candidate_urls", "require_origin"]

_log = logging.getLogger(__name__)

# After so many runs in a row that found something new there, the next one does not ask before it fetches.
_RESTLESS = 2


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
    patterns : `tuple` [ `str`, ... ], optional
        Other places of repositories, with ``%(product)s`` in them; tried in
        order if there is nothing at the URL.
    limits : `~lsstinstall.adapters.activities.RunLimits`, optional
        When to give a remote up that has fallen silent.
    """

    def __init__(
        self,
        directory: Path,
        *,
        fetch: bool,
        force: bool,
        retries: Retries,
        patterns: tuple[str, ...] = (),
        limits: RunLimits = RUN_LIMITS,
    ) -> None:
        self._directory = directory
        self._limits = limits
        self._fetch = fetch
        self._force = force
        self._retries = retries
        self._patterns = patterns

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
        clone : `~rubin_releng.adapters.clones.Clone`
            With all branches and tags.

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
        urls = candidate_urls(product, url, self._patterns)
        repository = GitRepository(self._directory / product, limits=self._limits)
        if repository.is_repository() and not is_sound(repository.git_dir):
            _move_aside(repository.directory)
        new = not repository.is_repository()
        if new:
            _refuse_foreign(repository.directory)
            refs = self._clone(repository, urls)
        elif self._fetch:
            refs = self._retries.call(
                lambda: _update(repository, urls),
                url=url,
                failed=lambda error: _free_locks(repository, error),
            )
        else:
            require_origin(repository, urls)
            refs = repository.refs()
        wanted = self._retries if large_files and self._fetch else None
        return Clone(repository, refs, force=self._force, large_files=wanted, new=new)

    def _clone(self, repository: GitRepository, urls: tuple[str, ...]) -> RepositoryRefs:
        for url in urls[:-1]:
            try:
                return self._clone_from(repository, url)
            except NotFoundError:
                _log.info("no repository at <%s>", url)
        return self._clone_from(repository, urls[-1])

    def _clone_from(self, repository: GitRepository, url: str) -> RepositoryRefs:
        return self._retries.call(lambda: _clone(repository, url, self._limits), url=url)


def candidate_urls(product: ProductName, url: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """List where the repository of a product may be: its own URL, then those made from patterns."""
    return tuple(dict.fromkeys((url, *(pattern.replace("%(product)s", product) for pattern in patterns))))


def require_origin(repository: GitRepository, urls: tuple[str, ...]) -> None:
    """Refuse a clone of another remote.

    Parameters
    ----------
    repository : `~rubin_releng.adapters.git.GitRepository`
        The clone.
    urls : `tuple` [ `str`, ... ]
        Where it may come from.

    Raises
    ------
    NotFoundError
        Raised if it comes from nowhere.
    RefusedError
        Raised if it comes from elsewhere.
    """
    origin = _origin(repository)
    if origin is None:
        raise NotFoundError(
            f"`{repository.directory}` has no remote `origin`", hint="run without `--no-fetch`"
        )
    if origin not in urls:
        raise RefusedError(
            f"`{repository.directory}` was cloned from <{origin}>, repos.yaml says <{urls[0]}>",
            hint="run without `--no-fetch`; the clone is then pointed to the new place and kept",
        )


def _origin(repository: GitRepository) -> str | None:
    return origin_in(repository.git_dir) or repository.origin()


def _clone(repository: GitRepository, url: str, limits: RunLimits) -> RepositoryRefs:
    directory = repository.directory
    _remove_leftovers(directory)
    # It gets its name only when it is whole: a killed clone is never taken for one. The number
    # keeps us apart from the git of a killed run, which may still be at work.
    new = GitRepository(directory.with_name(f".{directory.name}.new-{os.getpid()}"))
    make_directory(directory.parent)
    try:
        GitRepository.clone(url, new.directory, check_out=True, limits=limits)
    except GitError as error:
        # Nothing was lost on the way, only the checkout failed: it is done again later.
        if "Clone succeeded" not in error.output:
            raise
        new.mark_checkout("HEAD")
    else:
        _detach(new.git_dir)
    refs = new.refs()
    try:
        new.directory.rename(directory)
    except OSError as error:
        raise explain(error, doing="move the new clone to") from error
    return refs


def _detach(git_dir: Path) -> None:
    """Remove the local branch that git makes in a new clone: it would go on naming the commit of today."""
    head = git_dir / "HEAD"
    name = head.read_text(encoding="utf-8").strip().removeprefix("ref: ")
    branch = git_dir / name
    if name.startswith("refs/heads/") and branch.is_file():
        commit = branch.read_text(encoding="utf-8")
        head.write_text(commit, encoding="utf-8")
        branch.unlink()
        note_settled(git_dir, commit.strip())


def _update(repository: GitRepository, urls: tuple[str, ...]) -> RepositoryRefs:
    git_dir = repository.git_dir
    origin = _origin(repository)
    if origin is None or origin not in urls:
        repository.set_origin(urls[0])
        return repository.fetch()
    moves = count_moves(git_dir)
    stored = repository.stored_refs()
    listed = repository.list_remote("origin") if moves < _RESTLESS else None
    if listed is not None and listed.targets == stored.targets:
        if moves:
            note_moves(git_dir, 0)
        return listed.refs({})
    refs = repository.fetch(listed=listed)
    changed = repository.stored_refs().targets != stored.targets
    note_moves(git_dir, moves + 1 if changed else 0)
    tidy(repository)
    return refs


def _free_locks(repository: GitRepository, error: GitError) -> bool:
    locks = locks_in_the_way(error.output, repository.git_dir)
    for lock in locks:
        free_lock(lock)
    return bool(locks)


def _remove_leftovers(directory: Path) -> None:
    for leftover in directory.parent.glob(f".{directory.name}.new*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _move_aside(directory: Path) -> None:
    number = 1
    while (aside := directory.with_name(f"{directory.name}.broken-{number}")).exists():
        number += 1
    try:
        directory.rename(aside)
    except OSError as error:
        raise explain(error, doing="move aside") from error
    _log.warning("`%s` was no whole clone; it is now `%s`", directory, aside)


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
