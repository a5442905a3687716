"""Unpack a compressed archive while it comes in, so that nothing gets out of its folder."""

from __future__ import annotations

import os
import posixpath
from hashlib import sha256
from pathlib import Path
from stat import S_ISGID, S_IWUSR, S_IXUSR
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.adapters.inflating import inflate
from lsstinstall.adapters.tarstreams import DIRECTORY, FILE, HARD_LINK, SYMBOLIC_LINK, TarMember, TarStream
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.filestamps import UNKNOWN
from lsstinstall.core.packagelinks import check_link, may_lead_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.filestamps import FileStamp

__all__ = ["UnpackedFile", "Unpacking"]

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_OURS = S_IWUSR | S_IXUSR


class UnpackedFile(NamedTuple):
    """One file that was written.

    Parameters
    ----------
    path : `str`
        As in the archive, normalized.
    mode : `int`
        Permission bits.
    size_bytes : `int`
        Of the content.
    sha256 : `str`
        Of the content.
    stamp : `FileStamp`
        What the system says of it.
    """

    path: str
    mode: int
    size_bytes: int
    sha256: str
    stamp: FileStamp


class Unpacking:
    """One archive on its way to one new folder.

    Files are opened relative to their folder's descriptor, with their mode,
    and written at once: four calls of the system for a file. Symbolic links
    are made last, so that nothing is ever written through one. Permission bits
    are kept (but not setuid, setgid and sticky), owners are not, and times
    become now.

    Parameters
    ----------
    root : `str`
        Folder to make.
    umask : `int`
        For folders that the archive does not name. That of the process must
        be 0.

    Attributes
    ----------
    files : `dict` [ `str`, `UnpackedFile` ]
        What was written, by path.
    links : `dict` [ `str`, `str` ]
        Symbolic links and what they point to, by path.
    """

    def __init__(self, root: str, *, umask: int) -> None:
        self.files: dict[str, UnpackedFile] = {}
        self.links: dict[str, str] = {}
        self._root = root
        self._implied = 0o777 & ~umask
        # Folders with the bits that they have, and those that they should have.
        self._made: dict[str, int] = {"": self._implied}
        self._wanted: dict[str, int] = {}
        self._top = -1
        self._setgid = 0
        self._folder = ""
        self._descriptor = -1

    def run(self, chunks: Iterable[bytes]) -> None:
        """Unpack the archive, once.

        Parameters
        ----------
        chunks : `~collections.abc.Iterable` [ `bytes` ]
            The compressed archive.

        Raises
        ------
        CorruptError
            Raised if it is truncated or damaged, has a device, or a member or a
            link that points out of its folder. Only the link ``ups/eupspkg`` to
            EUPS's own script may, and one to a library by its absolute path.
        OSError
            Raised if the disk is full, or we may not write.
        """
        Path(self._root).mkdir(self._implied)
        self._top = os.open(self._root, _FOLDER)
        self._setgid = os.fstat(self._top).st_mode & S_ISGID
        try:
            pieces = inflate(chunks)
            stream = TarStream(pieces)
            while (member := stream.next_member()) is not None:
                if member.kind == FILE:
                    self._write(member, stream)
                else:
                    self._make(member, stream)
            # The checksum stands behind the last byte.
            for _ in pieces:
                pass
            self._make_links()
            self._close_folders()
        finally:
            self._leave_folder()
            os.close(self._top)

    def _write(self, member: TarMember, stream: TarStream) -> None:
        path = self._new_path(member)
        folder, _, name = path.rpartition("/")
        if folder != self._folder or self._descriptor < 0:
            self._enter(folder)
        mode = member.mode & 0o777
        descriptor = os.open(name, _NEW_FILE, mode, dir_fd=self._descriptor)
        try:
            content = stream.take(member.size_bytes)
            if content is None:
                digest = self._write_parts(descriptor, member, stream)
            else:
                digest = sha256(content).hexdigest()
                _write_all(descriptor, content)
            status = os.fstat(descriptor)
        except OSError as error:
            error.filename = f"{self._root}/{path}"
            raise
        finally:
            os.close(descriptor)
        self.files[path] = UnpackedFile(
            path,
            mode,
            member.size_bytes,
            digest,
            (status.st_ino, status.st_mtime_ns, status.st_ctime_ns),
        )

    def _write_parts(self, descriptor: int, member: TarMember, stream: TarStream) -> str:
        digest = sha256()
        for part in stream.parts(member.size_bytes):
            digest.update(part)
            _write_all(descriptor, part)
        return digest.hexdigest()

    def _make(self, member: TarMember, stream: TarStream) -> None:
        """Make what is no file."""
        if member.kind == DIRECTORY:
            path = _inner(member.name)
            self._make_folder(path, member.mode & 0o777 | _OURS)
            self._wanted[path] = member.mode & 0o777
        elif member.kind == SYMBOLIC_LINK:
            path = self._new_path(member)
            self._make_folder(posixpath.dirname(path), self._implied)
            check_link(path, member.link)
            self.links[path] = member.link
        elif member.kind == HARD_LINK:
            self._make_hard_link(self._new_path(member), posixpath.normpath(member.link))
        else:
            raise CorruptError(f"`{member.name}` is a device or a pipe")
        for _ in stream.parts(member.size_bytes):
            pass

    def _new_path(self, member: TarMember) -> str:
        path = _inner(member.name)
        if path in self.files or path in self.links:
            raise CorruptError(f"`{path}` is in it twice")
        if path in self._made:
            raise CorruptError(f"`{path}` is a folder and something else")
        return path

    def _enter(self, folder: str) -> None:
        self._make_folder(folder, self._implied)
        self._leave_folder()
        self._descriptor = os.open(folder or ".", _FOLDER, dir_fd=self._top)
        self._folder = folder

    def _leave_folder(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _make_folder(self, path: str, mode: int) -> None:
        if path in self._made:
            return
        if path in self.files or path in self.links:
            raise CorruptError(f"`{path}` is a folder and something else")
        self._make_folder(posixpath.dirname(path), self._implied)
        os.mkdir(path, mode, dir_fd=self._top)
        self._made[path] = mode

    def _make_hard_link(self, path: str, target: str) -> None:
        first = self.files.get(target)
        if first is None:
            raise CorruptError(f"`{path}` is a second name of `{target}`, which is no file before it")
        self._make_folder(posixpath.dirname(path), self._implied)
        os.link(target, path, src_dir_fd=self._top, dst_dir_fd=self._top)
        # What the system says of the first changed with its second name.
        self.files[target] = first._replace(stamp=UNKNOWN)
        self.files[path] = first._replace(path=path, stamp=UNKNOWN)

    def _make_links(self) -> None:
        for path, target in self.links.items():
            os.symlink(target, path, dir_fd=self._top)
        inside = os.path.realpath(self._root) if self.links else ""
        for path, target in self.links.items():
            if may_lead_out(path, target):
                continue
            # Chains of links may lead out although each of them seems to stay inside.
            reached = os.path.realpath(f"{self._root}/{path}")
            if reached != inside and not reached.startswith(inside + os.sep):
                raise CorruptError(f"the link `{path}` to `{target}` leads outside")

    def _close_folders(self) -> None:
        """Set bits that would have kept us out; the deepest folders first."""
        for path in sorted(self._wanted, reverse=True):
            if path and self._made[path] != self._wanted[path]:
                os.chmod(path, self._wanted[path] | self._setgid, dir_fd=self._top)


def _inner(name: str) -> str:
    path = posixpath.normpath(name)
    if path[0] == "/" or path[:3] == "../" or path == ".." or "\0" in path:
        raise CorruptError(f"the path `{name}` leaves its folder")
    return "" if path == "." else path


def _write_all(descriptor: int, data: memoryview) -> None:
    # A call writes no more than 2 GB, or less when the disk fills up.
    while data:
        data = data[os.write(descriptor, data) :]
