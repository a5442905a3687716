"""Versions of a product that are on the disk, as sources of files for another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from lsstinstall.adapters.stackfolders import record_path
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.filelistreading import parse_digests
from lsstinstall.core.productreuse import ReuseSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.adapters.eupsreaders import StackReader
    from lsstinstall.core.names import Sha256
    from lsstinstall.core.productplans import PlannedProduct

__all__ = ["DiskInstalledVersions"]

_MOST = 2
"""Versions that are looked into: more seldom have what the last two lack."""


class DiskInstalledVersions:
    """The versions in some stacks.

    Parameters
    ----------
    stacks : `~collections.abc.Sequence` [ `StackReader` ]
        The one that is installed into, then others.
    """

    def __init__(self, stacks: Sequence[StackReader]) -> None:
        self._stacks = stacks

    def versions_beside(self, product: PlannedProduct) -> tuple[ReuseSource, ...]:
        """Find other versions of a product that is to be installed, the most similar first."""
        found = sorted(self._versions(product), reverse=True)
        sources = []
        for _, directory, record, is_own in found[:_MOST]:
            try:
                digests, is_recorded = _digests(directory, record)
            except ToolkitError:
                # Not ours to read, or gone meanwhile.
                continue
            source = ReuseSource(
                directory=str(directory),
                digests=digests,
                is_own=is_own,
                record=str(record) if is_recorded else None,
            )
            sources.append(source)
        return tuple(sources)

    def _versions(self, product: PlannedProduct) -> Iterator[tuple[tuple[bool, float], Path, Path, bool]]:
        """Find versions with their rank: the very same one first, then what was installed last."""
        for number, stack in enumerate(self._stacks):
            for version in stack.versions(product.product):
                installed = stack.find(product.product, version)
                if installed is None or installed.directory is None:
                    continue
                directory = Path(installed.directory)
                record = record_path(stack.path, installed.flavor, product.product, version)
                time = _time(record) or _time(directory)
                if directory.is_dir() and time is not None:
                    yield (version == product.version, time), directory, record, not number


def _time(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _digests(directory: Path, record: Path) -> tuple[dict[Sha256, str], bool]:
    """Read what was written down at the installation; what EUPS installed is read file by file."""
    try:
        return parse_digests(read_bytes(record), source=str(record)), True
    except NotFoundError:
        return {file.sha256: file.path for file in list_files(directory).files}, False
