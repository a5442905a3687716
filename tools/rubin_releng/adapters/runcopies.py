"""Copies of repositories, for work that must leave the original alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.adapters.githubapi import repository_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["branch_of", "commit_of", "copy_checkout", "origin_of"]

_IDENTITY = ("-c", "user.name=Local run", "-c", "user.email=local@localhost", "-c", "commit.gpgsign=false")


def copy_checkout(source: Path, target: Path) -> None:
    """Copy a repository as it is now, with changes that were not committed.

    Parameters
    ----------
    source : `~pathlib.Path`
        Folder with a work tree; it is only read.
    target : `~pathlib.Path`
        New; has the same branches and tags, and the changes as a commit of
        its own, at the time of the last one: the same changes make the same
        commit. Its origin is that of the source if it is at GitHub, else one
        that is named after the folder. Files that git ignores are left out.

    Raises
    ------
    ConfigurationError
        Raised if the source is no repository, or has no commit.
    ToolkitError
        Raised if something cannot be copied.
    """
    head = _git(
        source, "rev-parse", "--verify", "--quiet", "HEAD", doing="look at the repository", check=False
    )
    if not head:
        raise ConfigurationError(f"`{source}` is no git repository with a commit", hint="commit something")
    # Everything of this machine is at hand: nothing is fetched, and hard links do for objects.
    arguments = ("clone", "--quiet", "--no-checkout", "--no-tags", str(source), str(target))
    run_git(arguments, doing="copy the repository")
    refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    _git(target, "fetch", "--quiet", "--update-head-ok", "origin", *refs)
    _git(target, "checkout", "--quiet", "--force", branch_of(source) or head)
    origin = origin_of(source)
    known = origin if repository_path(origin) else f"https://github.com/local/{source.name}"
    _git(target, "remote", "set-url", "origin", known)
    _copy_changes(source, target)
    if _git(target, "status", "--porcelain"):
        _git(target, "add", "--all")
        date = _git(target, "show", "--no-patch", "--format=%cI", "HEAD")
        commit = ("commit", "--quiet", "--no-verify", "-m", "Changes of the work tree")
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        run_git(("-C", str(target), *_IDENTITY, *commit), doing="copy the repository", env=dates)


def origin_of(repository: Path) -> str:
    """Tell where a repository came from; empty if it does not say."""
    return _git(repository, "config", "--get", "remote.origin.url", check=False)


def commit_of(repository: Path, name: str = "HEAD") -> str:
    """Tell the commit of a name; empty if there is no such name."""
    return _git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)


def branch_of(repository: Path) -> str:
    """Tell the branch that a repository is on; empty if it is on none."""
    return _git(repository, "symbolic-ref", "--quiet", "--short", "HEAD", check=False)


def _copy_changes(source: Path, target: Path) -> None:
    changed = _names(source, "diff", "--name-only", "--no-renames", "-z", "HEAD")
    new = _names(source, "ls-files", "--others", "--exclude-standard", "-z")
    there = [name for name in (*changed, *new) if _is_file(source / name)]
    try:
        # First what is gone: a folder may have taken the name of a file, or the other way round.
        for name in {*changed} - {*there}:
            # A submodule is a folder, and stays.
            if _is_file(target / name):
                (target / name).unlink()
                _prune((target / name).parent, target)
        for name in there:
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copy2(source / name, copy, follow_symlinks=False)
    except OSError as error:
        raise explain(error, doing="copy") from error


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _prune(folder: Path, top: Path) -> None:
    """Remove folders that have become empty."""
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _names(folder: Path, *arguments: str) -> list[str]:
    # From the top of the work tree, whatever the user's settings say.
    return [name for name in _git(folder, "-c", "diff.relative=false", *arguments).split("\0") if name]


def _git(folder: Path, *arguments: str, doing: str = "copy the repository", check: bool = True) -> str:
    return run_git(("-C", str(folder), *arguments), doing=doing, check=check).stdout.strip()
