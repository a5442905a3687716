"""Where downloaded conda packages are kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["package_cache"]

_FOLDER = "pkgs-rattler"


def package_cache(conda_root: Path | None) -> Path:
    """Choose the folder for packages and indexes.

    Parameters
    ----------
    conda_root : `~pathlib.Path` or `None`
        Folder whose environments will share the files, by hard links; `None`
        if nothing is installed.

    Returns
    -------
    cache : `~pathlib.Path`
        ``RATTLER_CACHE_DIR`` if it is set, as for other programs of rattler's
        family; else a folder of the root; else the user's cache folder.
    """
    if given := os.environ.get("RATTLER_CACHE_DIR"):
        return Path(given)
    if conda_root is not None:
        return conda_root / _FOLDER
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "rattler" / "cache"
