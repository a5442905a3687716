"""Folders on disk that a clean-up changes."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.process import run
from rubin_releng.adapters.foldertrees import FolderTree

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.core.trees import TreeEntry

__all__ = ["CleanableFolder"]

_TIMEOUT_SECONDS = 600.0


class CleanableFolder(FolderTree):
    """One folder.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    strip : `str`, optional
        Program that strips; that of a cross compiler for another platform.
    """

    def __init__(self, path: Path, *, strip: str = "strip") -> None:
        super().__init__(path)
        self._strip = strip

    def begins_with(self, entry: TreeEntry, size: int) -> bytes:
        """Read the first bytes of a file.

        Parameters
        ----------
        entry : `TreeEntry`
            The file.
        size : `int`
            How many bytes.

        Returns
        -------
        data : `bytes`
            Fewer if the file is shorter.
        """
        try:
            with (self.path / entry.path).open("rb") as stream:
                return stream.read(size)
        except OSError as error:
            raise explain(error, doing="read") from error

    def remove_folder(self, path: str) -> None:
        """Remove a folder and all that is in it.

        Parameters
        ----------
        path : `str`
            Below ours.

        Raises
        ------
        RefusedError
            Raised if we may not.
        """
        try:
            shutil.rmtree(self.path / path)
        except OSError as error:
            raise explain(error, doing="remove") from error

    def strip(self, path: str) -> int:
        """Strip an ELF file of what only debuggers and linkers of objects need.

        Parameters
        ----------
        path : `str`
            Below ours. Other names of the same file keep the old content,
            since they may be those of a cache.

        Returns
        -------
        size_bytes : `int`
            Of the new file.

        Raises
        ------
        ToolkitError
            Raised if the program is missing or fails; the file is as it was.
        """
        source = self.path / path
        temporary = source.with_name(f".{secrets.token_hex(8)}.tmp")
        command = [self._strip, "--strip-unneeded", "-o", os.fspath(temporary), os.fspath(source)]
        try:
            run(command, cwd=None, env=None, timeout=_TIMEOUT_SECONDS)
            status = source.stat()
            temporary.chmod(status.st_mode & 0o7777)
            os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))
            size = temporary.stat().st_size
            temporary.replace(source)
        except OSError as error:
            raise explain(error, doing="strip") from error
        finally:
            temporary.unlink(missing_ok=True)
        return size
