"""Package roots on disk: files that appear whole, and never change once they are there."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_bytes, sha256_of, write_atomic
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import index_path
from lsstinstall.core.packageindexreading import parse_package_index
from lsstinstall.core.releases import FileRecord
from rubin_releng.adapters.journals import append_line, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PackageFolder"]


class PackageFolder:
    """A package root that is a folder.

    Parameters
    ----------
    root : `~pathlib.Path`
        Holds ``src``, ``releases`` and the folders of binaries.
    journal : `~pathlib.Path`, optional
        A file elsewhere that remembers what packages were made from, so that
        they need not be made again only to be compared.
    """

    def __init__(self, root: Path, *, journal: Path | None = None) -> None:
        self._root = root
        self._journal = journal
        text = "" if journal is None else read_lines(journal)
        self._made = _read_journal(text, str(root.absolute()))

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return (self._root / path).is_file()

    def read(self, path: str) -> bytes | None:
        """Read a file; `None` if there is none."""
        try:
            return read_bytes(self._root / path)
        except NotFoundError:
            return None

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file; `None` if there is none."""
        file = self._root / path
        try:
            return FileRecord(path=path, size_bytes=file.stat().st_size, sha256=sha256_of(file))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explain(error, doing="read") from error

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders."""
        try:
            entries = list(os.scandir(self._root / folder))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise explain(error, doing="read") from error
        return tuple(
            sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))
        )

    def folders(self) -> tuple[str, ...]:
        """Name all folders that hold files, sorted, hidden ones left out; ``.`` is the root."""
        found = []
        for place, names, _ in os.walk(self._root):
            names[:] = [name for name in names if not name.startswith(".")]
            folder = Path(place).relative_to(self._root).as_posix()
            if self.listing(folder):
                found.append(folder)
        return tuple(sorted(found))

    def write(self, path: str, data: bytes) -> None:
        """Write a file, or replace it in one step."""
        write_atomic(self._root / path, data, mode=0o644)

    def add(self, path: str, key: str | None, make: Callable[[Path], None]) -> tuple[bool, FileRecord]:
        """Add a file that never changes.

        Parameters
        ----------
        path : `str`
            Below the package root.
        key : `str` or `None`
            Digest of what it is made from; `None` if nobody knows.
        make : `~collections.abc.Callable`
            Writes the content to a file that is given to it.

        Returns
        -------
        added : `bool`
            False if the same file is there.
        record : `~lsstinstall.core.releases.FileRecord`
            Size and digest of what is there now.

        Raises
        ------
        CorruptError
            Raised if what is there is not what was added once.
        RefusedError
            Raised if what is there was made from something else.
        """
        old = self.describe(path)
        known = self._made.get(path)
        if old is not None and known is not None and known[0] == key:
            if known[1] != old.sha256:
                raise CorruptError(
                    f"`{self._root / path}` was changed after it was published",
                    hint="restore it, or remove it and publish again",
                )
            return False, old
        temporary = self._root / f"{path}.{secrets.token_hex(4)}.tmp"
        temporary = temporary.with_name(f".{temporary.name}")
        make_directory(temporary.parent)
        try:
            make(temporary)
            new = FileRecord(path=path, size_bytes=temporary.stat().st_size, sha256=sha256_of(temporary))
            if old is not None and old != new:
                raise RefusedError(
                    f"`{path}` is there with other content",
                    hint="what was published stays; build from other sources, or in another environment",
                )
            if old is None:
                temporary.chmod(0o644)
                temporary.replace(self._root / path)
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            temporary.unlink(missing_ok=True)
        if key is not None and self._journal is not None:
            self._note(self._journal, path, key, new)
        return old is None, new

    def add_index(self, package: FileRecord) -> tuple[bool, FileRecord]:
        """Write down beside a binary package what is in it.

        Parameters
        ----------
        package : `~lsstinstall.core.releases.FileRecord`
            The package, which is there.

        Returns
        -------
        added : `bool`
            False if its index is there; it stays.
        record : `~lsstinstall.core.releases.FileRecord`
            The index.

        Raises
        ------
        CorruptError
            Raised if what is there is no index, or that of another package.
        """
        path = index_path(package.path)
        old = self.read(path)
        data = index_archive(self._root / package.path).format() if old is None else old
        if parse_package_index(data, source=str(self._root / path)).sha256 != package.sha256:
            raise CorruptError(
                f"`{self._root / path}` is the index of another package",
                hint="restore it, or remove it and publish again",
            )
        if old is None:
            self.write(path, data)
        return old is None, FileRecord(
            path=path, size_bytes=len(data), sha256=Sha256(hashlib.sha256(data).hexdigest())
        )

    def _note(self, journal: Path, path: str, key: str, record: FileRecord) -> None:
        entry = {"root": str(self._root.absolute()), "path": path, "key": key, "sha256": record.sha256}
        append_line(journal, json.dumps(entry, separators=(",", ":")) + "\n")
        self._made[path] = (key, record.sha256)


def _read_journal(text: str, root: str) -> dict[str, tuple[str, str]]:
    made: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            if entry["root"] == root:
                made[entry["path"]] = (entry["key"], entry["sha256"])
        except (ValueError, KeyError, TypeError):
            continue  # the end of a writer that was killed
    return made
