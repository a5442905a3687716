"""Recipe folders on disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml

from lsstinstall.adapters.files import explain, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["REQUIREMENTS", "stage_recipe"]

REQUIREMENTS = "requirements.yaml"
"""Name of a requirement file beside its recipe."""


def stage_recipe(source: Path, destination: Path, values: Mapping[str, object]) -> Path:
    """Copy a recipe's folder, with other values in its ``recipe.yaml``.

    Parameters
    ----------
    source : `~pathlib.Path`
        The folder; not changed.
    destination : `~pathlib.Path`
        A folder that does not exist yet.
    values : `~collections.abc.Mapping` [ `str`, `object` ]
        The recipe's plain values.

    Returns
    -------
    recipe : `~pathlib.Path`
        The new ``recipe.yaml``; a requirement file is not copied.

    Raises
    ------
    RefusedError
        Raised if we may not read or write there.
    """
    try:
        shutil.copytree(source, destination, ignore=shutil.ignore_patterns(REQUIREMENTS))
    except OSError as error:
        raise explain(error, doing="copy") from error
    recipe = destination / "recipe.yaml"
    write_atomic(recipe, yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000))
    return recipe
