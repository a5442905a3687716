"""Whole folders: removed, moved into place, and written down file by file."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, sha256_of
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["list_files", "move_tree", "real_place", "remove_tree", "walk_tree"]


def remove_tree(path: Path) -> None:
    """Remove a folder and all that is in it, read-only folders too.

    Parameters
    ----------
    path : `~pathlib.Path`
        Folder, file or link to remove; one that is not there is fine. Links
        are removed, never followed.

    Raises
    ------
    RefusedError
        Raised if something in it is not ours to remove.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            _open_folders(path)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise explain(error, doing="remove") from error


def _open_folders(path: Path) -> None:
    """Give ourselves the folders' write bits, without which nothing in them can be removed."""
    _open_folder(path)
    for folder, names, _ in os.walk(path):
        for name in names:
            _open_folder(Path(folder, name))


def _open_folder(path: Path) -> None:
    if not path.is_symlink() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        with suppress(PermissionError):
            path.chmod(0o700)


def move_tree(source: Path, destination: Path) -> None:
    """Rename a folder to a place on the same file system where nothing is yet.

    Parameters
    ----------
    source : `~pathlib.Path`
        Folder to move.
    destination : `~pathlib.Path`
        Its new path; folders above are made when they are missing.

    Raises
    ------
    RefusedError
        Raised if we may not write there.
    ToolkitError
        Raised if something is in the way.
    """
    make_directory(destination.parent)
    try:
        mode = stat.S_IMODE(source.stat().st_mode)
        # A folder's entry `..` changes with its parent, so the folder itself must be writable.
        if not mode & stat.S_IWUSR:
            source.chmod(mode | stat.S_IWUSR)
        source.rename(destination)
        if not mode & stat.S_IWUSR:
            destination.chmod(mode)
    except OSError as error:
        raise explain(error, doing="move into place") from error


def real_place(path: str | Path) -> Path:
    """Say where something is when no link above it is followed any more.

    Parameters
    ----------
    path : `str` or `~pathlib.Path`
        Anything; it need not be there.

    Returns
    -------
    place : `~pathlib.Path`
        Absolute and without ``..``. A link in the last place stays one: who
        removes it wants the link, not what it points to.
    """
    given = Path(path)
    if ".." in given.parts:
        return Path(os.path.realpath(given))
    return Path(os.path.realpath(given.parent), given.name)


def walk_tree(root: Path) -> Iterator[os.DirEntry[str]]:
    """Visit everything below a folder.

    Parameters
    ----------
    root : `~pathlib.Path`
        Folder to visit; links in it are not followed.

    Yields
    ------
    entry : `os.DirEntry`
        Folders before what is in them, names in code-point order.
    """
    pending = [str(root)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        below = []
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
        pending.extend(reversed(below))


def list_files(root: Path) -> FileList:
    """Write down all files and links of a folder.

    Parameters
    ----------
    root : `~pathlib.Path`
        Folder to read.

    Returns
    -------
    files : `FileList`
        Paths below the folder; devices, pipes and sockets are left out.

    Raises
    ------
    NotFoundError
        Raised if there is no such folder, or a file vanishes meanwhile.
    RefusedError
        Raised if a file is not ours to read.
    """
    files = []
    links = []
    try:
        for entry in walk_tree(root):
            path = Path(entry.path)
            name = path.relative_to(root).as_posix()
            if entry.is_symlink():
                links.append(ListedLink(path=name, target=str(path.readlink())))
            elif entry.is_file():
                status = entry.stat()
                mode = stat.S_IMODE(status.st_mode) & 0o777
                digest = sha256_of(path)
                files.append(ListedFile(path=name, mode=mode, size_bytes=status.st_size, sha256=digest))
    except OSError as error:
        raise explain(error, doing="read") from error
    return FileList(
        files=tuple(sorted(files, key=lambda file: file.path)),
        links=tuple(sorted(links, key=lambda link: link.path)),
    )
