"""Variants of a recipe of conda-build: `conda_build_config.yaml`, or what a feedstock was rendered with."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar
from rubin_releng.core.selectors import platform_names, select_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["read_variants"]

_CONFIGURATION = "conda_build_config.yaml"
_RENDERED = ".ci_support"
_ZIPPED = "zip_keys"
_NO_KEYS = frozenset({_ZIPPED, "pin_run_as_build", "extend_keys", "ignore_version", "ignore_build_only_deps"})
_MOST_VARIANTS = 64


def read_variants(recipe: Path, platform: CondaSubdir, used: Collection[str]) -> tuple[dict[str, str], ...]:
    """Read the variants in which a recipe is built.

    Parameters
    ----------
    recipe : `~pathlib.Path`
        A ``meta.yaml``. If it is part of a feedstock, the files in
        ``.ci_support`` have all values; else the file beside it.
    platform : `~lsstinstall.core.names.CondaSubdir`
        For which it is read.
    used : `~collections.abc.Collection` [ `str` ]
        Keys that make a difference.

    Returns
    -------
    variants : `tuple` [ `dict` [ `str`, `str` ], ... ]
        Each with one value a key; none if a feedstock does not build for the
        platform.

    Raises
    ------
    FormatError
        Raised if a file breaks its format.
    ConfigurationError
        Raised if there are too many.
    """
    folder = recipe.resolve().parent
    rendered = sorted((folder.parent / _RENDERED).glob("*.yaml"))
    beginning = platform.replace("-", "_") + "_"
    files = [one for one in rendered if one.name.startswith(beginning)]
    if not rendered:
        files = [one for one in (folder / _CONFIGURATION,) if one.is_file()]
        if not files:
            return ({},)
    found = [variant for file in files for variant in _variants_of(file, platform, used)]
    unique = {tuple(sorted(one.items())): one for one in found}
    return tuple(unique.values())


def _variants_of(file: Path, platform: CondaSubdir, used: Collection[str]) -> Iterator[dict[str, str]]:
    # What a variant file may depend on is the machine alone, as its keys are not known yet.
    text = select_lines(read_text(file), platform_names(platform), source=str(file))
    document = compose_yaml(text, source=str(file), texts=True)
    values, zipped = _values(document)
    groups = _groups(values, zipped, used)
    number = prod(len(values[group[0]]) for group in groups)
    if number > _MOST_VARIANTS:
        raise ConfigurationError(
            f"`{file}` has {number} variants for {platform}", hint="compare recipes of fewer"
        )
    fixed = {key: several[0] for key, several in values.items()}
    rows = [
        [dict(zip(group, row, strict=True)) for row in zip(*(values[key] for key in group), strict=True)]
        for group in groups
    ]
    for choice in product(*rows):
        yield {**fixed, **{key: value for row in choice for key, value in row.items()}}


def _groups(
    values: Mapping[str, Sequence[str]], zipped: Sequence[Sequence[str]], used: Collection[str]
) -> list[tuple[str, ...]]:
    """Find the keys whose values are chosen together, of those that make a difference."""
    groups = [tuple(key for key in group if key in values) for group in zipped]
    groups = [group for group in groups if group and len({len(values[key]) for key in group}) == 1]
    together = {key for group in groups for key in group}
    groups += [(key,) for key in values if key not in together]
    return [group for group in groups if any(key in used for key in group)]


def _values(document: PlacedDocument) -> tuple[dict[str, list[str]], list[list[str]]]:
    root = document.root
    if isinstance(root, PlacedScalar) and root.value in (None, ""):
        return {}, []
    if not isinstance(root, PlacedMapping):
        raise document.error(root, f"expected keys with values, found {root.description}")
    values: dict[str, list[str]] = {}
    zipped: list[list[str]] = []
    for key, value in root.entries:
        if key.value == _ZIPPED:
            zipped = [_texts(document, one) for one in _items(value)]
        elif key.value not in _NO_KEYS and (texts := _texts(document, value)):
            values[str(key.value)] = texts
    return values, zipped


def _items(value: PlacedValue) -> Sequence[PlacedValue]:
    items = value.items if isinstance(value, PlacedList) else ()
    # One group may stand alone.
    return (value,) if items and all(isinstance(one, PlacedScalar) for one in items) else items


def _texts(document: PlacedDocument, value: PlacedValue) -> list[str]:
    texts = []
    for one in value.items if isinstance(value, PlacedList) else (value,):
        if not isinstance(one, PlacedScalar):
            raise document.error(one, f"expected a value of a variant, found {one.description}")
        if one.value not in (None, ""):
            texts.append(str(one.value))
    return texts
