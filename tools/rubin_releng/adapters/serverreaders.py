"""Package roots to look at: behind web servers, in buckets, in folders."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import sha256_of
from lsstinstall.adapters.folders import check_content
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.objectstores import FolderObjects, open_object_store
from rubin_releng.adapters.publishedfiles import RemoteFiles

if TYPE_CHECKING:
    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.releaserecords import FileRecord
    from rubin_releng.adapters.objectstores import Objects

__all__ = ["ObjectsReader", "WebReader", "open_server"]


def open_server(url: str) -> ObjectsReader | WebReader:
    """Open a package root to look at it.

    Parameters
    ----------
    url : `str`
        ``https://...``, ``http://...``, ``s3://...``, ``gs://...``,
        ``file:///...`` or the path of a folder.

    Returns
    -------
    server : `ObjectsReader` or `WebReader`
        Satisfies `rubin_releng.stack.ports.ServerReader`.

    Raises
    ------
    NotFoundError
        Raised if there is no such folder or bucket.
    """
    if url.startswith(("http://", "https://")) and "|" not in url:
        return WebReader(open_pkgroot(url.rstrip("/")))
    objects = open_object_store(url)
    if isinstance(objects, FolderObjects) and not objects.root.is_dir():
        raise NotFoundError(f"there is no folder `{url}`")
    return ObjectsReader(objects)


class ObjectsReader:
    """A package root in a bucket or folder.

    Parameters
    ----------
    objects : `~rubin_releng.adapters.objectstores.Objects`
        The bucket or folder.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @property
    def url(self) -> str:
        """Where it is."""
        return self._objects.url

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""
        return self._objects.read(path)

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._objects.exists(path)

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none."""
        return self._objects.size(path)

    def check(self, file: FileRecord) -> None:
        """Read a file and compare it with its record.

        Parameters
        ----------
        file : `~lsstinstall.core.releaserecords.FileRecord`
            The record.
        """
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
            copy = Path(scratch) / "file"
            self._objects.download(file.path, copy)
            check_content(
                f"{self.url}/{file.path}",
                size_bytes=copy.stat().st_size,
                sha256=sha256_of(copy),
                expected_size=file.size_bytes,
                expected_sha256=file.sha256,
            )


class WebReader:
    """A package root behind a web server.

    Parameters
    ----------
    root : `~lsstinstall.adapters.http.PkgrootReader`
        The server.
    """

    def __init__(self, root: PkgrootReader) -> None:
        self._root = root

    @property
    def url(self) -> str:
        """Where it is."""
        return self._root.url

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""
        try:
            return self._root.read_bytes(path)
        except NotFoundError:
            return None

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._root.exists(path)

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none, or the server does not tell."""
        try:
            return self._root.size_bytes(path)
        except NotFoundError:
            return None

    def check(self, file: FileRecord) -> None:
        """Fetch a file and compare it with its record.

        Parameters
        ----------
        file : `~lsstinstall.core.releaserecords.FileRecord`
            The record.
        """
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
            RemoteFiles(self._root, Path(scratch)).check(file)
