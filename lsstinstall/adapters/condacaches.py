"""Where downloaded conda packages are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["package_cache"]

_FOLDER = "pkgs-rattler"


def package_cache(conda_root: Path | None, environ: Mapping[str, str]) -> Path:
    """Choose the folder for packages and indexes.

    Parameters
    ----------
    conda_root : `~pathlib.Path` or `None`
        Folder whose environments will share the files, by hard links; `None`
        if nothing is installed.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``RATTLER_CACHE_DIR``, ``XDG_CACHE_HOME`` and ``HOME`` are read.

    Returns
    -------
    cache : `~pathlib.Path`
        ``RATTLER_CACHE_DIR`` if it is set, as for other programs of rattler's
        family; else a folder of the root; else the user's cache folder.
    """
    if given := environ.get("RATTLER_CACHE_DIR"):
        return Path(given)
    if conda_root is not None:
        return conda_root / _FOLDER
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(home) / "rattler" / "cache"
