"""The files of a site: each appears whole, and what did not change is not touched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_text, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SiteFolder"]

_BESIDE = ".new"


class SiteFolder:
    """A site on disk.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str) -> str | None:
        """Read a file; `None` if there is none."""
        target = self.folder / path
        return read_text(target) if target.is_file() else None

    def has(self, path: str) -> bool:
        """Tell whether there is a file."""
        return (self.folder / path).is_file()

    def listing(self, folder: str, ending: str) -> tuple[str, ...]:
        """List the files of a folder that end in a certain way, sorted."""
        found = (self.folder / folder).glob(f"*{ending}")
        return tuple(sorted(f"{folder}/{path.name}" for path in found))

    def write(self, files: Mapping[str, bytes]) -> int:
        """Write files; they are on the disk only after `finish`.

        Parameters
        ----------
        files : `~collections.abc.Mapping` [ `str`, `bytes` ]
            By path below the folder.

        Returns
        -------
        changed : `int`
            How many were not there already with the same content.
        """
        changed = 0
        for path, data in files.items():
            target = self.folder / path
            try:
                if target.is_file() and target.read_bytes() == data:
                    continue
                make_directory(target.parent)
                _replace(target, data)
            except OSError as error:
                # A full disk does not say whose file it has no space for.
                error.filename = error.filename or str(target)
                raise explain(error, doing="write") from error
            changed += 1
        return changed

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        (self.folder / path).unlink(missing_ok=True)

    def finish(self, path: str, text: str) -> None:
        """Write the file that says that all others are there.

        Parameters
        ----------
        path : `str`
            Below the folder.
        text : `str`
            Its content.
        """
        # A run that was killed may have left some.
        for beside in self.folder.rglob(f".*{_BESIDE}"):
            beside.unlink(missing_ok=True)
        # All that was written before, at once: waiting for each of thousands of files takes minutes.
        os.sync()
        write_atomic(self.folder / path, text)


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}{_BESIDE}")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
