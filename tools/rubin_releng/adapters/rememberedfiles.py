"""Answers about files of mirrors, kept in one SQLite file: whoever asks the same again needs no git."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lsstinstall.core.names import GitSha
from rubin_releng.adapters.mirrorfiles import FilesNotFetchedError
from rubin_releng.core.fragments import AddedFile
from rubin_releng.core.towncrier import is_mute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rubin_releng.adapters.mirrorfiles import MirrorFiles

__all__ = ["FileMemory", "RememberedFiles"]

_WAIT_SECONDS = 10.0
# The layout is part of the table's name; `packs` tells since when an answer is lacking.
_TABLE = """
CREATE TABLE IF NOT EXISTS answers_1 (
    url TEXT NOT NULL, question TEXT NOT NULL, packs INTEGER NOT NULL, answer TEXT,
    PRIMARY KEY (url, question)
) WITHOUT ROWID
"""


class FileMemory:
    """The file of answers; one that cannot be used is done without.

    Parameters
    ----------
    path : `~pathlib.Path`
        Made if it is missing; its folder is there.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        try:
            self._database = _open(path)
        except sqlite3.OperationalError:
            return
        except sqlite3.DatabaseError:
            # Damaged, as after a loss of power: everything can be asked again.
            with suppress(OSError, sqlite3.Error):
                path.unlink()
                self._database = _open(path)

    def find(self, url: str, question: str) -> tuple[int, str | None] | None:
        """Find what was told of one repository: the answer, `None` if it was lacking, and since when."""
        query = "SELECT packs, answer FROM answers_1 WHERE url = ? AND question = ?"
        rows = self._execute(query, (url, question))
        return rows[0] if rows else None

    def keep(self, url: str, question: str, packs: int, answer: str | None) -> None:
        """Keep an answer, or that there is none."""
        self._execute("INSERT OR REPLACE INTO answers_1 VALUES (?, ?, ?, ?)", (url, question, packs, answer))

    def _execute(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        if self._database is None:
            return []
        try:
            with self._lock, self._database:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error:
            # It saves time, and no more than that.
            return []


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)
    # No answer is worth a wait for the disk.
    database.execute("PRAGMA synchronous = OFF")
    database.execute(_TABLE)
    return database


class RememberedFiles:
    """Files in the history of one mirror, each asked of git once.

    Parameters
    ----------
    files : `MirrorFiles`
        The mirror's.
    memory : `FileMemory`
        What was asked before.
    """

    def __init__(self, files: MirrorFiles, memory: FileMemory) -> None:
        self._files = files
        self._memory = memory

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
        FilesNotFetchedError
            Raised if some were never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """

        def read() -> list[str | None]:
            texts = self._files.texts(places)
            return [
                None if is_mute(path, text) else text for (_, path), text in zip(places, texts, strict=True)
            ]

        return tuple(self._remember(f"texts {json.dumps(places)}", read))

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
        FilesNotFetchedError
            Raised if some were never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """

        def read() -> list[list[str]]:
            added = self._files.added_files(start, end, folders)
            return [[one.path, one.commit, one.text] for one in added]

        rows = self._remember(f"added {start} {end} {json.dumps(folders)}", read)
        return tuple(AddedFile(path=path, commit=GitSha(commit), text=text) for path, commit, text in rows)

    def _remember(self, question: str, make: Callable[[], Any]) -> Any:
        """Answer as before: between two commits nothing ever changes, but files may have been fetched."""
        files, memory = self._files, self._memory
        known = memory.find(files.url, question)
        packs = files.packs()
        if known is not None and known[1] is not None:
            return json.loads(known[1])
        if known is not None and known[0] == packs and files.is_offline:
            raise FilesNotFetchedError
        try:
            made = make()
        except FilesNotFetchedError:
            memory.keep(files.url, question, packs, None)
            raise
        memory.keep(files.url, question, packs, json.dumps(made, ensure_ascii=False))
        return made
