"""Recipe folders on disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, write_atomic
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.ledgerfiles import LEDGER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["find_recipe", "stage_recipe"]

_RECIPES = "recipes"
# Generated, or not for the package.
_OTHER_FILES = frozenset({LEDGER, "recipe.yaml", "meta.yaml", "variants.yaml", "conda_build_config.yaml"})


def find_recipe(name: str, *, root: Path | None, start: Path) -> Path:
    """Find the folder of a recipe.

    Parameters
    ----------
    name : `str`
        Its name below ``recipes``, ``rubin-env``, or a path with a slash.
    root : `~pathlib.Path` or `None`
        The checkout; by default the nearest folder upward with ``recipes``.
    start : `~pathlib.Path`
        Where to begin looking.

    Returns
    -------
    folder : `~pathlib.Path`
        It holds a ledger.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    """
    if "/" in name or name in {".", ".."}:
        folder = start / name
    else:
        places = [root] if root is not None else [start, *start.parents]
        folders = [place / _RECIPES / name for place in places]
        folder = next((one for one in folders if (one / LEDGER).is_file()), folders[0])
    if not (folder / LEDGER).is_file():
        raise NotFoundError(
            f"there is no recipe `{name}`",
            hint=f"looked for `{folder / LEDGER}`; give the checkout by `--root`",
        )
    return folder


def stage_recipe(destination: Path, files: Mapping[str, str], *, scripts: Path) -> Path:
    """Write a recipe's folder.

    Parameters
    ----------
    destination : `~pathlib.Path`
        A folder, made if need be; other files in it stay.
    files : `~collections.abc.Mapping` [ `str`, `str` ]
        Name to content of what was generated, the recipe first.
    scripts : `~pathlib.Path`
        Folder whose other files are copied, but for its READMEs.

    Returns
    -------
    recipe : `~pathlib.Path`
        The recipe.

    Raises
    ------
    RefusedError
        Raised if we may not read or write there.
    """
    make_directory(destination)
    try:
        for path in sorted(scripts.iterdir()):
            if path.is_file() and _installed(path.name):
                shutil.copy(path, destination / path.name)
    except OSError as error:
        raise explain(error, doing="copy") from error
    for name, text in files.items():
        write_atomic(destination / name, text)
    return destination / next(iter(files))


def _installed(name: str) -> bool:
    return name not in _OTHER_FILES and not name.startswith((".", "README"))
