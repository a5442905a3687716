"""New branches of a repository that somebody works in: made beside what is checked out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.names import GitSha, parse_git_sha
from rubin_releng.adapters.gitcommands import run_git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.adapters.git import GitRepository

__all__ = ["check_new_branch", "commit_to_branch", "switch_to", "top_of"]


def top_of(repository: GitRepository) -> Path:
    """Find the top of the work tree that a repository's folder is in.

    Parameters
    ----------
    repository : `GitRepository`
        Of any folder in a work tree.

    Returns
    -------
    top : `~pathlib.Path`
        Without links.
    """
    found = repository.run("rev-parse", "--show-toplevel", doing=f"find the top of `{repository.directory}`")
    return Path(found.stdout.rstrip("\n")).resolve()


def check_new_branch(repository: GitRepository, branch: str) -> None:
    """Make sure that a branch can be made.

    Parameters
    ----------
    repository : `GitRepository`
        Any.
    branch : `str`
        Its name.

    Raises
    ------
    RefusedError
        Raised if it is there, or git takes no such name.
    ConfigurationError
        Raised if git does not know who commits.
    """
    named = repository.run("check-ref-format", "--branch", branch, doing="check a name", check=False)
    if named.returncode != 0:
        raise RefusedError(f"`{branch}` is no name for a branch", hint="choose another by `--branch`")
    if repository.resolve(f"refs/heads/{branch}") is not None:
        raise RefusedError(
            f"there is a branch `{branch}`",
            hint=f"choose another by `--branch`, or remove it: `git branch -D {branch}`",
        )
    if repository.run("var", "GIT_COMMITTER_IDENT", doing="ask who commits", check=False).returncode != 0:
        raise ConfigurationError(
            "git does not know who commits",
            hint="tell it: `git config user.name NAME` and `git config user.email ADDRESS`",
        )


def commit_to_branch(
    repository: GitRepository, branch: str, *, parent: GitSha, files: Mapping[str, str | None], message: str
) -> GitSha:
    """Make a branch with one commit; work tree, index and the branch that is checked out stay as they are.

    Parameters
    ----------
    repository : `GitRepository`
        Gets the branch.
    branch : `str`
        Its name; must not exist.
    parent : `GitSha`
        Where it starts.
    files : `~collections.abc.Mapping` [ `str`, `str` or `None` ]
        Path from the top to new content, of files that the parent has; `None`
        removes one.
    message : `str`
        Of the commit.

    Returns
    -------
    commit : `GitSha`
        The new one.
    """
    doing = f"make the branch `{branch}`"
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}

        def run(*arguments: str, stdin: str | None = None) -> str:
            command = ("-C", str(repository.directory), *arguments)
            return run_git(command, doing=doing, stdin=stdin, env=env).stdout.strip()

        run("read-tree", parent)
        for path, text in files.items():
            if text is None:
                run("update-index", "--force-remove", "--", path)
                continue
            mode = run("ls-tree", "--format=%(objectmode)", "--full-tree", parent, "--", path)
            blob = run("hash-object", "-w", "--stdin", stdin=text)
            run("update-index", "--cacheinfo", f"{mode},{blob},{path}")
        tree = run("write-tree")
        commit = parse_git_sha(run("commit-tree", tree, "-p", parent, "-F", "-", stdin=message))
        # Refused if somebody has made it meanwhile.
        run("update-ref", "--create-reflog", f"refs/heads/{branch}", commit, "0" * len(commit))
    return commit


def switch_to(repository: GitRepository, branch: str) -> None:
    """Check a branch out; git refuses if changed files would be lost."""
    repository.run("switch", "-q", branch, doing=f"switch to `{branch}`")
