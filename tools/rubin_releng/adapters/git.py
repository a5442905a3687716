"""Repositories, through the `git` program: clone, fetch, look, check out, never lose work."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import GitSha, parse_git_sha
from rubin_releng.adapters.gitcommands import RUN_LIMITS, GitError, run_git
from rubin_releng.adapters.gitlocks import free_lock
from rubin_releng.adapters.gitrefs import HEADS, TAGS, RefTable, parse_listing, read_stored_refs
from rubin_releng.adapters.gitstatuses import WorkTree, parse_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.adapters.activities import RunLimits
    from lsstinstall.adapters.process import Completed
    from rubin_releng.core.refs import RepositoryRefs

__all__ = ["GitRepository", "WorkTree"]

_REMOVED_TAGS = "refs/removed-tags/"
_REFSPECS = (f"+refs/heads/*:{HEADS}*", f"+refs/tags/*:{TAGS}*")
_REF_FORMAT = "%(objectname)%00%(symref)%00%(refname)"
_FETCH = (
    *("-c", "fetch.showForcedUpdates=false", "fetch", "-q", "--prune", "--force", "--no-tags"),
    *("--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no"),
)


class GitRepository:
    """One repository on disk.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Its work tree.
    limits : `~lsstinstall.adapters.activities.RunLimits`, optional
        When to give a git up that waits for others.
    """

    def __init__(self, directory: Path, *, limits: RunLimits = RUN_LIMITS) -> None:
        self.directory = directory
        self._limits = limits

    def run(self, *arguments: str, doing: str, check: bool = True, stdin: str | None = None) -> Completed:
        """Run one git command here.

        Parameters
        ----------
        *arguments : `str`
            Without ``git``.
        doing : `str`
            What it is for, as in "cannot ...".
        check : `bool`, optional
            Whether an exit code other than 0 is an error.
        stdin : `str`, optional
            Text for its standard input.

        Returns
        -------
        completed : `~lsstinstall.adapters.process.Completed`
            Outputs; errors are those of `run_git`.
        """
        command = ("-C", str(self.directory), *arguments)
        return run_git(command, doing=doing, check=check, stdin=stdin, limits=self._limits)

    @classmethod
    def create(cls, directory: Path, *, branch: str = "main") -> GitRepository:
        """Make an empty repository.

        Parameters
        ----------
        directory : `~pathlib.Path`
            Made if it is missing.
        branch : `str`, optional
            Its first branch.

        Returns
        -------
        repository : `GitRepository`
            With a work tree and no commit.
        """
        run_git(("init", "-q", "-b", branch, str(directory)), doing=f"make the repository `{directory}`")
        return cls(directory)

    @classmethod
    def clone(
        cls, url: str, directory: Path, *, check_out: bool = False, limits: RunLimits = RUN_LIMITS
    ) -> GitRepository:
        """Clone all branches and tags.

        Parameters
        ----------
        url : `str`
            A URL, or the path of a local repository.
        directory : `~pathlib.Path`
            Must not exist.
        check_out : `bool`, optional
            Whether to check the remote's default branch out.
        limits : `~lsstinstall.adapters.activities.RunLimits`, optional
            For this and for all that is done with it later.

        Returns
        -------
        repository : `GitRepository`
            With the remote ``origin``.
        """
        tree = () if check_out else ("--no-checkout",)
        run_git(("clone", "-q", *tree, "--", url, str(directory)), doing=f"clone <{url}>", limits=limits)
        return cls(directory, limits=limits)

    @property
    def git_dir(self) -> Path:
        """Where git keeps what it knows."""
        return self.directory / ".git"

    def is_repository(self) -> bool:
        """Tell whether there is a repository in just this folder."""
        return self.git_dir.exists()

    def origin(self) -> str | None:
        """Read the URL of the remote ``origin``; `None` without one."""
        found = self.run(
            "config", "--get", "remote.origin.url", doing="read the URL of `origin`", check=False
        )
        return found.stdout.rstrip("\n") or None

    def set_origin(self, url: str) -> None:
        """Let the remote ``origin`` point elsewhere; nothing is fetched."""
        verb = "add" if self.origin() is None else "set-url"
        self.run("remote", verb, "origin", url, doing=f"set the URL of `origin` to <{url}>")

    def list_remote(self, url: str) -> RefTable:
        """Ask a remote for its branches and tags; nothing is fetched.

        Parameters
        ----------
        url : `str`
            Of the remote.

        Returns
        -------
        table : `~rubin_releng.adapters.gitrefs.RefTable`
            Names as this repository has them after a fetch.
        """
        listed = self.run("ls-remote", "-q", "--heads", "--tags", "--", url, doing=f"ask <{url}>")
        return parse_listing(listed.stdout)

    def fetch(self, *, listed: RefTable | None = None) -> RepositoryRefs:
        """Bring branches and tags to what the remote has, in one connection.

        Moved tags are followed, removed branches forgotten. Local branches
        are not touched. A tag that moved or that the remote no longer has
        stays as ``refs/removed-tags/<tag>``, since it may have been the only
        way to somebody's commits.

        Parameters
        ----------
        listed : `~rubin_releng.adapters.gitrefs.RefTable`, optional
            What the remote listed a moment ago, which saves questions.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            The remote's branches and tags now.
        """
        before = self.stored_refs()
        self.run(*_FETCH, "origin", *_REFSPECS, doing=f"fetch `{self.directory.name}`")
        after = self.stored_refs()
        updates = "".join(f"update {_REMOVED_TAGS}{tag} {sha}\n" for tag, sha in after.removed_since(before))
        if updates:
            self.run("update-ref", "--stdin", doing="keep removed tags", stdin=updates)
        return self._sorted(after, {} if listed is None else listed.peeled)

    def refs(self) -> RepositoryRefs:
        """Read the remote's branches and tags as of the last fetch.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            Tags peeled to commits, where they are not made for trees or
            files.
        """
        return self._sorted(self.stored_refs(), {})

    def stored_refs(self) -> RefTable:
        """Read the remote's branches and tags as they are stored here."""
        stored = read_stored_refs(self.git_dir)
        if stored is not None:
            return stored
        listed = self.run("for-each-ref", f"--format={_REF_FORMAT}", HEADS, TAGS, doing="list refs")
        entries = (line.split("\0") for line in listed.stdout.splitlines())
        return RefTable(
            targets={name: target for target, symbolic, name in entries if not symbolic}, peeled={}
        )

    def _sorted(self, table: RefTable, known: Mapping[str, str]) -> RepositoryRefs:
        unknown = [tag for tag in table.unpeeled() if tag not in known]
        return table.refs({**known, **self._peel(unknown)})

    def _peel(self, objects: Sequence[str]) -> dict[str, str]:
        if not objects:
            return {}
        question = "".join(f"{one}^{{}}\n" for one in objects)
        asked = self.run("cat-file", "--batch-check=%(objectname)", doing="read tags", stdin=question)
        answers = zip(objects, asked.stdout.splitlines(), strict=True)
        return {one: answer for one, answer in answers if " " not in answer}

    def is_commit(self, name: str) -> bool:
        """Tell whether an object is a commit."""
        found = self.run("cat-file", "-t", name, doing="look at an object", check=False)
        return found.stdout.strip() == "commit"

    def resolve(self, name: str) -> GitSha | None:
        """Read anything git understands as a commit.

        Parameters
        ----------
        name : `str`
            A short commit, ``v1.0~2`` and the like.

        Returns
        -------
        commit : `GitSha` or `None`
            `None` if git understands it as none, or as more than one.
        """
        quietly = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        found = self.run(*quietly, f"{name}^{{commit}}", doing="read a ref", check=False)
        return parse_git_sha(found.stdout.strip()) if found.returncode == 0 else None

    def read_file(self, commit: GitSha, path: str) -> bytes | None:
        """Read a file of a commit.

        Parameters
        ----------
        commit : `GitSha`
            A commit that is here.
        path : `str`
            From the top of the repository, with ``/``.

        Returns
        -------
        data : `bytes` or `None`
            Its content; `None` if the commit has no such file.
        """
        with tempfile.TemporaryFile() as content:
            command = ("-C", str(self.directory), "cat-file", "blob", f"{commit}:{path}")
            ended = run_git(command, doing=f"read `{path}`", output=content, check=False, limits=self._limits)
            content.seek(0)
            data = content.read()
        if ended.returncode == 0:
            return data
        complaint = data.decode("utf-8", "replace")
        absent = "does not exist in" in complaint or "exists on disk, but not in" in complaint
        # git says the same of a file that is missing and of one in a commit that is.
        if absent and self.resolve(commit) is not None:
            return None
        raise GitError(f"read `{path}` of {commit[:10]}", complaint)

    def list_files(self, commit: GitSha) -> tuple[str, ...]:
        """List the files of a commit.

        Parameters
        ----------
        commit : `GitSha`
            A commit that is here.

        Returns
        -------
        files : `tuple` [ `str`, ... ]
            Paths from the top, in git's order; without submodules.
        """
        listed = self.run("ls-tree", "-r", "-z", commit, doing=f"list the files of {commit[:10]}")
        entries = (entry.partition("\t") for entry in listed.stdout.split("\0") if entry)
        return tuple(path for meta, _, path in entries if meta.split()[1] == "blob")

    def commit_time(self, commit: GitSha) -> int:
        """Read when a commit was made, in seconds since 1970-01-01 UTC."""
        shown = self.run("show", "-s", "--format=%ct", commit, doing=f"read the date of {commit}")
        return int(shown.stdout)

    def work_tree(self) -> WorkTree:
        """Look at what is checked out and what was changed since."""
        options = ("--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--ignore-submodules=all")
        status = self.run("status", *options, doing=f"look at `{self.directory}`")
        return parse_status(status.stdout)

    def unpushed(self, commit: GitSha) -> int:
        """Count the commits that only this detached commit holds on to."""
        others = ("--not", "--branches", "--remotes", "--tags")
        counted = self.run("rev-list", "--count", commit, *others, doing=f"look at `{self.directory}`")
        return int(counted.stdout)

    def check_out(self, commit: GitSha, *, force: bool = False) -> None:
        """Make the work tree that of a commit, without a branch.

        A mark in the repository says that this was begun, so that a run
        after an interruption knows that half-changed files are nobody's work.

        Parameters
        ----------
        commit : `GitSha`
            A commit that is here.
        force : `bool`, optional
            Whether changed files are overwritten.
        """
        again = self._mark.exists()
        if again or self.lacks_index():
            self.unlock_index()
        self.mark_checkout(commit)
        forced = ("--force",) if force or again else ()
        try:
            self.run("checkout", "-q", *forced, "--detach", commit, doing=f"check out {commit[:10]}")
        except GitError:
            if not again:
                self.unmark_checkout()
            raise
        self.unmark_checkout()

    def mark_checkout(self, commit: str) -> None:
        """Say that the work tree is about to become that of a commit."""
        try:
            self._mark.write_text(f"{commit}\n", encoding="utf-8")
        except OSError as error:
            raise explain(error, doing="write") from error

    def unmark_checkout(self) -> None:
        """Say that the work tree is whole again."""
        self._mark.unlink(missing_ok=True)

    def is_half_checked_out(self) -> bool:
        """Tell whether a checkout was interrupted here, or never came to be."""
        return self._mark.exists() or self.lacks_index()

    def lacks_index(self) -> bool:
        """Tell whether git's list of files is missing, so that it cannot tell what was changed."""
        index = self.git_dir / "index"
        # A machine that lost its power leaves an empty one.
        return not index.exists() or index.stat().st_size == 0

    def restore_index(self) -> None:
        """Make the list of files anew, and the files that are missing; others are not touched."""
        self.unlock_index()
        if self.resolve("HEAD") is not None:
            self.run("read-tree", "HEAD", doing="list the files")
            self.run("checkout-index", "--all", "--quiet", doing="restore files", check=False)
            self.run("update-index", "-q", "--refresh", doing="look at the files", check=False)

    @property
    def _mark(self) -> Path:
        return self.git_dir / "lsstinstall-checkout"

    def unlock_index(self) -> None:
        """Remove the lock that a killed git left on the list of files."""
        free_lock(self.git_dir / "index.lock")
        if self.lacks_index():
            (self.git_dir / "index").unlink(missing_ok=True)

    def clone_commit(self, commit: GitSha, directory: Path) -> GitRepository:
        """Make a throw-away copy of one commit, with the tags, for a build.

        Parameters
        ----------
        commit : `GitSha`
            A commit that is here.
        directory : `~pathlib.Path`
            Must not exist.

        Returns
        -------
        copy : `GitRepository`
            Borrows its objects from this repository.
        """
        run_git(
            ("clone", "-q", "--shared", "--no-checkout", "--", str(self.directory), str(directory)),
            doing=f"copy `{self.directory}`",
        )
        copy = GitRepository(directory)
        copy.run("checkout", "-q", "--detach", commit, doing=f"check out {commit[:10]}")
        return copy

    def pull_large_files(self) -> None:
        """Get the files git-lfs stands in for, for the commit that is checked out."""
        doing = f"get the large files of `{self.directory}`"
        try:
            # Without its filters git would take every large file for a changed one.
            self.run("lfs", "install", "--local", "--skip-repo", doing=doing)
            self.run("lfs", "pull", doing=doing)
        except GitError as error:
            if "is not a git command" not in error.output:
                raise
            raise NotFoundError(
                f"cannot {doing}: git-lfs is not installed",
                hint="install git-lfs, or leave the product out with an exclusion map",
            ) from error
