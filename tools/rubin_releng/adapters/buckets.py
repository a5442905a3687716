"""Files in buckets: S3 and Google Cloud Storage, through fsspec."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import TYPE_CHECKING
from weakref import finalize

from lsstinstall.adapters.files import explain, make_directory, sha256_of
from lsstinstall.adapters.folders import check_content, check_inner_path
from lsstinstall.core.errors import ConfigurationError, NotFoundError, UnavailableError
from lsstinstall.core.names import parse_sha256
from lsstinstall.core.releaserecords import FileRecord
from rubin_releng.adapters.bucketdialects import open_dialect
from rubin_releng.adapters.bucketerrors import asking, is_taken
from rubin_releng.adapters.objectstores import ensure_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rubin_releng.adapters.bucketdialects import Dialect, ObjectFacts

__all__ = ["BucketObjects", "open_bucket"]

# Losing the race for one small file so often means that something else is wrong.
_UPDATES = 20


def open_bucket(url: str) -> BucketObjects:
    """Open a bucket, or a folder of one.

    Parameters
    ----------
    url : `str`
        ``s3://bucket/folder`` or ``gs://bucket/folder``.

    Returns
    -------
    store : `BucketObjects`
        Its bucket is there, and we may look into it.

    Raises
    ------
    ConfigurationError
        Raised if no bucket is named, or the extra is not installed.
    NotFoundError
        Raised if there is no such bucket.
    UnavailableError
        Raised if its server does not answer, or lets us not in.
    """
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.strip("/").partition("/")
    if not bucket:
        raise ConfigurationError(f"<{url}> names no bucket", hint=f"write `{scheme}://bucket/folder`")
    with asking(url):
        dialect = open_dialect(scheme)
        try:
            dialect.check(bucket)
        except FileNotFoundError as error:
            hint = "make it, or check the name and the endpoint in the environment"
            raise NotFoundError(f"there is no bucket `{scheme}://{bucket}`", hint=hint) from error
    return BucketObjects(dialect, scheme, bucket, prefix)


class BucketObjects:
    """Files in a bucket; every object is whole by the nature of these services.

    Parameters
    ----------
    dialect : `Dialect`
        The service.
    scheme : `str`
        ``s3`` or ``gs``.
    bucket : `str`
        Name of the bucket.
    prefix : `str`
        Folder in it; may be empty.

    Notes
    -----
    Objects carry their SHA-256 digest as metadata, so that nobody fetches a
    package to know it.
    """

    def __init__(self, dialect: Dialect, scheme: str, bucket: str, prefix: str) -> None:
        self._dialect = dialect
        self._files = dialect.files
        self._root = f"{bucket}/{prefix}".rstrip("/")
        self._url = f"{scheme}://{self._root}"
        self._desk: Path | None = None
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Where it is."""
        return self._url

    @property
    def is_remote(self) -> bool:
        """Tell whether each question travels to a server: it does."""
        return True

    def _key(self, path: str) -> str:
        return f"{self._root}/{check_inner_path(path)}"

    def _facts(self, path: str) -> ObjectFacts | None:
        with asking(f"{self._url}/{path}"):
            try:
                return self._dialect.facts(self._key(path))
            except FileNotFoundError:
                return None

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file, by one request."""
        return self._facts(path) is not None

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none."""
        facts = self._facts(path)
        return None if facts is None else facts.size

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file, by one request; `None` if there is none.

        What others put there without a digest is read.
        """
        facts = self._facts(path)
        if facts is None:
            return None
        digest = facts.digest
        if digest is None:
            digest = hashlib.sha256(self.read(path) or b"").hexdigest()
        return FileRecord(path=path, size_bytes=facts.size, sha256=parse_sha256(digest))

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""
        with asking(f"{self._url}/{path}"):
            try:
                data: bytes = self._files.cat_file(self._key(path))
            except FileNotFoundError:
                return None
        return data

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders; none if there is no folder."""
        key = f"{self._root}/{ensure_folder(folder)}".rstrip("/")
        with asking(f"{self._url}/{folder}"):
            try:
                entries = self._files.ls(key, detail=True)
            except FileNotFoundError:
                return ()
        names = [str(entry["name"]).rpartition("/")[2] for entry in entries if entry["type"] == "file"]
        return tuple(sorted(name for name in names if name and not name.startswith(".")))

    def folders(self) -> tuple[str, ...]:
        """Name all folders that hold files, sorted, hidden ones left out; ``.`` is the root."""
        with asking(self._url):
            keys = [str(key) for key in self._files.find(self._root)]
        paths = [key.removeprefix(f"{self._root}/").split("/") for key in keys]
        shown = [parts for parts in paths if not any(part.startswith(".") for part in parts)]
        return tuple(sorted({"/".join(parts[:-1]) or "." for parts in shown}))

    def download(self, path: str, target: Path) -> None:
        """Fetch a file, which appears whole and as it was put there, or not at all.

        Parameters
        ----------
        path : `str`
            The file.
        target : `~pathlib.Path`
            Where it appears.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        CorruptError
            Raised if something else came than is there.
        """
        facts = self._facts(path)
        if facts is None:
            raise NotFoundError(f"there is no <{self._url}/{path}>")
        make_directory(target.parent)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
        try:
            with asking(f"{self._url}/{path}"):
                self._files.get_file(self._key(path), str(temporary))
            digest = sha256_of(temporary)
            check_content(
                f"{self._url}/{path}",
                size_bytes=temporary.stat().st_size,
                sha256=digest,
                expected_size=facts.size,
                expected_sha256=facts.digest,
            )
            temporary.replace(target)
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            temporary.unlink(missing_ok=True)

    def upload(self, source: Path, path: str) -> None:
        """Put a file there, or replace it, in one step."""
        self._put(source, path, mode="overwrite")

    def desk(self, path: str) -> Path:
        """Say where on this machine to make a file that `adopt` then puts there: in ``TMPDIR``."""
        with self._lock:
            if self._desk is None:
                self._desk = Path(mkdtemp(prefix="lsstinstall-"))
                finalize(self, shutil.rmtree, self._desk, ignore_errors=True)
        return self._desk / hashlib.sha256(path.encode()).hexdigest()

    def adopt(self, made: Path, path: str) -> bool:
        """Put what was made there in one step; false, and nothing done, if there is a file."""
        try:
            self._put(made, path, mode="create")
        except FileExistsError:
            return False
        finally:
            made.unlink(missing_ok=True)
        return True

    def _put(self, source: Path, path: str, *, mode: str) -> None:
        options = self._dialect.options(digest=sha256_of(source), fresh=False)
        with asking(f"{self._url}/{path}"):
            try:
                self._files.put_file(str(source), self._key(path), mode=mode, **options)
            except Exception as error:
                if is_taken(error):
                    raise FileExistsError(path) from error
                raise

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, or replace it, in one step."""
        with asking(f"{self._url}/{path}"):
            self._files.pipe_file(self._key(path), data, **self._options(data))

    def insert(self, path: str, data: bytes) -> bool:
        """Write a small file that is not there; false, and nothing done, if there is one."""
        return self._write_if(path, data, known=None)

    def _options(self, data: bytes) -> Mapping[str, object]:
        return self._dialect.options(digest=hashlib.sha256(data).hexdigest(), fresh=True)

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a small file by what is made of its content; nothing others write meanwhile is lost.

        Parameters
        ----------
        path : `str`
            The file.
        change : `~collections.abc.Callable`
            Makes the new content of the old one, `None` if there is none;
            gives back what already holds it all. It may be called again.

        Returns
        -------
        data : `bytes`
            What is there now.

        Raises
        ------
        UnavailableError
            Raised if others write it all the time.
        """
        for _ in range(_UPDATES):
            facts = self._facts(path)
            old = None if facts is None else self.read(path)
            new = change(old)
            if new == old:
                return new
            self._write_if(path, new, known=facts)
        raise UnavailableError(f"others change <{self._url}/{path}> all the time", hint="try again later")

    def _write_if(self, path: str, data: bytes, *, known: ObjectFacts | None) -> bool:
        """Write a file if it still is as we know it; say whether that was so."""
        key, options = self._key(path), self._options(data)
        with asking(f"{self._url}/{path}"):
            try:
                if known is None:
                    self._dialect.insert(key, data, options)
                else:
                    self._dialect.replace(key, data, options, version=known.version)
            except Exception as error:
                if not is_taken(error):
                    raise
                return False
        return True

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""
        with asking(f"{self._url}/{path}"):
            try:
                self._files.rm_file(self._key(path))
            except FileNotFoundError:
                return
