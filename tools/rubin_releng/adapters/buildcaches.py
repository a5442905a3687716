"""The build cache: products by the key of all that they were built from, near and far."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from lsstinstall.adapters.files import explain, sha256_of
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.errors import CorruptError, NotFoundError, ToolkitError, UnavailableError
from rubin_releng.adapters.buildarchives import find_moves, pack_product, unpack_product
from rubin_releng.adapters.objectstores import open_object_store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.buildmanifests import ManifestProduct

__all__ = [
    "ARCHIVES",
    "ENTRIES",
    "BuildCache",
    "CacheEntry",
    "CacheStore",
    "archive_path",
    "entry_path",
    "list_entries",
    "open_caches",
    "remove_entries",
    "stray_archives",
]

ENTRIES, ARCHIVES = "entries", "archives"
"""Folders of a cache."""

_SCHEMA = 1
# Smaller archives are unpacked from memory.
_SMALL_BYTES = 32 << 20


class CacheStore(Protocol):
    """What a cache needs of a folder or a bucket."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def is_remote(self) -> bool:
        """Whether each question travels to a server."""

    def read(self, path: str) -> bytes | None:
        """Read a file; `None` if there is none."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder."""

    def download(self, path: str, target: Path) -> None:
        """Fetch a file."""

    def upload(self, source: Path, path: str) -> None:
        """Put a file there, in one step."""

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, in one step."""

    def remove(self, path: str) -> None:
        """Remove a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One product in a cache.

    Parameters
    ----------
    key : `str`
        What it was built from; with the place behind it if it works only there.
    sha256 : `str`
        Digest of its archive.
    size_bytes : `int`
        Size of the archive.
    product, version : `str`
        What it is, for people.
    created : `str`
        When it was built, UTC.
    """

    key: str
    sha256: str
    size_bytes: int
    product: str
    version: str
    created: str

    def format(self) -> bytes:
        """Write it."""
        record = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({"schema": _SCHEMA, **record}, sort_keys=True).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> CacheEntry | None:
        """Read one; `None` if it cannot be read."""
        try:
            record = json.loads(data)
            values = {name: record[name] for name in cls.__slots__}
            return cls(**values) if isinstance(values["size_bytes"], int) else None
        except (ValueError, KeyError, TypeError):
            return None


def entry_path(key: str) -> str:
    """Say where the entry of a key is."""
    return f"{ENTRIES}/{key}.json"


def archive_path(sha256: str) -> str:
    """Say where the archive of a digest is."""
    return f"{ARCHIVES}/{sha256}.tar.zst"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCache:
    """Several caches, the nearest first; used by several threads at once.

    Parameters
    ----------
    stores : `~collections.abc.Sequence` [ `CacheStore` ]
        What is found in a far one is put into those before it.
    places : `~collections.abc.Mapping` [ `str`, `str` ]
        Absolute paths that products may name: of the stack, of the
        environment.
    clock : `~collections.abc.Callable`, optional
        Tells the time, in UTC.
    """

    stores: Sequence[CacheStore]
    places: Mapping[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _dead: set[str] = field(default_factory=set)
    _unsaid: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_far(self) -> bool:
        """Whether each question to one of them travels to a server."""
        return any(store.is_remote for store in self.stores)

    def find(self, key: str) -> int | None:
        """Look for a product.

        Parameters
        ----------
        key : `str`
            What it would be built from.

        Returns
        -------
        size_bytes : `int` or `None`
            Size of its archive; `None` if no cache has it, it seems. What
            goes wrong is said when a product is fetched.
        """
        for store in self.stores:
            for name in (key, self._bound(key)):
                entry = None
                with self._noted(store, self._unsaid):
                    entry = self._entry(store, name)
                if entry is not None:
                    return entry.size_bytes
        return None

    def fetch(self, key: str, folder: Path, notes: list[str]) -> str | None:
        """Unpack a product.

        Parameters
        ----------
        key : `str`
            What it would be built from.
        folder : `~pathlib.Path`
            Made for it.
        notes : `list` [ `str` ]
            Gets what a user may want to know.

        Returns
        -------
        url : `str` or `None`
            The cache it came from; `None` if it has to be built, because none
            has it, or what they have is not what was put there.
        """
        with self._lock:
            notes += self._unsaid
            self._unsaid.clear()
        for number, store in enumerate(self.stores):
            for name in (key, self._bound(key)):
                found = False
                with self._noted(store, notes):
                    found = self._fetch(store, name, folder, self.stores[:number], notes)
                if found:
                    return store.url
                remove_tree(folder)
        return None

    def store(self, key: str, product: ManifestProduct, folder: Path, notes: list[str]) -> None:
        """Keep a product that was just built.

        Parameters
        ----------
        key : `str`
            What it was built from.
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            What it is.
        folder : `~pathlib.Path`
            Where it is installed.
        notes : `list` [ `str` ]
            Gets what a user may want to know; a cache that cannot be written
            does no harm to a build.
        """
        moves = find_moves(folder, self.places)
        name = self._bound(key) if moves.bound else key
        scratch = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.pack")
        try:
            with scratch.open("xb") as stream:
                pack_product(folder, moves, stream)
            entry = CacheEntry(
                key=name,
                sha256=sha256_of(scratch),
                size_bytes=scratch.stat().st_size,
                product=product.name,
                version=product.version,
                created=self.clock().isoformat(timespec="seconds"),
            )
            self._bring_nearer(entry, scratch, self.stores, notes)
        except OSError as error:
            notes.append(f"`{product.name}` is not kept in the build cache: {explain(error, doing='pack')}")
        finally:
            scratch.unlink(missing_ok=True)

    def _bound(self, key: str) -> str:
        text = json.dumps(dict(self.places), sort_keys=True)
        return f"{key}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @contextmanager
    def _noted(self, store: CacheStore, notes: list[str]) -> Iterator[None]:
        """Let what goes wrong with a cache be no more than a note, and leave it alone from then on."""
        try:
            yield
        except CorruptError as error:
            notes.append(f"what the build cache <{store.url}> has is damaged, and it is built again: {error}")
        except ToolkitError as error:
            with self._lock:
                if store.url not in self._dead:
                    notes.append(f"the build cache <{store.url}> is left alone: {error}")
                self._dead.add(store.url)

    def _fetch(
        self, store: CacheStore, name: str, folder: Path, nearer: Sequence[CacheStore], notes: list[str]
    ) -> bool:
        entry = self._entry(store, name)
        if entry is None:
            return False
        if entry.size_bytes <= _SMALL_BYTES and not nearer:
            content = store.read(archive_path(entry.sha256))
            if content is None:
                raise _missing(entry)
            _check(entry, hashlib.sha256(content).hexdigest())
            unpack_product(io.BytesIO(content), folder, self.places)
            return True
        scratch = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.fetched")
        try:
            try:
                store.download(archive_path(entry.sha256), scratch)
            except NotFoundError as error:
                raise _missing(entry) from error
            _check(entry, sha256_of(scratch))
            with scratch.open("rb") as stream:
                unpack_product(stream, folder, self.places)
            self._bring_nearer(entry, scratch, nearer, notes)
        finally:
            scratch.unlink(missing_ok=True)
        return True

    def _entry(self, store: CacheStore, name: str) -> CacheEntry | None:
        data = None if store.url in self._dead else store.read(entry_path(name))
        if data is None:
            return None
        entry = CacheEntry.parse(data)
        if entry is None or entry.key != name:
            raise CorruptError(f"the entry {name[:10]} cannot be read")
        return entry

    def _bring_nearer(
        self, entry: CacheEntry, archive: Path, nearer: Sequence[CacheStore], notes: list[str]
    ) -> None:
        for store in nearer:
            with self._noted(store, notes):
                if store.url not in self._dead:
                    _put(store, entry, archive)


def _missing(entry: CacheEntry) -> CorruptError:
    return CorruptError(f"the archive of `{entry.product}` is not there")


def _check(entry: CacheEntry, digest: str) -> None:
    if digest != entry.sha256:
        raise CorruptError(f"the archive of `{entry.product}` is not what its digest says")


def _put(store: CacheStore, entry: CacheEntry, archive: Path) -> None:
    """Write the archive first: an entry is never there without it."""
    store.upload(archive, archive_path(entry.sha256))
    store.write(entry_path(entry.key), entry.format())


def open_caches(urls: Sequence[str], warn: Callable[[str], None]) -> list[CacheStore]:
    """Open build caches; what does not answer now is no reason not to build.

    Parameters
    ----------
    urls : `~collections.abc.Sequence` [ `str` ]
        Folders and buckets, the nearest first.
    warn : `~collections.abc.Callable`
        Hears of those that do not answer.

    Returns
    -------
    stores : `list` [ `CacheStore` ]
        The others, in the same order.

    Raises
    ------
    ToolkitError
        Raised if an address is wrong.
    """
    stores: list[CacheStore] = []
    for url in urls:
        try:
            stores.append(open_object_store(url))
        except UnavailableError as error:
            warn(f"the build cache <{url}> is left alone: {error}")
    return stores


def list_entries(store: CacheStore) -> tuple[CacheEntry, ...]:
    """List what is in a cache.

    Parameters
    ----------
    store : `CacheStore`
        The cache.

    Returns
    -------
    entries : `tuple` [ `CacheEntry`, ... ]
        The newest first; what cannot be read is left out.
    """
    data = (store.read(f"{ENTRIES}/{name}") for name in store.listing(ENTRIES))
    entries = [entry for one in data if one is not None and (entry := CacheEntry.parse(one)) is not None]
    return tuple(sorted(entries, key=lambda one: (one.created, one.key), reverse=True))


def stray_archives(store: CacheStore, entries: Collection[CacheEntry]) -> list[str]:
    """Name the archives that none of some entries needs, sorted."""
    needed = {archive_path(one.sha256) for one in entries}
    paths = (f"{ARCHIVES}/{name}" for name in store.listing(ARCHIVES))
    return [path for path in paths if path not in needed]


def remove_entries(store: CacheStore, entries: Collection[CacheEntry], archives: Collection[str]) -> None:
    """Remove entries, and then archives: an entry is never there without its archive.

    Parameters
    ----------
    store : `CacheStore`
        The cache. Who builds meanwhile may lose a product that he kept
        just now, and will build it again.
    entries : `~collections.abc.Collection` [ `CacheEntry` ]
        From `list_entries`.
    archives : `~collections.abc.Collection` [ `str` ]
        From `stray_archives`.
    """
    for one in entries:
        store.remove(entry_path(one.key))
    for path in archives:
        store.remove(path)
