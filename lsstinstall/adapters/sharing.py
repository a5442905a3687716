"""Files at a second place: other names of the same file, copies that share blocks, or plain copies."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.names import Sha256

__all__ = ["FileSharing", "create_file", "stamp_of"]

_CHUNK = 1 << 20

_FICLONE = 0x40049409
"""Linux's request for a copy that shares its blocks; `fcntl` names it since Python 3.14."""

# No link is followed, and a pipe that took a file's place does not keep us waiting.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_CANNOT_CLONE = frozenset(
    {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM, errno.EBADF}
)

# Another disk, a file that the system keeps us from linking, too many names, no links on this disk.
_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP})


def create_file(path: str, mode: int) -> int:
    """Make a new file.

    Parameters
    ----------
    path : `str`
        Where; nothing is there.
    mode : `int`
        Its permission bits, whatever the umask.

    Returns
    -------
    descriptor : `int`
        Open for writing.
    """
    descriptor = os.open(path, _WRITE, 0o600)
    os.fchmod(descriptor, mode)
    return descriptor


def stamp_of(status: os.stat_result) -> FileStamp:
    """Take from what the system says of a file what changes with it.

    Parameters
    ----------
    status : `os.stat_result`
        Of a regular file.

    Returns
    -------
    stamp : `FileStamp`
        To be kept beside the digest.
    """
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


class FileSharing:
    """Takes files from other places once their content is proven.

    Parameters
    ----------
    kind : `LinkKind` or `None`
        How; `None` for a copy that shares its blocks where the disk can do
        that, else a second name.

    Notes
    -----
    Used by one thread at a time. Errors of the operating system at the new
    place are raised as they are.
    """

    def __init__(self, kind: LinkKind | None) -> None:
        self._may_clone = kind in {None, LinkKind.REFLINK} and sys.platform == "linux"
        self._may_link = kind in {None, LinkKind.HARD}
        # Who owns a file may change it later; the system's administrator may do so anyway.
        self._owners = frozenset({0, os.geteuid()})

    def take(
        self,
        source: str,
        target: str,
        *,
        mode: int,
        size_bytes: int,
        sha256: Sha256,
        is_own: bool,
        stamp: FileStamp | None = None,
    ) -> FileStamp | None:
        """Bring a file to a second place.

        Parameters
        ----------
        source, target : `str`
            Where it may be, and where it is to be; nothing is there.
        mode : `int`
            Permission bits that it is to have.
        size_bytes, sha256 : `int`, `Sha256`
            What its content must be.
        is_own : `bool`
            Whether its owner is trusted, whoever that is.
        stamp : `FileStamp` or `None`, optional
            What was said of it when its digest was computed, by whom we
            trust: if that is still the same, it is not read.

        Returns
        -------
        stamp : `FileStamp` or `None`
            Of the file at the target; `None` if there is none, because none
            was at the source, or something else.
        """
        if stamp is not None and self._may_link and not self._may_clone:
            taken = _link_proven(source, target, mode=mode, size_bytes=size_bytes, stamp=stamp)
            if taken is not None:
                return taken
        is_taken = self._take_read(
            source, target, mode=mode, size_bytes=size_bytes, sha256=sha256, is_own=is_own, stamp=stamp
        )
        return stamp_of(os.lstat(target)) if is_taken else None

    def _take_read(
        self,
        source: str,
        target: str,
        *,
        mode: int,
        size_bytes: int,
        sha256: Sha256,
        is_own: bool,
        stamp: FileStamp | None,
    ) -> bool:
        try:
            descriptor = os.open(source, _READ)
        except OSError:
            return False
        try:
            status = os.fstat(descriptor)
            if status.st_size != size_bytes or not stat.S_ISREG(status.st_mode):
                return False
            can_link = (
                self._may_link
                and stat.S_IMODE(status.st_mode) == mode
                and (is_own or status.st_uid in self._owners)
            )
            if not (self._may_clone or can_link):
                return _copy(descriptor, target, mode=mode, sha256=sha256)
            if stamp != stamp_of(status) and not _has_digest(descriptor, size_bytes, sha256):
                return False
            return (
                (self._may_clone and self._clone(descriptor, target, mode))
                or (can_link and _link(source, target))
                or _copy(descriptor, target, mode=mode, sha256=sha256)
            )
        finally:
            os.close(descriptor)

    def _clone(self, descriptor: int, target: str, mode: int) -> bool:
        clone = create_file(target, mode)
        try:
            fcntl.ioctl(clone, _FICLONE, descriptor)
        except OSError as error:
            Path(target).unlink()
            if error.errno not in _CANNOT_CLONE:
                raise
            # One disk for all of a stack, nearly always: asking for each file takes time.
            self._may_clone = False
            return False
        finally:
            os.close(clone)
        return True


def _link_proven(
    source: str, target: str, *, mode: int, size_bytes: int, stamp: FileStamp
) -> FileStamp | None:
    """Link a file that did not change since its digest was computed."""
    try:
        status = os.lstat(source)
    except OSError:
        return None
    is_same = (
        (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) == stamp
        and status.st_size == size_bytes
        and status.st_mode == stat.S_IFREG | mode
    )
    if not (is_same and _link(source, target)):
        return None
    # What is said of the file changed with its new name.
    status = os.lstat(target)
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def _link(source: str, target: str) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        return False
    return True


def _has_digest(descriptor: int, size: int, sha256: Sha256) -> bool:
    """Compare a file's content; most files are small, and one read brings all of them."""
    data = os.read(descriptor, min(size, _CHUNK))
    digest = hashlib.sha256(data)
    left = size - len(data)
    while left > 0 and (data := os.read(descriptor, _CHUNK)):
        digest.update(data)
        left -= len(data)
    return digest.hexdigest() == sha256


def _copy(descriptor: int, target: str, *, mode: int, sha256: Sha256) -> bool:
    """Copy a file, and keep the copy only if its content is right."""
    digest = hashlib.sha256()
    os.lseek(descriptor, 0, os.SEEK_SET)
    copy = create_file(target, mode)
    try:
        while data := os.read(descriptor, _CHUNK):
            digest.update(data)
            while data:
                data = data[os.write(copy, data) :]
    finally:
        os.close(copy)
        if digest.hexdigest() != sha256:
            Path(target).unlink()
    return digest.hexdigest() == sha256
