"""Package roots in folders and buckets: files that appear whole, and never change once they are there."""

from __future__ import annotations

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, sha256_of
from lsstinstall.adapters.packageindexes import index_archive
from lsstinstall.core.errors import CorruptError, RefusedError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import index_path
from lsstinstall.core.packageindexreading import parse_package_index
from lsstinstall.core.releases import FileRecord
from rubin_releng.adapters.journals import append_line, read_lines
from rubin_releng.adapters.sourcepackages import hold_the_same

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from rubin_releng.adapters.objectstores import Objects

__all__ = ["PackageRoot"]

_QUESTIONS_AT_ONCE = 16
_SOURCES = ".eupspkg"


class PackageRoot:
    """A package root.

    Parameters
    ----------
    objects : `~rubin_releng.adapters.objectstores.Objects`
        Holds ``src``, ``releases`` and the folders of binaries.
    journal : `~pathlib.Path`, optional
        A file of this machine that remembers what packages were made from, so
        that they need not be made again only to be compared.

    Notes
    -----
    What a server said of a file is not asked again, for files stay as they
    are; only for those that move it is asked when they are written.
    """

    def __init__(self, objects: Objects, *, journal: Path | None = None) -> None:
        self._objects = objects
        self._journal = journal
        text = "" if journal is None else read_lines(journal)
        self._made = _read_journal(text, objects.url)
        self._seen: dict[str, FileRecord | None] = {}
        self._indexes: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return self._objects.url

    def look(self, paths: Collection[str]) -> None:
        """Ask a server for many files at once, before they are asked for one by one."""
        if not self._objects.is_remote:
            return
        asked = [path for path in dict.fromkeys(paths) if path not in self._seen]
        with ThreadPoolExecutor(max_workers=_QUESTIONS_AT_ONCE, thread_name_prefix="look") as pool:
            self._seen |= dict(zip(asked, pool.map(self._objects.describe, asked), strict=True))

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._seen[path] is not None if path in self._seen else self._objects.exists(path)

    def read(self, path: str) -> bytes | None:
        """Read a file; `None` if there is none."""
        return self._objects.read(path)

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file; `None` if there is none."""
        if path in self._seen:
            return self._seen[path]
        return self._objects.describe(path)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders."""
        return self._objects.listing(folder)

    def folders(self) -> tuple[str, ...]:
        """Name all folders that hold files, sorted, hidden ones left out; ``.`` is the root."""
        return self._objects.folders()

    def write(self, path: str, data: bytes) -> None:
        """Write a file, or replace it in one step."""
        self._objects.write(path, data)
        self._note_seen(_describe(path, data))

    def insert(self, path: str, data: bytes) -> bool:
        """Write a file that is not there; false, and nothing done, if there is one now."""
        inserted = self._objects.insert(path, data)
        if inserted:
            self._note_seen(_describe(path, data))
        else:
            self._seen.pop(path, None)
        return inserted

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a file by what is made of its content; nothing others write meanwhile is lost."""
        data = self._objects.update(path, change)
        self._note_seen(_describe(path, data))
        return data

    def _note_seen(self, record: FileRecord) -> None:
        if self._objects.is_remote:
            self._seen[record.path] = record

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
                    f"`{self.url}/{path}` was changed after it was published",
                    hint="restore it, or remove it and publish again",
                )
            return False, old
        added, new = self._make(path, old, make)
        if key is not None and self._journal is not None:
            self._note(self._journal, path, key, new)
        return added, new

    def _make(
        self, path: str, old: FileRecord | None, make: Callable[[Path], None]
    ) -> tuple[bool, FileRecord]:
        made = self._objects.desk(path)
        try:
            made.unlink(missing_ok=True)
            make(made)
            new = FileRecord(path=path, size_bytes=made.stat().st_size, sha256=sha256_of(made))
            if old is None:
                self._index_early(made, path)
                if self._objects.adopt(made, path):
                    self._note_seen(new)
                    return True, new
                # Somebody else was faster.
                return False, self._accept(path, self._objects.describe(path), new, made)
            return False, self._accept(path, old, new, made)
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            made.unlink(missing_ok=True)

    def _accept(self, path: str, old: FileRecord | None, new: FileRecord, made: Path) -> FileRecord:
        """Take what is there for what was made, if it holds the same."""
        if old == new:
            return new
        if old is None or not path.endswith(_SOURCES) or not self._holds_the_same(path, made):
            raise RefusedError(
                f"`{path}` is there with other content",
                hint="what was published stays; build from other sources, or in another environment",
            )
        return old

    def _holds_the_same(self, path: str, made: Path) -> bool:
        """Compare with a source package that EUPS made; what others put there meanwhile is no such."""
        if not made.is_file():
            return False
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
            copy = Path(scratch) / "package"
            self._objects.download(path, copy)
            return hold_the_same(made, copy)

    def _index_early(self, made: Path, path: str) -> None:
        """Look into a binary package while it is on this machine."""
        if path.endswith(".tar.gz"):
            self._indexes[path] = index_archive(made).format()

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
        old = self.read(path) if self.exists(path) else None
        data = self._index_of(package) if old is None else old
        if parse_package_index(data, source=f"{self.url}/{path}").sha256 != package.sha256:
            raise CorruptError(
                f"`{self.url}/{path}` is the index of another package",
                hint="restore it, or remove it and publish again",
            )
        if old is None:
            self.write(path, data)
        return old is None, _describe(path, data)

    def _index_of(self, package: FileRecord) -> bytes:
        known = self._indexes.pop(package.path, None)
        if known is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
            copy = Path(scratch) / "package"
            self._objects.download(package.path, copy)
            return index_archive(copy).format()

    def _note(self, journal: Path, path: str, key: str, record: FileRecord) -> None:
        entry = {"root": self.url, "path": path, "key": key, "sha256": record.sha256}
        append_line(journal, json.dumps(entry, separators=(",", ":")) + "\n")
        self._made[path] = (key, record.sha256)


def _describe(path: str, data: bytes) -> FileRecord:
    return FileRecord(path=path, size_bytes=len(data), sha256=Sha256(hashlib.sha256(data).hexdigest()))


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
