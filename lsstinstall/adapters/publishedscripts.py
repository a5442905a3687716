"""Installed scripts beside those of their packages, of which no more is fetched than they are in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from lsstinstall.adapters.gzipmembers import inflate_members
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.packageindexreading import parse_package_index
from lsstinstall.core.scripts import is_repaired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.eupsreaders import StackReader
    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.packageindexes import PackageIndex
    from lsstinstall.core.productplans import PlannedProduct

__all__ = ["PublishedScripts"]

_SHEBANG = b"#!"


class PublishedScripts:
    """Tells repaired scripts from changed ones; used by several threads at once.

    Parameters
    ----------
    stack : `StackReader`
        Where products are installed.
    roots : `~collections.abc.Mapping` [ `str`, `PkgrootReader` ]
        The package roots, by URL.
    """

    def __init__(self, stack: StackReader, roots: Mapping[str, PkgrootReader]) -> None:
        self._stack = stack
        self._roots = roots
        self._indexes: dict[str, PackageIndex] = {}

    def is_repaired(self, planned: PlannedProduct, path: str) -> bool:
        """Say whether an installed file differs from the packed one only as a repair makes it.

        Parameters
        ----------
        planned : `PlannedProduct`
            The package.
        path : `str`
            Below the product's folder.

        Returns
        -------
        is_repaired : `bool`
            False also if nobody can tell, because the server gives no parts
            of packages.
        """
        installed = self._stack.find(planned.product, planned.version)
        if installed is None or installed.directory is None:
            return False
        try:
            found = read_bytes(Path(installed.directory) / path)
            return found.startswith(_SHEBANG) and is_repaired(self._packed(planned, path), found)
        except ToolkitError:
            return False

    def _packed(self, planned: PlannedProduct, path: str) -> bytes:
        """Fetch one file of a package; nothing if it is not what its index says."""
        index = self._index(planned)
        place = f"{planned.archive_folder}/{path}"
        file = next(one for one in index.files if one.path == place)
        group = index.groups[file.group]
        packed = self._roots[planned.root or ""].read_part(planned.path or "", group.offset, group.size_bytes)
        content = b"".join(inflate_members([packed], content_bytes=group.content_bytes))
        data = content[file.offset : file.offset + file.size_bytes]
        return data if hashlib.sha256(data).hexdigest() == file.sha256 else b""

    def _index(self, planned: PlannedProduct) -> PackageIndex:
        if planned.index is None:
            raise AssertionError
        source = f"{planned.root}/{planned.index.path}"
        if source not in self._indexes:
            # Its digest was compared when the product was.
            data = self._roots[planned.root or ""].read_bytes(planned.index.path)
            self._indexes[source] = parse_package_index(data, source=source)
        return self._indexes[source]
