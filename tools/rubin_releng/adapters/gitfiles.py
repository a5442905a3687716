"""Files of a repository's history, read by the `git` program; nothing is checked out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.core.fragments import AddedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["GitFiles"]

_KEY = re.compile(r"[A-Za-z]+-\d+")
_RECORD = "\x1e"
_WHOLE_RENAME = "R100"


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


class GitFiles:
    """Files in one repository, bare or not.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The repository, or its work tree.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @cached_property
    def _env(self) -> dict[str, str]:
        # Without it a plain folder inside another repository would pass for that one.
        return {"GIT_CEILING_DIRECTORIES": str(self._directory.resolve().parent)}

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        """Read files of certain commits.

        Parameters
        ----------
        places : `~collections.abc.Sequence` [ `tuple` [ `GitSha`, `str` ] ]
            Commits that are there, and paths in the repository.

        Returns
        -------
        texts : `tuple` [ `str` or `None`, ... ]
            One for each place: wrong bytes replaced; `None` if that commit
            has no such file.
        """
        found = self.objects([f"{commit}:{path}" for commit, path in places])
        return tuple(None if data is None else data.decode(errors="replace") for data in found)

    def objects(self, names: Sequence[str]) -> Iterator[bytes | None]:
        """Read many objects by one process.

        Parameters
        ----------
        names : `~collections.abc.Sequence` [ `str` ]
            As git takes them; without line ends.

        Yields
        ------
        data : `bytes` or `None`
            One for each name; `None` if it is not here.
        """
        asked = "".join(f"{name}\n" for name in names)
        command = ("-C", str(self._directory), "cat-file", "--batch")
        with TemporaryFile() as output:
            run_git(command, doing="read files", stdin=asked, output=output, env=self._env)
            output.seek(0)
            for _ in names:
                # <object> <kind> <size>, or <what was asked> missing
                header = output.readline().rsplit(b" ", 1)
                if not header[-1].strip().isdigit():
                    yield None
                    continue
                yield output.read(int(header[-1]))
                output.readline()

    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        """Read the files that came into some folders between two points.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.
        folders : `~collections.abc.Sequence` [ `str` ]
            In the repository; their folders count, too.

        Returns
        -------
        files : `tuple` [ `AddedFile`, ... ]
            By path: added by any commit that only the end reaches, each once,
            as the last commit has it that still has it. A file that was
            moved has its last name.
        """
        ledger = _Ledger()
        for parents, changes in self._changes(start, end, folders):
            for status, paths in changes:
                _enter(ledger, status, paths, parents)
        paths = sorted(ledger.added)
        # A file that is gone was last in a parent of the commit that removed it.
        places = [
            (GitSha(commit), path) for path in paths for commit in (end, ledger.last.get(path)) if commit
        ]
        texts = dict(zip(places, self.texts(places), strict=True))
        found: dict[str, AddedFile] = {}
        for (commit, path), text in texts.items():
            if text is not None:
                found.setdefault(path, AddedFile(path=path, commit=commit, text=text))
        return tuple(found.values())

    def _changes(
        self, start: GitSha, end: GitSha, folders: Sequence[str]
    ) -> Iterable[tuple[list[str], list[tuple[str, list[str]]]]]:
        """List what each commit did, oldest first; of a merge only what no parent has."""
        command = (
            *("-C", str(self._directory), "-c", "core.quotePath=false", "log", "-z", "--topo-order"),
            *("--reverse", "--full-history", "-c", "--find-renames", "--name-status"),
            *(f"--format={_RECORD}%P%x00", f"{start}..{end}", "--", *folders),
        )
        text = run_git(command, doing=f"read the files of `{self._directory}`", env=self._env).stdout
        for record in text.split(_RECORD)[1:]:
            parents, _, rest = record.partition("\0")
            yield parents.split(), list(_pairs([part for part in rest.split("\0") if part.strip()]))


def _pairs(parts: list[str]) -> Iterable[tuple[str, list[str]]]:
    waiting = iter(parts)
    for status in waiting:
        letters = status.strip()
        yield letters, [next(waiting) for _ in range(2 if letters[:1] in {"R", "C"} else 1)]


def _enter(ledger: _Ledger, status: str, paths: list[str], parents: list[str]) -> None:
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
