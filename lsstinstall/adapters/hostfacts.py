"""What there is to learn of this machine and its disks."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Disk", "current_umask", "disk_of", "free_space", "glibc_version", "ignores_case", "missing_parts"]

_PROGRAMS = {
    "bash": "EUPS", "tar": "EUPS", "gzip": "EUPS", "patch": "a source build", "make": "a source build",
    "git": "a source build", "diff": "a source build",
}  # fmt: skip
_LIBRARIES = {"libGL.so.1": "what draws on a screen"}


def glibc_version() -> str | None:
    """Ask the C library for its version; `None` if it is not glibc."""
    name, version = platform.libc_ver()
    return version if name == "glibc" and version else None


def missing_parts(environ: Mapping[str, str], *, system: str) -> dict[str, str]:
    """Look for programs and libraries that no environment brings.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``PATH``.
    system : `str`
        ``Linux`` has libraries that others have in other ways.

    Returns
    -------
    missing : `dict` [ `str`, `str` ]
        What is not there, with what needs it.
    """
    found = {
        name: user
        for name, user in _PROGRAMS.items()
        if shutil.which(name, path=environ.get("PATH", os.defpath)) is None
    }
    if system == "Linux":
        found |= {name: user for name, user in _LIBRARIES.items() if not _loads(name)}
    return found


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def current_umask() -> int:
    """Read what is taken from the modes of new files."""
    # The system tells it only to whom sets it.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system.

    Parameters
    ----------
    number : `int`
        The system's, to tell one from the other.
    folder : `~pathlib.Path`
        A folder on it.
    """

    number: int
    folder: Path = field(compare=False)


def disk_of(path: Path) -> Disk | None:
    """Find the file system on which a folder is, or would be made.

    Parameters
    ----------
    path : `~pathlib.Path`
        Absolute; it need not be there.

    Returns
    -------
    disk : `Disk` or `None`
        That of the nearest folder above that is there; `None` if we may not
        look.
    """
    for folder in (path, *path.parents):
        try:
            return Disk(number=folder.stat().st_dev, folder=folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            break
    return None


def free_space(path: Path) -> tuple[int, int | None]:
    """Ask how much fits on a disk.

    Parameters
    ----------
    path : `~pathlib.Path`
        Anything on it.

    Returns
    -------
    size_bytes : `int`
        For users that are not root.
    files : `int` or `None`
        How many more; `None` if there is no limit.
    """
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize, status.f_favail if status.f_files else None


def ignores_case(path: Path) -> bool:
    """Say whether a disk takes letters of both cases for the same.

    Parameters
    ----------
    path : `~pathlib.Path`
        A folder whose name has letters.

    Returns
    -------
    ignores : `bool`
        False if it cannot be told.
    """
    other = path.with_name(path.name.swapcase())
    if other.name == path.name:
        return False
    try:
        return other.samefile(path)
    except OSError:
        return False
