"""What a change log has to say, worked out by sets of commits that `git rev-list` gives: slow and plain."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.randomhistories import Deed


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Sets of one product."""

    tickets: frozenset[str]
    already: frozenset[str]
    lost: frozenset[str]
    reverted: frozenset[str]
    unmapped: frozenset[str]
    news: Mapping[str, str]


def expect(repository: Path, deeds: Mapping[str, Deed], start: str, end: str) -> Expected:
    """Say what lies between two commits."""
    old, _, _ = _side(repository, deeds, end, start)
    new, reverted, unmapped = _side(repository, deeds, start, end)
    return Expected(
        tickets=new - old,
        already=new & old,
        lost=old - new,
        reverted=reverted,
        unmapped=unmapped,
        news=_news(repository, start, end),
    )


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def _side(
    repository: Path, deeds: Mapping[str, Deed], base: str, tip: str
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    line = _git(repository, "rev-list", "--first-parent", f"{base}..{tip}").split()
    listed = _git(repository, "rev-list", "--topo-order", "--reverse", "--parents", f"{base}..{tip}")
    parents = {sha: others for sha, *others in map(str.split, listed.splitlines())}
    carriers = _carriers(repository, line, base)
    # Beside the line a merge counts that brought something, and what takes something back.
    merges = {sha for sha, others in parents.items() if not parents.keys().isdisjoint(others[1:])}
    events = [
        sha for sha in parents if sha in deeds and (sha in line or sha in merges or deeds[sha].takes_back)
    ]
    gone: set[str] = set()
    for sha in reversed(events):
        # What came by something that was taken back is gone with it.
        if carriers.get(sha) in gone:
            gone.add(sha)
        target = deeds[sha].takes_back
        if sha not in gone and target in events:
            gone.add(target)
    # A revert of something older is a change in its own right, if it is on the line or a merge.
    told = [sha for sha in events if sha not in gone and (sha in line or sha in merges)]
    lasting = {ticket for sha in told if deeds[sha].takes_back not in events for ticket in deeds[sha].tickets}
    undone = {ticket for sha in gone if sha in line or sha in merges for ticket in deeds[sha].tickets}
    unmapped = frozenset(sha for sha in line if not deeds[sha].tickets)
    return frozenset(lasting), frozenset(undone - lasting), unmapped


def _carriers(repository: Path, line: list[str], base: str) -> dict[str, str]:
    """Tell by which commit of the line each other one came in."""
    return {
        one: sha
        for sha in line
        for one in _git(repository, "rev-list", sha, f"^{sha}^", f"^{base}").split()
        if one != sha
    }


def _news(repository: Path, start: str, end: str) -> dict[str, str]:
    """Read every file that any commit in between added, where it was last."""
    options = (
        "log",
        "--topo-order",
        "--full-history",
        "--diff-filter=A",
        "--no-renames",
        "--format=%H",
        "--name-only",
    )
    added = _git(repository, *options, f"{start}..{end}", "--", "doc/changes").split()
    paths = {word for word in added if word.startswith("doc/changes/")}
    found = {}
    for path in paths:
        holders = [
            sha
            for sha in [end, *_git(repository, "rev-list", "--topo-order", f"{start}..{end}").split()]
            if _git(repository, "ls-tree", "--name-only", sha, path).strip()
        ]
        found[path] = _git(repository, "show", f"{holders[0]}:{path}").strip()
    return found
