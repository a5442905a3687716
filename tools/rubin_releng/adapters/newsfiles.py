"""Files of news of one mirror through all releases: read in one pass, and kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import make_directory, write_atomic
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import GitSha
from rubin_releng.adapters.fileledgers import FileChanges, first_files, last_places
from rubin_releng.core.towncrier import CONFIGURATIONS, is_mute

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from rubin_releng.adapters.mirrorfiles import MirrorFiles
    from rubin_releng.core.fragments import AddedFile

__all__ = ["NewsFiles"]

_LAYOUT = 1


class NewsFiles:
    """Files in the history of one mirror, for many pairs of commits.

    Parameters
    ----------
    files : `MirrorFiles`
        The mirror's, which may have to be fetched.
    between : `~collections.abc.Callable`
        Names the commits that only the second of two reaches.
    path : `~pathlib.Path`
        Where to keep what was read; by JSON.
    fingerprint : `str`
        Of the mirror's refs: others may reach other commits.
    """

    def __init__(
        self,
        files: MirrorFiles,
        between: Callable[[GitSha, GitSha], Collection[GitSha]],
        path: Path,
        *,
        fingerprint: str,
    ) -> None:
        self._files = files
        self._between = between
        self._path = path
        self._fingerprint = fingerprint
        self._texts: dict[tuple[GitSha, str], str | None] = {}
        self._changes: dict[tuple[str, ...], tuple[FileChanges, ...]] = {}
        self._problem: ToolkitError | None = None
        self._is_new = False

    def prepare(
        self,
        pairs: Sequence[tuple[GitSha, GitSha]],
        find_folders: Callable[[NewsFiles, GitSha, GitSha], tuple[str, ...]],
    ) -> None:
        """Read all that some pairs need, and keep it.

        Parameters
        ----------
        pairs : `~collections.abc.Sequence` [ `tuple` [ `GitSha`, `GitSha` ] ]
            Commits that are there.
        find_folders : `~collections.abc.Callable`
            Names the folders with news of a pair.

        Notes
        -----
        What stands against it is raised by whoever reads a file later.
        """
        self._load()
        try:
            ends = dict.fromkeys(commit for pair in pairs for commit in pair)
            self.texts([(commit, path) for commit in ends for path in CONFIGURATIONS])
            wanted = [(start, end, find_folders(self, start, end)) for start, end in pairs]
            places = (
                place
                for start, end, folders in wanted
                if folders
                for place in self._places(start, end, folders)
            )
            self.texts(list(dict.fromkeys(places)))
        except ToolkitError as error:
            self._problem = error
            return
        if self._is_new:
            make_directory(self._path.parent)
            write_atomic(self._path, json.dumps(self._row(), ensure_ascii=False))
            self._is_new = False

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        """Read files of certain commits.

        Parameters
        ----------
        places : `~collections.abc.Sequence` [ `tuple` [ `GitSha`, `str` ] ]
            Commits that are there, and paths in the repository.

        Returns
        -------
        texts : `tuple` [ `str` or `None`, ... ]
            As `MirrorFiles` reads them; `None` also for a configuration that
            says nothing of news.

        Raises
        ------
        ToolkitError
            Raised if files are missing and cannot be fetched.
        """
        if self._problem is not None:
            raise self._problem
        missing = [place for place in places if place not in self._texts]
        if missing:
            known = {text: text for text in self._texts.values()}
            for place, text in zip(missing, self._files.texts(missing), strict=True):
                # Mostly a file is the same in many releases.
                self._texts[place] = None if is_mute(place[1], text) else known.setdefault(text, text)
            self._is_new = True
        return tuple(self._texts[place] for place in places)

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
            As `MirrorFiles` finds them.

        Raises
        ------
        ToolkitError
            Raised if files are missing and cannot be fetched.
        """
        places = self._places(start, end, tuple(folders))
        return first_files(dict(zip(places, self.texts(places), strict=True)))

    def _places(self, start: GitSha, end: GitSha, folders: tuple[str, ...]) -> list[tuple[GitSha, str]]:
        changes = self._changes.get(folders)
        if changes is None:
            changes = self._changes[folders] = self._files.changes(folders)
            self._is_new = True
        inside = set[str](self._between(start, end))
        return last_places((one for one in changes if one.commit in inside), end)

    def _load(self) -> None:
        try:
            row = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if row.get("layout") != _LAYOUT:
            return
        contents = [None, *row["contents"]]
        self._texts = {(GitSha(commit), path): contents[number] for commit, path, number in row["texts"]}
        if row["fingerprint"] == self._fingerprint:
            self._changes = {tuple(one["folders"]): _load_changes(one["changes"]) for one in row["changes"]}

    def _row(self) -> dict[str, Any]:
        contents = list(dict.fromkeys(text for text in self._texts.values() if text is not None))
        numbers: dict[str | None, int] = {text: number for number, text in enumerate(contents, 1)}
        return {
            "layout": _LAYOUT,
            "fingerprint": self._fingerprint,
            "contents": contents,
            "texts": [[*place, numbers.get(text, 0)] for place, text in self._texts.items()],
            "changes": [
                {"folders": folders, "changes": [(one.commit, one.parents, one.paths) for one in changes]}
                for folders, changes in self._changes.items()
            ],
        }


def _load_changes(rows: list[list[Any]]) -> tuple[FileChanges, ...]:
    return tuple(
        FileChanges(
            commit=commit,
            parents=tuple(parents),
            paths=tuple((status, tuple(names)) for status, names in paths),
        )
        for commit, parents, paths in rows
    )
