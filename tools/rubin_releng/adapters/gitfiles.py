"""Files of a repository's history, read by the `git` program; nothing is checked out."""

from __future__ import annotations

from functools import cached_property
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from rubin_releng.adapters.fileledgers import FileChanges, first_files, last_places
from rubin_releng.adapters.gitcommands import run_git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lsstinstall.core.names import GitSha
    from rubin_releng.core.fragments import AddedFile

__all__ = ["GitFiles"]

_RECORD = "\x1e"


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
        places = last_places(self.changes(folders, f"{start}..{end}"), end)
        return first_files(dict(zip(places, self.texts(places), strict=True)))

    def changes(self, folders: Sequence[str], *points: str) -> tuple[FileChanges, ...]:
        """List what commits did to files of some folders.

        Parameters
        ----------
        folders : `~collections.abc.Sequence` [ `str` ]
            In the repository; their folders count, too.
        *points : `str`
            As ``git log`` takes them.

        Returns
        -------
        changes : `tuple` [ `FileChanges`, ... ]
            Oldest first; of a merge only what no parent has.
        """
        command = (
            *("-C", str(self._directory), "-c", "core.quotePath=false", "log", "-z", "--topo-order"),
            *("--reverse", "--full-history", "-c", "--find-renames", "--name-status"),
            *(f"--format={_RECORD}%H %P%x00", *points, "--", *folders),
        )
        text = run_git(command, doing=f"read the files of `{self._directory}`", env=self._env).stdout
        return tuple(map(_read_record, text.split(_RECORD)[1:]))


def _read_record(record: str) -> FileChanges:
    names, _, rest = record.partition("\0")
    commit, *parents = names.split()
    paths = tuple(_pairs([part for part in rest.split("\0") if part.strip()]))
    return FileChanges(commit=commit, parents=tuple(parents), paths=paths)


def _pairs(parts: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    waiting = iter(parts)
    for status in waiting:
        letters = status.strip()
        yield letters, tuple(next(waiting) for _ in range(2 if letters[:1] in {"R", "C"} else 1))
