"""What mirrors hold, in one SQLite file: refs and logs of all repositories, and what was worked out."""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from lsstinstall.adapters.files import make_directory
from lsstinstall.core.errors import ToolkitError, UnavailableError
from lsstinstall.core.names import GitSha
from rubin_releng.adapters.loggedhistories import LoggedHistory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["MirrorRef", "MirrorStore"]

_WAIT_SECONDS = 60.0
_MANY = 16
# Raised with the layout: another one is thrown away, for everything can be read again.
_LAYOUT = 2
_TABLES = """
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL, branch TEXT,
    updated INTEGER NOT NULL, is_cut INTEGER NOT NULL
);
CREATE TABLE refs (
    repository INTEGER NOT NULL, name TEXT NOT NULL, sha TEXT NOT NULL, message TEXT NOT NULL, time INTEGER,
    PRIMARY KEY (repository, name)
) WITHOUT ROWID;
CREATE INDEX refs_by_name ON refs (name, repository, sha);
CREATE TABLE logs (repository INTEGER PRIMARY KEY, text BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRef:
    """A ref of one repository.

    Parameters
    ----------
    name : `str`
        The whole ref, or ``HEAD``.
    sha : `GitSha`
        Its commit.
    message : `str`
        First line of an annotated tag's message; else empty.
    time : `int` or `None`
        When a tag was made, in seconds since 1970.
    """

    name: str
    sha: GitSha
    message: str = ""
    time: int | None = None


class MirrorStore:
    """The file, open; several processes may use it at once.

    Parameters
    ----------
    path : `~pathlib.Path`
        Made if it is missing, and made anew if it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._named: dict[tuple[str, ...], dict[int, tuple[GitSha | None, ...]]] = {}
        self._whole: dict[int, dict[str, GitSha]] | None = None
        make_directory(path.parent)
        try:
            self._database = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _explain(error, path) from error
            path.unlink()
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, check_same_thread=False)
        try:
            if database.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
                with database:
                    database.execute("BEGIN IMMEDIATE")
                    if database.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
                        _make_tables(database)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._database:
                yield self._database
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        if self._process != os.getpid():
            # Two processes must not share what the first one opened.
            self._database, self._process = self._open(), os.getpid()
        try:
            with self._lock, closing(self._database.execute(query, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error

    def state(self, url: str) -> tuple[str, str | None, int] | None:
        """Tell the fingerprint of a repository's refs, its own main branch, and when it was updated."""
        rows = self._rows("SELECT fingerprint, branch, updated FROM repositories WHERE url = ?", url)
        for fingerprint, branch, updated in rows:
            return str(fingerprint), None if branch is None else str(branch), _number(updated)
        return None

    def fingerprint(self) -> str:
        """Give one text that changes whenever any repository does."""
        rows = self._rows("SELECT url, fingerprint FROM repositories ORDER BY url")
        return "\n".join(f"{url} {fingerprint}" for url, fingerprint in rows)

    def save(
        self,
        url: str,
        *,
        fingerprint: str,
        branch: str | None,
        updated: int,
        refs: Iterable[MirrorRef],
        log: str,
        is_cut: bool,
    ) -> None:
        """Keep all of one repository, in one step.

        Parameters
        ----------
        url : `str`
            Its address.
        fingerprint : `str`
            Of its refs.
        branch : `str` or `None`
            Main line, where it has another name than usual.
        updated : `int`
            Seconds since 1970.
        refs : `~collections.abc.Iterable` [ `MirrorRef` ]
            All that are to be found later.
        log : `str`
            What git printed, asked with `LOG_OPTIONS`.
        is_cut : `bool`
            Whether the history is cut off somewhere.
        """
        packed = zlib.compress(log.encode("utf-8"), 1)
        with self._transaction() as database:
            database.execute(
                "INSERT INTO repositories (url, fingerprint, branch, updated, is_cut) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (url) DO UPDATE SET fingerprint = excluded.fingerprint,"
                " branch = excluded.branch, updated = excluded.updated, is_cut = excluded.is_cut",
                (url, fingerprint, branch, updated, is_cut),
            )
            (number,) = database.execute("SELECT id FROM repositories WHERE url = ?", (url,)).fetchone()
            database.execute("DELETE FROM refs WHERE repository = ?", (number,))
            rows = ((number, one.name, one.sha, one.message, one.time) for one in refs)
            database.executemany("INSERT OR REPLACE INTO refs VALUES (?, ?, ?, ?, ?)", rows)
            database.execute("INSERT OR REPLACE INTO logs VALUES (?, ?)", (number, packed))
        self._whole = None
        self._named.clear()

    def histories(self, urls: Iterable[str]) -> dict[str, LoggedHistory]:
        """Open the histories of repositories that are here.

        Parameters
        ----------
        urls : `~collections.abc.Iterable` [ `str` ]
            Addresses.

        Returns
        -------
        histories : `dict` [ `str`, `LoggedHistory` ]
            Without those that are not here; read when they are wanted.
        """
        rows = self._rows("SELECT url, id, is_cut FROM repositories")
        known = {str(url): (_number(number), bool(is_cut)) for url, number, is_cut in rows}
        return {
            url: LoggedHistory(
                partial(self._refs, known[url][0]), partial(self._log, known[url][0]), is_cut=known[url][1]
            )
            for url in dict.fromkeys(urls)
            if url in known
        }

    def tag_names(self, url: str) -> tuple[str, ...]:
        """List the tags of one repository.

        Parameters
        ----------
        url : `str`
            Its address.

        Returns
        -------
        names : `tuple` [ `str`, ... ]
            Without ``refs/tags/``, sorted.
        """
        rows = self._rows(
            "SELECT substr(name, 11) FROM refs JOIN repositories ON id = repository"
            " WHERE url = ? AND name >= 'refs/tags/' AND name < 'refs/tags0' ORDER BY name",
            url,
        )
        return tuple(str(name) for (name,) in rows)

    def tag_facts(self) -> dict[str, tuple[int, str, int | None]]:
        """Tell what all repositories together say of each tag.

        Returns
        -------
        facts : `dict` [ `str`, `tuple` [ `int`, `str`, `int` or `None` ] ]
            By name without ``refs/tags/``, sorted: how many have it, what one
            of them says in its first line, and the earliest time in seconds
            since 1970, if any is known.
        """
        rows = self._rows(
            "SELECT substr(name, 11), count(*), max(message), min(time) FROM refs"
            " WHERE name >= 'refs/tags/' AND name < 'refs/tags0' GROUP BY name ORDER BY name"
        )
        return {
            str(name): (_number(count), str(message), None if time is None else _number(time))
            for name, count, message, time in rows
        }

    def tagged(self, names: Sequence[str]) -> dict[str, dict[str, MirrorRef]]:
        """Read some refs in all repositories.

        Parameters
        ----------
        names : `~collections.abc.Sequence` [ `str` ]
            Whole refs.

        Returns
        -------
        refs : `dict` [ `str`, `dict` [ `str`, `MirrorRef` ] ]
            By address, then by ref.
        """
        marks = ",".join("?" * len(names))
        rows = self._rows(
            "SELECT url, name, sha, message, time FROM refs"  # noqa: S608 - marks only
            f" JOIN repositories ON id = repository WHERE name IN ({marks})",
            *names,
        )
        found: dict[str, dict[str, MirrorRef]] = {}
        for url, name, sha, message, time in rows:
            found.setdefault(str(url), {})[str(name)] = MirrorRef(
                name=str(name),
                sha=GitSha(str(sha)),
                message=str(message),
                time=None if time is None else _number(time),
            )
        return found

    def _refs(self, number: int, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        if self._whole is not None:
            return tuple(map(self._whole[number].get, names))
        asked = tuple(names)
        found = self._named.get(asked)
        if found is None and len(self._named) < _MANY and len(asked) < _MANY:
            # Who asks one repository goes on to the next.
            found = self._named[asked] = self._read_named(asked)
        if found is not None:
            return found.get(number) or (None,) * len(asked)
        # Whoever asks so much wants nearly all of them.
        self._whole = self._all_refs()
        return tuple(map(self._whole[number].get, names))

    def _all_refs(self) -> dict[int, dict[str, GitSha]]:
        numbers = self._rows("SELECT id FROM repositories")
        found: dict[int, dict[str, GitSha]] = {_number(number): {} for (number,) in numbers}
        # One text of each repository: a row of each ref takes longer to read. No ref has a space.
        joined = "SELECT repository, group_concat(name || ' ' || sha, ' ') FROM refs GROUP BY repository"
        for number, text in self._rows(joined):
            words = cast("str", text).split(" ")
            shas = dict(zip(words[::2], words[1::2], strict=True))
            found[_number(number)] = cast("dict[str, GitSha]", shas)
        return found

    def _read_named(self, names: tuple[str, ...]) -> dict[int, tuple[GitSha | None, ...]]:
        """Read some refs in all repositories."""
        marks = ",".join("?" * len(names))
        rows = self._rows(
            f"SELECT repository, name, sha FROM refs WHERE name IN ({marks})",  # noqa: S608 - marks only
            *names,
        )
        found: dict[int, dict[str, GitSha]] = {}
        for number, name, sha in cast("list[tuple[int, str, GitSha]]", rows):
            found.setdefault(number, {})[name] = sha
        return {number: tuple(map(shas.get, names)) for number, shas in found.items()}

    def _log(self, number: int) -> str:
        """Read the log of one repository."""
        ((packed,),) = self._rows("SELECT text FROM logs WHERE repository = ?", number)
        return zlib.decompress(cast("bytes", packed)).decode("utf-8")


def _make_tables(database: sqlite3.Connection) -> None:
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        database.execute(f'DROP TABLE "{name}"')
    for statement in _TABLES.split(";"):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {_LAYOUT}")


def _number(value: object) -> int:
    return cast("int", value)


def _explain(error: sqlite3.Error, path: Path) -> ToolkitError:
    return UnavailableError(
        f"cannot use `{path}`: {error}", hint="remove it, and run `rubin-releng changelog mirror` again"
    )
