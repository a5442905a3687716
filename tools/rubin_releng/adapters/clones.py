"""A repository that is read, and a clone whose checkout is moved without losing anybody's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, read_bytes
from lsstinstall.core.errors import RefusedError
from rubin_releng.adapters.settlements import (
    note_large_files,
    note_settled,
    settled_index,
    settled_large_files,
)
from rubin_releng.core.refs import may_be_revision

if TYPE_CHECKING:
    from lsstinstall.core.names import GitSha
    from rubin_releng.adapters.git import GitRepository
    from rubin_releng.adapters.gitindexes import IndexFile
    from rubin_releng.adapters.gitstatuses import WorkTree
    from rubin_releng.adapters.retries import Retries
    from rubin_releng.core.refs import RefName, RepositoryRefs

__all__ = ["Clone", "View"]

_SHOWN_FILES = 3


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
        self._settled: tuple[GitSha, IndexFile] | None = None
        self._looked = False

    @property
    def refs(self) -> RepositoryRefs:
        """The remote's branches and tags."""
        return self._refs

    def resolve(self, name: RefName) -> GitSha | None:
        """Read anything git understands as a commit; `None` if it does not."""
        return self.repository.resolve(name) if may_be_revision(name) else None

    def is_commit(self, sha: GitSha) -> bool:
        """Tell a commit from a tree or a file, which a tag may stand for."""
        settled = self._look()
        known = sha in self._refs.branches.values() or (settled is not None and settled[0] == sha)
        return known or self.repository.is_commit(sha)

    def read_text(self, commit: GitSha, path: str) -> str | None:
        """Read a UTF-8 file of a commit; `None` if there is none."""
        settled = self._look()
        place = self.repository.directory / path
        if settled is not None and settled[0] == commit and settled[1].holds(path):
            return decode_text(read_bytes(place), source=str(place))
        data = self.repository.read_file(commit, path)
        return None if data is None else decode_text(data, source=str(place))

    def check(self, commit: GitSha) -> None:
        """Find nothing in the way: there is no checkout."""

    def settle(self, commit: GitSha) -> bool:
        """Do nothing: there is no checkout."""
        del commit
        return False

    def _look(self) -> tuple[GitSha, IndexFile] | None:
        if not self._looked:
            self._settled = settled_index(self.repository.git_dir)
            self._looked = True
        return self._settled


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
    large_files : `Retries` or `None`
        How often the files behind git-lfs are asked for; `None` leaves them
        where they are.
    new : `bool`, optional
        Whether it was cloned just now.
    """

    def __init__(
        self,
        repository: GitRepository,
        refs: RepositoryRefs,
        *,
        force: bool,
        large_files: Retries | None,
        new: bool = False,
    ) -> None:
        super().__init__(repository, refs)
        self._new = new
        self._force = force
        self._large_files = large_files
        self._checked: GitSha | None = None
        self._moves = False

    def check(self, commit: GitSha) -> None:
        """Find out whether a commit can be checked out; changes nothing.

        Parameters
        ----------
        commit : `GitSha`
            A commit of the clone.

        Raises
        ------
        RefusedError
            Raised if tracked files were changed, or local commits are held
            by nothing but the checkout.
        """
        self._moves = self._must_move(commit)
        self._checked = commit

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
            Raised if `check` would raise it.
        """
        restored = self.repository.lacks_index()
        if restored:
            self.repository.restore_index()
            self._checked = None
        if self._checked != commit:
            self.check(commit)
        if self._moves:
            self.repository.check_out(commit, force=self._force)
        git_dir = self.repository.git_dir
        fetched = self._large_files is not None and settled_large_files(git_dir) != commit
        if self._large_files is not None and fetched:
            self._large_files.call(self.repository.pull_large_files, url=self.repository.origin() or "")
            note_large_files(git_dir, commit)
        if self._moves or fetched or self._look() is None:
            note_settled(git_dir, commit)
        moved = self._moves or self._new or restored
        self._checked, self._looked, self._new = None, False, False
        return moved

    def _must_move(self, commit: GitSha) -> bool:
        if self.repository.is_half_checked_out():
            return True
        if (settled := self._look()) is not None:
            # We checked that out ourselves, so it holds nobody's own commits.
            return settled[0] != commit
        tree = self.repository.work_tree()
        if tree.changed and not self._force:
            raise _changed(self.repository, tree)
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


def _changed(repository: GitRepository, tree: WorkTree) -> RefusedError:
    names = ", ".join(f"`{name}`" for name in tree.changed[:_SHOWN_FILES])
    more = len(tree.changed) - _SHOWN_FILES
    files = names if more <= 0 else f"{names} and {more} more"
    return RefusedError(
        f"`{repository.directory}` has local changes: {files}",
        hint="commit them to a branch or undo them; `--force` overwrites them",
    )
