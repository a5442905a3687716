"""Which files came into a repository by many commits, and where each is to be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.core.fragments import AddedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FileChanges", "first_files", "last_places"]

_KEY = re.compile(r"[A-Za-z]+-\d+")
_WHOLE_RENAME = "R100"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """What one commit did to files.

    Parameters
    ----------
    commit : `str`
        Its id.
    parents : `tuple` [ `str`, ... ]
        Theirs.
    paths : `tuple` [ `tuple` [ `str`, `tuple` [ `str`, ... ] ], ... ]
        Status as git writes it, with one path, or two of a file that was moved.
    """

    commit: str
    parents: tuple[str, ...]
    paths: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(slots=True)
class _Ledger:
    """Which files came in, and where each was seen last before it went."""

    added: set[str] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)

    def add(self, path: str) -> None:
        self.added.add(path)
        self.last.pop(path, None)

    def remove(self, path: str, commit: str) -> None:
        self.last[path] = commit

    def move(self, old: str, new: str) -> None:
        """Follow a file; one that was there before stays an old one."""
        if old in self.added:
            self.added.discard(old)
            self.add(new)


def last_places(changes: Iterable[FileChanges], end: GitSha) -> list[tuple[GitSha, str]]:
    """Say where the files that came in can be read.

    Parameters
    ----------
    changes : `~collections.abc.Iterable` [ `FileChanges` ]
        Of all commits of a range, oldest first.
    end : `GitSha`
        The newest commit.

    Returns
    -------
    places : `list` [ `tuple` [ `GitSha`, `str` ] ]
        By path: at the end, then where a file that is gone was last.
    """
    ledger = _Ledger()
    for change in changes:
        for status, paths in change.paths:
            _enter(ledger, status, paths, change.parents)
    # A file that is gone was last in a parent of the commit that removed it.
    return [
        (GitSha(commit), path)
        for path in sorted(ledger.added)
        for commit in (end, ledger.last.get(path))
        if commit
    ]


def first_files(texts: Mapping[tuple[GitSha, str], str | None]) -> tuple[AddedFile, ...]:
    """Take each file from the first place that has it.

    Parameters
    ----------
    texts : `~collections.abc.Mapping` [ `tuple` [ `GitSha`, `str` ], `str` or `None` ]
        Content of each place; `None` where there is no such file.

    Returns
    -------
    files : `tuple` [ `AddedFile`, ... ]
        In the order of the places.
    """
    found: dict[str, AddedFile] = {}
    for (commit, path), text in texts.items():
        if text is not None:
            found.setdefault(path, AddedFile(path=path, commit=commit, text=text))
    return tuple(found.values())


def _enter(ledger: _Ledger, status: str, paths: tuple[str, ...], parents: tuple[str, ...]) -> None:
    if "R" in status:
        old, new = paths[0], paths[-1]
        # News of another ticket that is worded alike is no move.
        if status == _WHOLE_RENAME or _key(old) == _key(new):
            ledger.move(old, new)
            return
        ledger.remove(old, parents[0])
        ledger.add(new)
    elif "D" in status:
        ledger.remove(paths[-1], parents[0])
    elif "A" in status or "C" in status:
        ledger.add(paths[-1])


def _key(path: str) -> str | None:
    match = _KEY.match(path.rpartition("/")[2])
    return None if match is None else match.group().upper()
