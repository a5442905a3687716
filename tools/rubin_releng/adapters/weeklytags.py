"""Weeklies in the history of commits, as the tags of repositories tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, ToolkitError
from lsstinstall.core.tags import EupsTag, GitTag, TagKind
from rubin_releng.adapters.gitcommands import run_git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.names import GitSha, ProductName

__all__ = ["newest_weeklies"]

_WEEKLIES = "refs/tags/w.*"


def newest_weeklies(
    directories: Mapping[ProductName, Path],
    commits: Mapping[ProductName, GitSha],
    refs: Sequence[str],
    *,
    jobs: int = 2,
) -> dict[ProductName, EupsTag]:
    """Find the newest weekly in the history of each product of a release.

    Parameters
    ----------
    directories : `~collections.abc.Mapping` [ `ProductName`, `~pathlib.Path` ]
        Repositories, bare or not; files are not looked at.
    commits : `~collections.abc.Mapping` [ `ProductName`, `GitSha` ]
        What the release has.
    refs : `~collections.abc.Sequence` [ `str` ]
        Full refs of the release's own tag: a weekly that was made later is
        none that it was made from, though it may have the same commit.
    jobs : `int`, optional
        Repositories at a time.

    Returns
    -------
    weeklies : `dict` [ `ProductName`, `EupsTag` ]
        By product; without those that have none or cannot be read, and
        without repositories that are not tagged with releases.
    """
    names = sorted(commits.keys() & directories.keys())
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        found = pool.map(lambda name: _newest(directories[name], commits[name], refs), names)
        return {name: tag for name, tag in zip(names, found, strict=True) if tag is not None}


def _newest(directory: Path, commit: GitSha, refs: Sequence[str]) -> EupsTag | None:
    ceiling = {"GIT_CEILING_DIRECTORIES": str(directory.resolve().parent)}
    options = (f"--merged={commit}", "--format=%(refname)%00%(taggerdate:unix)")
    command = ("-C", str(directory), "for-each-ref", *options, "--", _WEEKLIES, *refs)
    try:
        listed = run_git(command, doing="read weeklies", env=ceiling).stdout
    except ToolkitError:
        # Whoever reads the history of the product meets the same again, and tells it.
        return None
    times = {name: int(time or 0) for name, _, time in (line.partition("\0") for line in listed.splitlines())}
    if not any(ref in times for ref in refs):
        return None
    made = max(times.get(ref, 0) for ref in refs)
    known = (_parse(name) for name, time in times.items() if not made or time <= made)
    return max((tag for tag in known if tag is not None), default=None)


def _parse(ref: str) -> EupsTag | None:
    try:
        tag = GitTag.parse(ref.removeprefix("refs/tags/")).to_eups()
    except InvalidNameError:
        # w.2018.30-run1 and its like are somebody's own.
        return None
    return tag if tag.kind is TagKind.WEEKLY else None
