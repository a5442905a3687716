"""Files in folders and buckets, which appear whole and are replaced in one step."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from lsstinstall.adapters.files import explain, make_directory, read_bytes, sha256_of, write_atomic
from lsstinstall.adapters.folders import check_inner_path
from lsstinstall.core.accesses import split_address
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.releaserecords import FileRecord

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FolderObjects", "Objects", "ensure_folder", "open_object_store"]

_BUCKETS = ("s3", "gs")


class Objects(Protocol):
    """Every kind of store: `rubin_releng.stack.ports.ObjectStore`, and what publishing needs beyond."""

    @property
    def url(self) -> str:
        """Where it is, without a final slash."""

    @property
    def is_remote(self) -> bool:
        """Tell whether each question travels to a server."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none."""

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file; `None` if there is none."""

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders; none if there is no folder."""

    def folders(self) -> tuple[str, ...]:
        """Name all folders that hold files, sorted, hidden ones left out; ``.`` is the root."""

    def download(self, path: str, target: Path) -> None:
        """Fetch a file, which appears whole or not at all; `NotFoundError` if there is none."""

    def upload(self, source: Path, path: str) -> None:
        """Put a file there, or replace it, in one step."""

    def desk(self, path: str) -> Path:
        """Say where on this machine to make a file that `adopt` then puts there."""

    def adopt(self, made: Path, path: str) -> bool:
        """Put what was made there in one step; false, and nothing done, if there is a file.

        What was made is no longer where it was, in either case.
        """

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, or replace it, in one step."""

    def insert(self, path: str, data: bytes) -> bool:
        """Write a small file that is not there; false, and nothing done, if there is one."""

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a small file by what is made of its content; nothing others write meanwhile is lost."""

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""


def open_object_store(url: str) -> Objects:
    """Open a folder or a bucket.

    Parameters
    ----------
    url : `str`
        The path of a folder, ``file:///...``, ``s3://bucket/folder`` or
        ``gs://bucket/folder``. Buckets take endpoint and credentials from
        the environment, as other programs do: ``AWS_ACCESS_KEY_ID``,
        ``AWS_SECRET_ACCESS_KEY``, ``AWS_PROFILE``, ``AWS_ENDPOINT_URL`` or
        ``S3_ENDPOINT_URL``; ``GOOGLE_APPLICATION_CREDENTIALS``,
        ``STORAGE_EMULATOR_HOST``.

    Returns
    -------
    store : `Objects`
        A folder need not be there; a bucket is.

    Raises
    ------
    ConfigurationError
        Raised for another scheme or several places, or if the extra
        ``stores`` is not installed.
    NotFoundError
        Raised if there is no such bucket.
    UnavailableError
        Raised if its server does not answer, or lets us not in.
    """
    if not url.strip():
        # Not the folder where somebody happens to be, which a forgotten variable would name.
        raise ConfigurationError("an empty address names no place", hint="write `.` for the current folder")
    if "|" in url:
        raise ConfigurationError(f"`{url}` joins several places", hint="name one of them")
    parts = split_address(url)
    if parts.scheme in _BUCKETS and "://" in url:
        # Imported here: few publish to buckets, and their libraries are large.
        from rubin_releng.adapters.buckets import open_bucket  # noqa: PLC0415

        return open_bucket(url)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise ConfigurationError(f"<{url}> is on another machine", hint="write `file:///path/to/folder`")
        return FolderObjects(Path(unquote(parts.path)), url=url.rstrip("/"))
    if "://" in url:
        raise ConfigurationError(
            f"<{url}> is neither a folder nor a bucket",
            hint="use `s3://bucket/folder`, `gs://bucket/folder`, `file://` or the path of a folder",
        )
    return FolderObjects(Path(url))


def ensure_folder(path: str) -> str:
    """Give a folder's path a final slash, if it has a name; ``.`` and the empty text have none."""
    return "" if path in {"", "."} else f"{path.rstrip('/')}/"


class FolderObjects:
    """Files in a folder of this machine.

    Parameters
    ----------
    root : `~pathlib.Path`
        The folder; it is made when something is written.
    url : `str`, optional
        What it is called [default: its absolute path].
    """

    def __init__(self, root: Path, *, url: str | None = None) -> None:
        self._root = root.absolute()
        self._url = str(self._root) if url is None else url

    @property
    def url(self) -> str:
        """Where it is."""
        return self._url

    @property
    def is_remote(self) -> bool:
        """Tell whether each question travels to a server: it does not."""
        return False

    @property
    def root(self) -> Path:
        """The folder."""
        return self._root

    def _at(self, path: str) -> Path:
        return self._root / check_inner_path(path)

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._at(path).is_file()

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none."""
        try:
            return self._at(path).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explain(error, doing="read") from error

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file, which is read; `None` if there is none."""
        size = self.size(path)
        return (
            None if size is None else FileRecord(path=path, size_bytes=size, sha256=sha256_of(self._at(path)))
        )

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""
        try:
            return read_bytes(self._at(path))
        except NotFoundError:
            return None

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders; none if there is no folder."""
        try:
            entries = list(os.scandir(self._at(folder)))
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

    def download(self, path: str, target: Path) -> None:
        """Copy a file to a place of one's own, where it appears whole or not at all."""
        _copy(self._at(path), target)

    def upload(self, source: Path, path: str) -> None:
        """Put a file there, or replace it, in one step."""
        _copy(source, self._at(path))

    def desk(self, path: str) -> Path:
        """Say where to make a file that `adopt` then puts there: beside it.

        Always the same place, so that what a killed run left is written over.
        """
        target = self._at(path)
        make_directory(target.parent)
        return target.with_name(f".{target.name}.tmp")

    def adopt(self, made: Path, path: str) -> bool:
        """Put what was made there in one step; false, and nothing done, if there is a file."""
        target = self._at(path)
        try:
            if target.exists():
                made.unlink()
                return False
            made.chmod(0o644)
            with made.open("rb") as stream:
                os.fsync(stream.fileno())
            made.replace(target)
        except OSError as error:
            raise explain(error, doing="write") from error
        return True

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, or replace it, in one step."""
        write_atomic(self._at(path), data, mode=0o644)

    def insert(self, path: str, data: bytes) -> bool:
        """Write a small file that is not there; false, and nothing done, if there is one."""
        if self.exists(path):
            return False
        self.write(path, data)
        return True

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a small file by what is made of its content.

        Parameters
        ----------
        path : `str`
            The file.
        change : `~collections.abc.Callable`
            Makes the new content of the old one, `None` if there is none.

        Returns
        -------
        data : `bytes`
            What is there now. Writers of one folder hold its lock, so that
            nobody comes between.
        """
        old = self.read(path)
        new = change(old)
        if new != old:
            self.write(path, new)
        return new

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""
        try:
            self._at(path).unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, doing="remove") from error


def _copy(source: Path, target: Path) -> None:
    """Copy beside the target, sync, and let it appear there; leave nothing else behind."""
    make_directory(target.parent)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        with source.open("rb") as reading, temporary.open("xb") as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
            writing.flush()
            os.fsync(writing.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        doing = "read" if error.filename == str(source) else "write"
        error.filename = error.filename or str(target)
        raise explain(error, doing=doing) from error
    finally:
        temporary.unlink(missing_ok=True)
