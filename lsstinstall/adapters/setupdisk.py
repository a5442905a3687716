"""What set-up looks for on disk outside the stacks it searches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.eupsreaders import StackReader
from lsstinstall.core.names import ProductName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.names import Flavor

__all__ = ["FolderDisk"]

_TABLE = ".table"


class FolderDisk:
    """Directories of products, and stacks by their path.

    Parameters
    ----------
    stacks : `~collections.abc.Iterable` [ `StackReader` ]
        Stacks that are open already.
    flavor : `Flavor`
        For the stacks that are opened.
    """

    def __init__(self, stacks: Iterable[StackReader], *, flavor: Flavor) -> None:
        self._stacks: dict[str, StackReader | None] = {str(stack.path): stack for stack in stacks}
        self._flavor = flavor

    def stack(self, path: str) -> StackReader | None:
        """Open the stack that a set-up product came from; `None` if there is none."""
        if path not in self._stacks:
            is_stack = path.startswith("/") and os.path.isdir(f"{path}/ups_db")  # noqa: PTH112
            self._stacks[path] = StackReader(Path(path), flavor=self._flavor) if is_stack else None
        return self._stacks[path]

    def tables(self, directory: str) -> Mapping[ProductName, str] | None:
        """List the table files of a product's directory by product; `None` if there is no such directory."""
        folder = Path(directory)
        if not folder.is_dir():
            return None
        found = sorted(folder.glob(f"ups/*{_TABLE}"))
        return {ProductName(path.name.removesuffix(_TABLE)): str(path) for path in found}
