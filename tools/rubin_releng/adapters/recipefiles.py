"""Recipe folders on disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml

from lsstinstall.adapters.files import explain, read_text, write_atomic
from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["REQUIREMENTS", "read_values", "stage_recipe"]

REQUIREMENTS = "requirements.yaml"
"""Name of a requirement file beside its recipe."""


def read_values(path: Path) -> object:
    """Read the plain values of a YAML file.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to read.

    Returns
    -------
    values : `object`
        Mappings, lists, texts, numbers; `None` for an empty file.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    FormatError
        Raised if it is not YAML.
    """
    text = read_text(path)
    try:
        values: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise FormatError(
            str(error.problem or error),
            source=str(path),
            line=1 if mark is None else mark.line + 1,
            column=1 if mark is None else mark.column + 1,
            text=None if mark is None else text.splitlines()[min(mark.line, len(text.splitlines()) - 1)],
        ) from error
    return values


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
