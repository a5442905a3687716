"""Wheels and the conda recipes that repackage them."""

from __future__ import annotations

import email.parser
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["Wheel", "normalized_name", "read_wheel", "wheel_recipe"]

# `numpy (>=1.24,<3) ; extra == "x"`: name, extras, constraint, marker.
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;\s*(.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """What a wheel says of itself.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.
    name, version : `str`
        Normalized name as conda packages are called, and version.
    summary, license : `str`
        For the recipe; may be empty.
    requires : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        Name and constraint of what it needs, without extras, in file order.
    pure : `bool`
        Whether it runs on every platform and Python 3.
    """

    path: Path
    name: str
    version: str
    summary: str
    license: str
    requires: tuple[tuple[str, str], ...]
    pure: bool


def normalized_name(name: str) -> str:
    """Write a name as PEP 503 asks.

    Parameters
    ----------
    name : `str`
        Any spelling.

    Returns
    -------
    normalized : `str`
        Lower case, with hyphens.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def read_wheel(path: Path) -> Wheel:
    """Read the metadata of a wheel.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.

    Returns
    -------
    wheel : `Wheel`
        What it says.

    Raises
    ------
    CorruptError
        Raised if it is no zip archive or has no metadata.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            member = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            metadata = email.parser.Parser().parsestr(archive.read(member).decode())
    except (zipfile.BadZipFile, StopIteration, OSError) as error:
        raise CorruptError(f"`{path}` is no wheel", hint="delete it and run again") from error
    return Wheel(
        path=path,
        name=normalized_name(metadata["Name"]),
        version=metadata["Version"],
        summary=metadata.get("Summary", ""),
        license=metadata.get("License-Expression", ""),
        requires=tuple(_requirements(metadata.get_all("Requires-Dist", []))),
        pure=path.name.endswith("-none-any.whl"),
    )


def _requirements(lines: Collection[str]) -> list[tuple[str, str]]:
    found = []
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and "extra ==" not in (match[3] or ""):
            found.append((normalized_name(match[1]), re.sub(r"\s+", "", match[2])))
    return found


def wheel_recipe(wheel: Wheel, *, known: Collection[str], python: str, builder: Path) -> dict[str, object]:
    """Write the recipe that repackages a wheel, which lies beside it.

    Parameters
    ----------
    wheel : `Wheel`
        What to package.
    known : `~collections.abc.Collection` [ `str` ]
        Packages of the channel; requirements on others are for platforms
        that we do not run on, and left out.
    python : `str`
        Minor version of the channel's python, ``3.11``.
    builder : `~pathlib.Path`
        Interpreter that runs ``unpack.py`` during the build.

    Returns
    -------
    recipe : `dict` [ `str`, `object` ]
        Plain values of a ``recipe.yaml``, format v1.
    """
    unpack = f'"$RECIPE_DIR/unpack.py" *.whl "$PREFIX" "$PREFIX/lib/python{python}/site-packages"'
    run = [f"{name} {constraint}".strip() for name, constraint in wheel.requires if name in known]
    return {
        "package": {"name": wheel.name, "version": wheel.version},
        "source": {"path": wheel.path.name},
        "build": {
            "number": 0,
            **({"noarch": "python"} if wheel.pure else {}),
            "script": f"{builder} {unpack}",
            "python": {"skip_pyc_compilation": ["**/*.py"]},
            # Wheels carry their libraries and find them themselves.
            "dynamic_linking": {"binary_relocation": False},
        },
        "requirements": {"run": ["python" if wheel.pure else f"python {python}.*", *run]},
        "about": {"summary": wheel.summary, **({"license": wheel.license} if wheel.license else {})},
    }
