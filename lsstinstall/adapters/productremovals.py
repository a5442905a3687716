"""Products taken out of a stack: forgotten first, put aside, deleted last."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.diskusage import FreedBytes
from lsstinstall.adapters.eups import GENERIC
from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.stackfolders import record_path, scratch_folder
from lsstinstall.adapters.trees import move_tree, real_place, remove_tree
from lsstinstall.core.stackgraphs import ProductVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.adapters.eups import Stack

__all__ = ["DiskProductRemover"]


class DiskProductRemover:
    """A stack that products are removed from.

    Parameters
    ----------
    stack : `Stack`
        The stack; who removes something holds its lock.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def has(self, item: ProductVersion) -> bool:
        """Say whether the stack itself declares a product."""
        return self._stack.find(*item) is not None

    def tags(self, item: ProductVersion) -> tuple[str, ...]:
        """List the tags that it carries, sorted."""
        return self._stack.tags(*item)

    def folder(self, item: ProductVersion) -> str | None:
        """Name its folder as a user would; `None` if it has none."""
        installed = self._stack.find(*item)
        if installed is None or installed.directory is None:
            return None
        directory = Path(installed.directory)
        inside = directory.is_relative_to(self._stack.path)
        return str(directory.relative_to(self._stack.path) if inside else directory)

    def kept_folders(self, gone: Collection[ProductVersion]) -> Mapping[ProductVersion, str]:
        """Say whose folders stay when some products go, and why, one sentence each."""
        staying = self._staying(frozenset(gone))
        above = {folder for one in staying for folder in one.parents}
        homes = [(self._stack.path / flavor).resolve() for flavor in (self._stack.flavor, GENERIC)]
        kept = {}
        for item in gone:
            directory = self._directory(item)
            if directory is None:
                continue
            # Somebody's work is declared where it lies; EUPS would delete that, too.
            if not any(home in directory.parents for home in homes):
                kept[item] = f"`{directory}` is not among the stack's own folders"
            elif directory in staying or directory in above:
                kept[item] = f"another product lies in `{directory}`"
            elif not staying.isdisjoint(directory.parents):
                kept[item] = f"`{directory}` belongs to another product"
        return kept

    def _staying(self, gone: Collection[ProductVersion]) -> set[Path]:
        """Collect the folders of what stays."""
        items = (
            ProductVersion(product, version)
            for product in self._stack.products()
            for version in self._stack.versions(product)
        )
        folders = (self._directory(one) for one in items if one not in gone)
        return {one for one in folders if one is not None}

    def freed_bytes(self, items: Collection[ProductVersion]) -> Mapping[ProductVersion, int]:
        """Say what the disk gains by their folders; a file that several share counts for the last one."""
        counter = FreedBytes()
        folders = ((item, self._directory(item)) for item in items)
        return {item: 0 if folder is None else counter.add(folder) for item, folder in folders}

    def remove(self, item: ProductVersion, *, keep_folder: bool) -> None:
        """Forget a product and its tags, and delete its files.

        A run that is killed in between leaves a folder that nobody declared:
        nothing that could be set up by half.

        Parameters
        ----------
        item : `ProductVersion`
            A product of this stack.
        keep_folder : `bool`
            Whether its folder stays.

        Raises
        ------
        NotFoundError
            Raised if it is not declared any more.
        RefusedError
            Raised if we may not write there.
        """
        installed = self._stack.find(*item)
        flavor = self._stack.flavor if installed is None else installed.flavor
        directory = None if keep_folder else self._directory(item)
        # With another name at once, so that nobody takes what is half deleted for a product;
        # what a killed run leaves there, the next installation removes.
        aside = scratch_folder(self._stack.path, self._stack.flavor, f"removed-{os.getpid()}")
        make_directory(aside.parent)
        remove_tree(aside)
        self._stack.undeclare(*item, flavor=flavor)
        if directory is not None:
            _delete(directory, aside)
        record_path(self._stack.path, flavor, *item).unlink(missing_ok=True)
        if installed is not None and installed.extra_dir is not None:
            remove_tree(Path(installed.extra_dir))

    def _directory(self, item: ProductVersion) -> Path | None:
        """Find where a product's folder really is; a link in its own place stays one."""
        installed = self._stack.find(*item)
        return None if installed is None or installed.directory is None else real_place(installed.directory)


def _delete(directory: Path, aside: Path) -> None:
    if directory.is_symlink():
        directory.unlink()
    elif directory.is_dir():
        move_tree(directory, aside)
        remove_tree(aside)
    with suppress(OSError):
        directory.parent.rmdir()
