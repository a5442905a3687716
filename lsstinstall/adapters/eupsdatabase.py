"""The files of a stack's ``ups_db``: read fast, replaced whole, and so that EUPS notices."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, explain
from lsstinstall.core.chainfiles import parse_chain_file
from lsstinstall.core.globaltags import format_global_tags, parse_global_tags
from lsstinstall.core.versionfiles import parse_version_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lsstinstall.core.chainfiles import ChainFile
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versionfiles import VersionFile
    from lsstinstall.core.versions import EupsVersion

__all__ = ["Database", "read_small_text"]

_VERSION = ".version"
_CHAIN = ".chain"
_NEW = ".new"
_STEP_NS = 1_000_000
"""Less is lost when EUPS reads a file's time as a float."""
_SYNCED_AT_ONCE = 16


def read_small_text(path: str) -> str | None:
    """Read a small UTF-8 file with as few calls as possible: set-up reads hundreds.

    Parameters
    ----------
    path : `str`
        File to read.

    Returns
    -------
    text : `str` or `None`
        Its content; `None` if there is no such file.

    Raises
    ------
    FormatError
        Raised if it is not UTF-8.
    RefusedError
        Raised if we may not read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise explain(error, doing="read") from error
    try:
        data = os.read(descriptor, os.fstat(descriptor).st_size + 1)
    except OSError as error:
        raise explain(error, doing="read") from error
    finally:
        os.close(descriptor)
    return decode_text(data, source=path)


class Database:
    """One ``ups_db``, file by file and without a memory.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder ``<stack>/ups_db``.

    Notes
    -----
    EUPS keeps caches (pickles) and takes them for current unless a product's
    folder, or a file in it, is younger. So whenever we change something in a
    product's folder, the folder's time moves on, even if the clock stands.
    We never touch the pickles.
    """

    def __init__(self, path: Path) -> None:
        self._root = str(path)
        self._path = path
        self._changed: set[Path] = set()
        self._gathered: dict[Path, bytes] | None = None

    @property
    def path(self) -> Path:
        """The folder ``<stack>/ups_db``."""
        return self._path

    def product_names(self) -> tuple[str, ...]:
        """List the folders that may hold declarations.

        Returns
        -------
        names : `tuple` [ `str`, ... ]
            Sorted; also folders that hold none, as those of interned tables.
        """
        try:
            with os.scandir(self._root) as entries:
                return tuple(sorted(entry.name for entry in entries if entry.is_dir()))
        except OSError as error:
            raise explain(error, doing="read the database") from error

    def version_names(self, product: str) -> tuple[str, ...]:
        """List the versions that have a file, for any flavor, sorted as text."""
        return self._names(product, _VERSION)

    def chain_names(self, product: str) -> tuple[str, ...]:
        """List the tags that have a file, for any flavor, sorted as text."""
        return self._names(product, _CHAIN)

    def _names(self, product: str, suffix: str) -> tuple[str, ...]:
        try:
            with os.scandir(f"{self._root}/{product}") as entries:
                names = [entry.name for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise explain(error, doing="read the database") from error
        cut = -len(suffix)
        return tuple(sorted(name[:cut] for name in names if name.endswith(suffix) and name[0] != "."))

    def read_version(self, product: ProductName, version: EupsVersion) -> VersionFile | None:
        """Read the declarations of one version; `None` if there are none."""
        path = f"{self._root}/{product}/{version}{_VERSION}"
        text = read_small_text(path)
        return None if text is None else parse_version_file(text, source=path)

    def read_chain(self, product: ProductName, tag: str) -> ChainFile | None:
        """Read which versions carry a tag; `None` if none does."""
        path = f"{self._root}/{product}/{tag}{_CHAIN}"
        text = read_small_text(path)
        # A tag's file is not synced, so a power failure may leave an empty one; EUPS reads it so, too.
        return parse_chain_file(text, source=path) if text else None

    def write_version(self, file: VersionFile) -> None:
        """Replace the declarations of one version; without a flavor the file is removed."""
        name = f"{file.version}{_VERSION}"
        self._replace(file.product, name, file.format() if file.flavors else None, sync=True)

    def write_chain(self, file: ChainFile) -> None:
        """Replace the assignments of one tag; without any the file is removed."""
        name = f"{file.tag}{_CHAIN}"
        self._replace(file.product, name, file.format() if file.assignments else None, sync=False)

    def _replace(self, product: str, name: str, text: str | None, *, sync: bool) -> None:
        folder = self._path / product
        try:
            if text is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._changed.add(folder)
            before = folder.stat().st_mtime_ns
            if text is None:
                (folder / name).unlink(missing_ok=True)
            elif sync and self._gathered is not None:
                self._gathered[folder / name] = text.encode()
            else:
                _write(folder / name, text.encode(), sync=sync)
            status = folder.stat()
            if status.st_mtime_ns <= before:
                os.utime(folder, ns=(status.st_atime_ns, before + _STEP_NS))
        except OSError as error:
            raise explain(error, doing="write to the database") from error

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Let the declarations that are written in a block appear at its end.

        Many wait for the disk together, which takes about as long as one
        does. What is read in the block is what was there before.

        Yields
        ------
        `None`
            After an error in the block none of them appears.
        """
        self._gathered = {}
        try:
            yield
            _write_all(self._gathered)
        except OSError as error:
            raise explain(error, doing="write to the database") from error
        finally:
            self._gathered = None

    def touch_changed(self) -> None:
        """Make all folders that we changed young once more.

        An ``eups list`` that began before a change and ended after it has
        written a cache that is younger than the change, and without it.
        """
        for folder in self._changed:
            with suppress(OSError):
                status = folder.stat()
                os.utime(folder, ns=(status.st_atime_ns, max(time.time_ns(), status.st_mtime_ns + _STEP_NS)))
        self._changed.clear()

    def remove_product(self, product: ProductName) -> None:
        """Remove a product's folder if nothing is declared or tagged in it."""
        if self.version_names(product) or self.chain_names(product):
            return
        folder = self._path / product
        with suppress(OSError):
            for leftover in folder.glob(f".*{_NEW}"):
                leftover.unlink()
            folder.rmdir()

    def write_interned(self, path: str, data: bytes) -> None:
        """Put a file into the database's own folders, ``<flavor>/<product>/<version>/ups/<name>``."""
        target = self._path / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, data, sync=True)
        except OSError as error:
            raise explain(error, doing="write to the database") from error

    def global_tags(self) -> tuple[str, ...]:
        """Read the registered tags, in the order of registration."""
        text = read_small_text(f"{self._root}/global.tags")
        return () if text is None else parse_global_tags(text)

    def add_global_tags(self, tags: Iterable[str]) -> None:
        """Register tags; EUPS refuses to set up a tag that is not registered."""
        known = self.global_tags()
        added = tuple(dict.fromkeys(tag for tag in tags if tag not in known))
        if not added:
            return
        try:
            _write(self._path / "global.tags", format_global_tags((*known, *added)).encode(), sync=True)
        except OSError as error:
            raise explain(error, doing="write to the database") from error


def _write_all(files: Mapping[Path, bytes]) -> None:
    if len(files) <= 1:
        for path, data in files.items():
            _write(path, data, sync=True)
        return
    # Imported here: every shell that sets something up reads this module.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        list(pool.map(lambda path: _write(path, files[path], sync=True), files))


def _write(path: Path, data: bytes, *, sync: bool) -> None:
    """Write a file whole.

    The temporary name is fixed, so that a killed run leaves at most one file,
    which the next run overwrites; the stack's lock lets only one of them write.
    """
    temporary = path.with_name(f".{path.name}{_NEW}")
    try:
        with temporary.open("wb", buffering=0) as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.write(data)
            if sync:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
