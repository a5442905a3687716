"""Archives, unpacked so that nothing gets out of its folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import posixpath
import secrets
import stat
import tarfile
import zlib
from typing import IO, TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.adapters.trees import move_tree, remove_tree
from lsstinstall.core.errors import CorruptError, RefusedError
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.names import Sha256

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["unpack_archive"]

_CHUNK = 1 << 18
_BLOCK = tarfile.BLOCKSIZE


def unpack_archive(archive: Path, destination: Path) -> FileList:
    """Unpack a ``.tar.gz`` completely, or not at all.

    The members go to a folder beside the destination, which is renamed when
    all of them are there. Permission bits are kept (but not setuid, setgid
    and sticky), owners are not, and times become now, as with ``tar -m``.

    Parameters
    ----------
    archive : `~pathlib.Path`
        File to unpack.
    destination : `~pathlib.Path`
        Folder to make; nothing may be there yet.

    Returns
    -------
    files : `FileList`
        What was unpacked, paths as in the archive.

    Raises
    ------
    NotFoundError
        Raised if there is no such archive.
    CorruptError
        Raised if it is truncated or damaged, has a device, or a member or a
        link that points out of its folder; only the link ``ups/eupspkg`` to
        EUPS's own script may.
    UnavailableError
        Raised if the disk is full.
    RefusedError
        Raised if something is at the destination, or we may not write there.
    """
    if os.path.lexists(destination):
        raise RefusedError(f"`{destination}` is there already, so `{archive.name}` is not unpacked over it")
    make_directory(destination.parent)
    temporary = destination.with_name(f".{destination.name}.{secrets.token_hex(6)}.tmp")
    try:
        files = _Unpacking(archive, temporary).run()
        move_tree(temporary, destination)
    except BaseException:
        remove_tree(temporary)
        raise
    return files


class _Unpacking:
    """One archive on its way to one new folder."""

    def __init__(self, archive: Path, root: Path) -> None:
        self._archive = archive
        self._root = root
        self._files: dict[str, ListedFile] = {}
        self._links: dict[str, ListedLink] = {}
        self._folders: dict[str, int] = {}

    def run(self) -> FileList:
        try:
            with self._archive.open("rb") as raw, gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                self._root.mkdir()
                self._unpack(_Tail(stream))
                self._make_links()
                self._close_folders()
        except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
            raise self._corrupt(f"truncated or damaged ({error})") from error
        except OSError as error:
            raise explain(error, doing=f"unpack `{self._archive.name}` to") from error
        return FileList(
            files=tuple(self._files[path] for path in sorted(self._files)),
            links=tuple(self._links[path] for path in sorted(self._links)),
        )

    def _unpack(self, source: _Tail) -> None:
        with tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:
            for member in tar:
                self._unpack_member(tar, member)
            # `tarfile` takes a broken header, or no more data, for the end.
            if source.block_at(tar.offset) != bytes(_BLOCK):
                raise self._corrupt("it stops without the mark that ends an archive")
        # The checksum stands behind the last byte.
        while source.read(_CHUNK):
            pass

    def _unpack_member(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = self._checked_path(member)
        if member.isdir():
            self._make_folder(path)
            self._folders[path] = member.mode & 0o777
            return
        if path in self._files or path in self._links:
            raise self._corrupt(f"`{path}` is in it twice")
        self._make_folder(posixpath.dirname(path))
        # The holes of a sparse file may be larger than any disk; no product has one.
        if member.isreg() and not member.issparse():
            content = tar.extractfile(member)
            self._files[path] = self._write(path, member.mode & 0o777, content or io.BytesIO())
        elif member.issym():
            self._links[path] = ListedLink(path=path, target=self._checked_target(path, member.linkname))
        elif member.islnk():
            self._make_hard_link(path, member.linkname)
        else:
            raise self._corrupt(f"`{path}` is a device or a pipe, or has holes")

    def _checked_path(self, member: tarfile.TarInfo) -> str:
        path = posixpath.normpath(member.name)
        if path.startswith(("/", "../")) or path == ".." or "\0" in path:
            raise self._corrupt(f"the path `{member.name}` leaves its folder")
        return "" if path == "." else path

    def _checked_target(self, path: str, target: str) -> str:
        if _is_build_script(path, target):
            return target
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if not target or reached.startswith(("/", "../")) or reached == "..":
            raise self._corrupt(f"the link `{path}` points to `{target}`, which is outside")
        return target

    def _make_folder(self, path: str) -> None:
        """Make a folder and those above it; links are made last, so that none is on the way."""
        if path in self._folders:
            return
        if path in self._files or path in self._links:
            raise self._corrupt(f"`{path}` is a folder and something else")
        if path:
            self._make_folder(posixpath.dirname(path))
            self._on_disk(path).mkdir()
        # Until the archive says otherwise, what the umask left.
        self._folders[path] = stat.S_IMODE(self._on_disk(path).stat().st_mode)

    def _write(self, path: str, mode: int, content: IO[bytes]) -> ListedFile:
        digest = hashlib.sha256()
        size = 0
        descriptor = os.open(self._on_disk(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            os.fchmod(descriptor, mode)
        return ListedFile(path=path, mode=mode, size_bytes=size, sha256=Sha256(digest.hexdigest()))

    def _make_hard_link(self, path: str, linkname: str) -> None:
        target = posixpath.normpath(linkname)
        if target in self._files:
            self._on_disk(path).hardlink_to(self._on_disk(target))
            first = self._files[target]
            self._files[path] = ListedFile(
                path=path, mode=first.mode, size_bytes=first.size_bytes, sha256=first.sha256
            )
        else:
            raise self._corrupt(f"`{path}` is a second name of `{linkname}`, which is no file before it")

    def _make_links(self) -> None:
        for path, link in self._links.items():
            self._on_disk(path).symlink_to(link.target)
        inside = os.path.realpath(self._root)
        for path, link in self._links.items():
            if _is_build_script(path, link.target):
                continue
            # Chains of links may lead out although each of them seems to stay inside.
            reached = os.path.realpath(self._on_disk(path))
            if reached != inside and not reached.startswith(inside + os.sep):
                raise self._corrupt(f"the link `{path}` to `{link.target}` leads outside")

    def _close_folders(self) -> None:
        """Set the folders' own bits last, the deepest first, so that a read-only one could be filled."""
        for path in sorted(self._folders, reverse=True):
            if path:
                self._on_disk(path).chmod(self._folders[path])

    def _on_disk(self, path: str) -> Path:
        return self._root / path

    def _corrupt(self, problem: str) -> CorruptError:
        return CorruptError(f"cannot unpack `{self._archive.name}`: {problem}", hint="fetch or make it again")


def _is_build_script(path: str, target: str) -> bool:
    """Recognize the one link out of a product that is no attack.

    EUPS puts it into every product that it builds from a source package:
    ``ups/eupspkg`` points to its own script, on the machine of the build. It
    is of no use afterwards, but every published tarball has it.
    """
    return f"/{path}".endswith("/ups/eupspkg") and target.endswith("/lib/eupspkg.sh")


class _Tail(io.BufferedIOBase):
    """A stream that remembers its last blocks."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        super().__init__()
        self._stream = stream
        self._recent = b""
        self._end = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(size)
        self._end += len(data)
        self._recent = (self._recent[-_CHUNK:] + data) if data else self._recent
        return data

    def block_at(self, offset: int) -> bytes:
        start = offset - (self._end - len(self._recent))
        return self._recent[start : start + _BLOCK] if start >= 0 else b""
