"""Histories read in bulk by the `git` program; nothing is changed or fetched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.core.histories import Commit, Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["GitHistory", "list_tags"]

# Mark of the side, commit, parents, time, author, message; commits end with NUL.
_FORMAT = "%m%H%x1f%P%x1f%ct%x1f%an%x1f%B"
_SETTINGS = ("-c", "i18n.logOutputEncoding=utf-8", "-c", "log.showSignature=false", "-c", "log.mailmap=false")
_MAIN = ("refs/heads/main", "refs/remotes/origin/main", "refs/heads/master", "refs/remotes/origin/master")


class GitHistory:
    """The history of one repository, bare or not, as it is when it is first asked.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The repository, or its work tree.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._known: dict[str, GitSha | None] = {}
        # Without it a plain folder inside another repository would pass for that one.
        self._env = {"GIT_CEILING_DIRECTORIES": str(directory.resolve().parent)}

    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        """Find the commits that refs or commit ids mean.

        Parameters
        ----------
        names : `~collections.abc.Sequence` [ `str` ]
            Full refs, or whole or abbreviated commit ids.

        Returns
        -------
        commits : `tuple` [ `GitSha` or `None`, ... ]
            One for each name, tags peeled; `None` where there is no commit.

        Raises
        ------
        NotFoundError
            Raised if there is no repository.
        """
        known = self._known
        if not all(name in known for name in names):
            # Main lines are wanted of what changed, and cost no process of their own here.
            found = self._look([one for one in dict.fromkeys((*names, *_MAIN, "HEAD")) if one not in known])
            # What was found is there.
            known.update({sha: sha for sha in found.values() if sha is not None})
            known.update(found)
        return tuple(known[name] for name in names)

    def _look(self, names: Sequence[str]) -> dict[str, GitSha | None]:
        asked = "".join(f"{name}^{{commit}}\n" for name in names)
        answer = self._git("cat-file", "--batch-check=%(objectname)", doing="look for commits", stdin=asked)
        return dict(zip(names, map(_read_answer, answer.splitlines()), strict=True))

    def between(self, start: GitSha, end: GitSha) -> Span:
        """Read the commits that only one of two points reaches.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.

        Returns
        -------
        span : `Span`
            Both sides, children before parents.
        """
        text = self._git(
            *(*_SETTINGS, "log", "-z", "--topo-order", "--left-right", f"--format={_FORMAT}"),
            *(f"{start}...{end}", "--"),
            doing="read the history",
        )
        sides: dict[str, list[Commit]] = {"<": [], ">": []}
        for record in text.split("\0"):
            if record:
                sides[record[0]].append(_read_commit(record[1:]))
        return Span(left=tuple(sides["<"]), right=tuple(sides[">"]))

    def off_main(self, start: GitSha, end: GitSha) -> frozenset[GitSha]:
        """Find the commits that lie on a branch beside the main line.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.

        Returns
        -------
        shas : `frozenset` [ `GitSha` ]
            Reachable from the end, but neither from the start nor from
            ``main``, or from ``HEAD`` in a repository without it.
        """
        *named, head = self.resolve((*_MAIN, "HEAD"))
        # What is checked out may be a release branch; without another name it is the main line.
        mains = [commit for commit in named if commit is not None] or [one for one in (head,) if one]
        if not mains:
            return frozenset()
        listed = self._git("rev-list", end, *(f"^{one}" for one in (start, *mains)), doing="list commits")
        return frozenset(GitSha(sha) for sha in listed.split())

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Tell whether a commit, which need not be there, is part of another's history.

        Parameters
        ----------
        sha : `GitSha`
            The one in question.
        of : `GitSha`
            A commit that is there.

        Returns
        -------
        is_ancestor : `bool`
            False if it is not there.
        """
        command = ("-C", str(self.directory), "merge-base", "--is-ancestor", sha, of)
        return run_git(command, doing="compare commits", check=False, env=self._env).returncode == 0

    def count(self, end: GitSha) -> int:
        """Count the commits of the line of first parents that ends here.

        Parameters
        ----------
        end : `GitSha`
            A commit that is there.

        Returns
        -------
        commits : `int`
            At least 1.
        """
        return int(self._git("rev-list", "--first-parent", "--count", end, doing="count commits"))

    def is_shallow(self) -> bool:
        """Tell whether the history is cut off somewhere.

        Returns
        -------
        is_shallow : `bool`
            As git says.
        """
        return (
            self._git("rev-parse", "--is-shallow-repository", doing="look at the history").strip() == "true"
        )

    def _git(self, *arguments: str, doing: str, stdin: str | None = None) -> str:
        command = ("-C", str(self.directory), *arguments)
        found = run_git(command, doing=f"{doing} in `{self.directory}`", stdin=stdin, env=self._env)
        return found.stdout


def list_tags(directory: Path | None) -> tuple[str, ...]:
    """Name the tags of a repository.

    Parameters
    ----------
    directory : `~pathlib.Path` or `None`
        The repository, or its work tree.

    Returns
    -------
    names : `tuple` [ `str`, ... ]
        Without ``refs/tags/``; none if it cannot be read.
    """
    if directory is None:
        return ()
    env = {"GIT_CEILING_DIRECTORIES": str(directory.resolve().parent)}
    command = ("-C", str(directory), "for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags")
    found = run_git(command, doing="list tags", check=False, env=env)
    return tuple(found.stdout.split()) if found.returncode == 0 else ()


def _read_answer(line: str) -> GitSha | None:
    # `<what was asked> missing`, or `ambiguous`
    return None if " " in line else GitSha(line)


def _read_commit(record: str) -> Commit:
    sha, parents, time, author, message = record.split("\x1f", 4)
    return Commit(
        sha=GitSha(sha),
        parents=tuple(GitSha(parent) for parent in parents.split()),
        author=author,
        time=datetime.fromtimestamp(int(time), tz=UTC),
        message=message,
    )
