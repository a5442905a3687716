"""Repositories, through the `git` program: clone, fetch, look, check out, never lose work."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import write_atomic
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import GitSha, parse_git_sha
from rubin_releng.adapters.gitcommands import GitError, run_git
from rubin_releng.core.refs import RepositoryRefs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lsstinstall.adapters.process import Completed

__all__ = ["GitRepository", "WorkTree"]

_HEADS = "refs/remotes/origin/"
_TAGS = "refs/tags/"
_REMOVED_TAGS = "refs/removed-tags/"
_REFSPECS = (f"+refs/heads/*:{_HEADS}*", f"+refs/tags/*:{_TAGS}*")
_REF_FORMAT = "%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(symref)%00%(refname)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """The state of a checked-out repository.

    Parameters
    ----------
    commit : `GitSha` or `None`
        What is checked out; `None` in a repository without a commit.
    branch : `str` or `None`
        The local branch it is on; `None` if there is none.
    changed : `tuple` [ `str`, ... ]
        Tracked files that differ from the commit, in git's order. Files git
        does not know are left alone and not listed.
    """

    commit: GitSha | None
    branch: str | None
    changed: tuple[str, ...]


class GitRepository:
    """One repository on disk.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Its work tree.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

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
        return run_git(command, doing=doing, check=check, stdin=stdin)

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
    def clone(cls, url: str, directory: Path, *, blobs: bool = True) -> GitRepository:
        """Clone all branches and tags without checking anything out.

        Parameters
        ----------
        url : `str`
            A URL, or the path of a local repository.
        directory : `~pathlib.Path`
            Must not exist.
        blobs : `bool`, optional
            Whether to get all file contents at once; otherwise those that
            are read later are fetched then, if the server can do that.

        Returns
        -------
        repository : `GitRepository`
            With the remote ``origin``.
        """
        parts = () if blobs else ("--filter=blob:none",)
        run_git(
            ("clone", "-q", "--no-checkout", *parts, "--", url, str(directory)),
            doing=f"clone <{url}>",
        )
        return cls(directory)

    def is_repository(self) -> bool:
        """Tell whether there is a repository in just this folder."""
        return (self.directory / ".git").exists()

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

    def fetch(self) -> RepositoryRefs:
        """Bring branches and tags to what the remote has, in one connection.

        Moved tags are followed, removed branches forgotten. Local branches
        are not touched. A tag that moved or that the remote no longer has
        stays as ``refs/removed-tags/<tag>``, since it may have been the only
        way to somebody's commits.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            The remote's branches and tags now.
        """
        before = {one.name: one.target for one in self._list_refs() if one.name.startswith(_TAGS)}
        self.run(
            *("-c", "fetch.showForcedUpdates=false", "fetch", "-q", "--prune", "--force", "--no-tags"),
            *("--no-write-fetch-head", "--no-auto-maintenance", "origin", *_REFSPECS),
            doing=f"fetch `{self.directory.name}`",
        )
        listed = self._list_refs()
        after = {one.name: one.target for one in listed}
        gone = [(name, sha) for name, sha in before.items() if after.get(name) != sha]
        updates = "".join(f"update {_REMOVED_TAGS}{name.removeprefix(_TAGS)} {sha}\n" for name, sha in gone)
        if updates:
            self.run("update-ref", "--stdin", doing="keep removed tags", stdin=updates)
        return _sort_refs(listed)

    def refs(self) -> RepositoryRefs:
        """List the remote's branches and tags as of the last fetch.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            Tags peeled to commits; tags of trees or files are left out.
        """
        return _sort_refs(self._list_refs())

    def _list_refs(self) -> list[_Ref]:
        listed = self.run("for-each-ref", f"--format={_REF_FORMAT}", _HEADS, _TAGS, doing="list refs")
        refs = []
        for line in listed.stdout.splitlines():
            target, kind, peeled, peeled_kind, symbolic, name = line.split("\0")
            if symbolic:
                continue  # origin/HEAD
            commit = {kind: target, peeled_kind: peeled}.get("commit")
            if peeled_kind == "tag":
                # A tag of a tag: `for-each-ref` follows only the first.
                commit = self.resolve(name)
            refs.append(_Ref(name=name, target=target, commit=None if commit is None else GitSha(commit)))
        return refs

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
            ended = run_git(command, doing=f"read `{path}`", output=content, check=False)
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
        return _read_status(status.stdout)

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
        if again:
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
        write_atomic(self._mark, f"{commit}\n")

    def unmark_checkout(self) -> None:
        """Say that the work tree is whole again."""
        self._mark.unlink(missing_ok=True)

    def is_half_checked_out(self) -> bool:
        """Tell whether a checkout was interrupted here, or never came to be."""
        return self._mark.exists() or not (self.directory / ".git" / "index").exists()

    @property
    def _mark(self) -> Path:
        return self.directory / ".git" / "lsstinstall-checkout"

    def unlock_index(self) -> None:
        """Remove the lock that a killed git left on the list of files."""
        (self.directory / ".git" / "index.lock").unlink(missing_ok=True)

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
        try:
            self.run("lfs", "pull", doing=f"get the large files of `{self.directory}`")
        except GitError as error:
            if "is not a git command" not in error.output:
                raise
            raise NotFoundError(
                f"cannot get the large files of `{self.directory}`: git-lfs is not installed",
                hint="install git-lfs, or leave the product out with an exclusion map",
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ref:
    name: str
    target: str
    commit: GitSha | None


def _sort_refs(refs: Iterable[_Ref]) -> RepositoryRefs:
    branches: dict[str, GitSha] = {}
    tags: dict[str, GitSha] = {}
    for ref in refs:
        if ref.commit is None:
            continue  # a tag of a tree or of a file
        if ref.name.startswith(_HEADS):
            branches[ref.name.removeprefix(_HEADS)] = ref.commit
        else:
            tags[ref.name.removeprefix(_TAGS)] = ref.commit
    return RepositoryRefs(branches=branches, tags=tags)


def _read_status(text: str) -> WorkTree:
    commit: GitSha | None = None
    branch: str | None = None
    changed: list[str] = []
    records = iter(text.split("\0"))
    for record in records:
        match record.split(" "):
            case ["#", "branch.oid", oid]:
                commit = None if oid == "(initial)" else GitSha(oid)
            case ["#", "branch.head", head]:
                branch = None if head == "(detached)" else head
            case ["1", *_]:
                changed.append(record.split(" ", 8)[8])
            case ["2", *_]:
                changed.append(record.split(" ", 9)[9])
                next(records)  # the name it was renamed from
            case ["u", *_]:
                changed.append(record.split(" ", 10)[10])
            case _:
                continue
    return WorkTree(commit=commit, branch=branch, changed=tuple(changed))
