"""Subjects of commits on a main line: what git, GitHub and people wrote there."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["MergeSubject", "is_bot_branch", "is_line_branch", "is_release_branch", "read_subject"]

# Merge pull request #12 from lsst/tickets/DM-1001
_PULL_REQUEST = re.compile(r"Merge pull request #(?P<number>\d+) from (?P<head>\S+)")
# Merge branch 'tickets/DM-1001' into main
# Merge branches 'tickets/DM-1001' and 'tickets/DM-1002'
# Merge remote-tracking branch 'origin/tickets/DM-1001'
# Merge branch 'main' of github.com:lsst/afw
# Merge commit 'refs/pull/12/head'
_BRANCHES = re.compile(
    r"Merg(?:e|ed|ing) (?:remote(?:[- ]tracking)? )?(?:branch(?:es)?|commit|tag) (?P<what>['\"].*)"
)
# Merge branch tickets/DM-1001
_UNQUOTED = re.compile(r"Merg(?:e|ed|ing) (?:remote(?:[- ]tracking)? )?branch (?P<branch>[^\s'\"#]+)$")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_INTO = re.compile(r" into ['\"]?(?P<into>[^'\"\s]+)['\"]?\s*$")
# Merge tickets/DM-1001 into main
_BARE = re.compile(r"Merg(?:e|ed|ing) (?P<branch>[^\s'\"#]+)$")
# Revert "Merge pull request #12 from lsst/tickets/DM-1001" (#13)
_REVERT = re.compile(r'(?P<verb>Revert|Reapply) "(?P<what>.*)"(?: \(#(?P<number>\d+)\))?\s*$')
# DM-1001: Title (#12)
_SQUASH = re.compile(r"(?P<title>.+?) \(#(?P<number>\d+)\)\s*$")
# revert-12-tickets/DM-1001, tickets/DM-1001-revert, u/someone/DM-1001/revert
_REVERT_WORD = re.compile(r"(?<![A-Za-z])revert(?![A-Za-z])", re.IGNORECASE)
_REVERTED_NUMBER = re.compile(r"revert-(?P<number>\d+)-", re.IGNORECASE)

_BOT = re.compile(
    r"(?:dependabot|renovate|pre-commit-ci|github-actions|allcontributors|imgbot|snyk|pyup|greenkeeper)[-/]"
)
# v23.0.x; old ones without the v
_RELEASE_BRANCH = re.compile(r"v?\d+(?:\.\d+)*\.x")
_DEEPEST_REVERT = 20
"""Reverts of reverts that we follow; people stop much earlier."""

_LINES = frozenset({"main", "master", "develop", "lsst-dev", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSubject:
    """What the first line of a commit on a main line says.

    Parameters
    ----------
    branches : `tuple` [ `str`, ... ]
        Merged branches, without a fork's owner; empty if it names none.
    into : `str` or `None`
        Branch merged into, where git wrote it.
    pull_request : `int` or `None`
        Number of the pull request.
    title : `str` or `None`
        Title of a squashed pull request, or of the one that is reverted.
    reverts : `int`
        How many times something is turned round: 1 for a revert, 2 for the
        revert of a revert.
    reverted_pull_request : `int` or `None`
        The pull request that is reverted, where a branch or subject says so.
    """

    branches: tuple[str, ...] = ()
    into: str | None = None
    pull_request: int | None = None
    title: str | None = None
    reverts: int = 0
    reverted_pull_request: int | None = None


def is_bot_branch(branch: str) -> bool:
    """Tell whether a program made a branch.

    Parameters
    ----------
    branch : `str`
        For example ``dependabot/pip/click-8``.

    Returns
    -------
    is_bot : `bool`
        True for the programs that are in use on GitHub.
    """
    return _BOT.match(branch) is not None


def is_line_branch(branch: str) -> bool:
    """Tell whether a branch is a main line or a release line, not work on something.

    Parameters
    ----------
    branch : `str`
        With or without a remote's name in front.

    Returns
    -------
    is_line : `bool`
        True for ``main``, ``origin/master``, ``v23.0.x`` and the like.
    """
    name = branch.removeprefix("origin/").removeprefix("upstream/")
    return name in _LINES or is_release_branch(name)


def is_release_branch(branch: str) -> bool:
    """Tell whether a branch is one that candidates are made on.

    Parameters
    ----------
    branch : `str`
        For example ``v23.0.x``.

    Returns
    -------
    is_release : `bool`
        True for a version that ends in ``x``.
    """
    return _RELEASE_BRANCH.fullmatch(branch) is not None


def read_subject(message: str) -> MergeSubject | None:
    """Read the message of a commit on a main line.

    Parameters
    ----------
    message : `str`
        The whole message. Only its subject is read, and for a pull request
        the line after it, which is the title.

    Returns
    -------
    subject : `MergeSubject` or `None`
        `None` for a plain commit.

    Notes
    -----
    The forms are those of ``git merge`` (``git-fmt-merge-msg``), ``git revert``
    and GitHub's merge, squash and revert buttons. The number of parents does
    not count: a merge that was cherry-picked has one parent and the subject.
    """
    lines = message.strip().splitlines()
    subject = lines[0].strip() if lines else ""
    return _read_revert(subject) or _read_plain(subject, lines[1:])


def _read_revert(subject: str) -> MergeSubject | None:
    what, reverts = subject, 0
    numbers: list[int | None] = []
    while (match := _REVERT.match(what)) is not None and len(numbers) < _DEEPEST_REVERT:
        # `Reapply "..."` is git's name for the revert of a revert.
        reverts += 1 if match["verb"] == "Revert" else 2
        numbers.append(None if match["number"] is None else int(match["number"]))
        what = match["what"]
    if not numbers:
        return None
    inner = _read_plain(what, []) or MergeSubject(title=what)
    own, *others = [*numbers, inner.pull_request]
    return MergeSubject(
        branches=inner.branches,
        title=inner.title,
        pull_request=own,
        reverts=inner.reverts + reverts,
        reverted_pull_request=others[0],
    )


def _read_plain(subject: str, rest: list[str]) -> MergeSubject | None:
    """Read anything but a revert by its subject."""
    reading = _read_pull_request(subject, rest) or _read_merge(subject)
    if reading is None and (match := _SQUASH.match(subject)) is not None:
        return MergeSubject(title=match["title"], pull_request=int(match["number"]))
    return reading


def _read_pull_request(subject: str, rest: list[str]) -> MergeSubject | None:
    match = _PULL_REQUEST.match(subject)
    if match is None:
        return None
    owner, slash, branch = match["head"].partition("/")
    titles = [line.strip() for line in rest if line.strip()]
    return _named(
        (branch if slash else owner,), number=int(match["number"]), title=titles[0] if titles else None
    )


def _read_merge(subject: str) -> MergeSubject | None:
    into = _INTO.search(subject)
    what = subject[: into.start()] if into else subject
    target = into["into"] if into else None
    if (match := _BRANCHES.match(what)) is not None:
        # What follows ` of ` is the address of the repository it came from.
        return _named(tuple(_QUOTED.findall(match["what"])), into=target)
    if (match := _UNQUOTED.match(what) or _BARE.match(what)) is not None:
        return _named((match["branch"],), into=target)
    return None


def _named(
    branches: tuple[str, ...],
    *,
    into: str | None = None,
    number: int | None = None,
    title: str | None = None,
) -> MergeSubject:
    words = sum(len(_REVERT_WORD.findall(branch)) for branch in branches)
    reverted = next((match for branch in branches if (match := _REVERTED_NUMBER.search(branch))), None)
    return MergeSubject(
        branches=branches,
        into=into,
        pull_request=number,
        title=title,
        reverts=words,
        reverted_pull_request=None if reverted is None else int(reverted["number"]),
    )
