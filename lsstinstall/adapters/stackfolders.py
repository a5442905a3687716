"""Where we keep things in a stack, besides what EUPS knows of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = ["SCRATCH", "SCRATCH_SUFFIX", "record_path", "replaced_folder", "scratch_folder"]

SCRATCH = "EupsBuildDir"
"""EUPS's own place for installations under way; on the file system of the products."""

SCRATCH_SUFFIX = ".lsstinstall"
"""Tells our scratch folders from those of EUPS."""


def record_path(stack: Path, flavor: Flavor, product: ProductName, version: EupsVersion) -> Path:
    """Say where the files of a product are written down.

    Parameters
    ----------
    stack : `~pathlib.Path`
        The stack.
    flavor, product, version
        The declaration.

    Returns
    -------
    path : `~pathlib.Path`
        Outside the product, so that its folder is as EUPS would have it.
    """
    return stack / PRIVATE / "files" / flavor / f"{product}-{version}.json"


def replaced_folder(stack: Path) -> Path:
    """Say where we keep what was in the way, for it may be somebody's work.

    Parameters
    ----------
    stack : `~pathlib.Path`
        The stack.

    Returns
    -------
    path : `~pathlib.Path`
        Below it, the same paths as in the stack.
    """
    return stack / PRIVATE / "replaced"


def scratch_folder(stack: Path, flavor: Flavor, name: str) -> Path:
    """Say where something may lie for a while; a later installation removes it.

    Parameters
    ----------
    stack : `~pathlib.Path`
        The stack.
    flavor : `Flavor`
        The platform's.
    name : `str`
        What it is for.

    Returns
    -------
    path : `~pathlib.Path`
        On the file system of the products.
    """
    return stack / SCRATCH / flavor / f"{name}{SCRATCH_SUFFIX}"
