#!/usr/bin/env python3
"""Collect what has to be installed before a build: system packages, and packages of Python.

Names come from inputs and from an old style ``cmake.ini`` or ``build_docs.ini``,
in which ``[ubuntu]`` and ``[pip]`` each have an ``install`` line.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ExtrasError", "collected", "main"]

# libboost-dev, g++-12, libc6:i386, cmake=3.25.1-1; no options
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9.+-]*(:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?")
# numpy, pybind11[global], sphinx<9,>=7; no options
_PYTHON = re.compile(r"[A-Za-z0-9][^\s'\"$`;&|\\]*")


class ExtrasError(Exception):
    """A name that is none, or a file that cannot be read."""


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=path.name)
    except configparser.Error as error:
        raise ExtrasError(" ".join(str(error).split())) from error
    return {section: parser.get(section, "install", fallback="") for section in parser.sections()}


def _names(texts: tuple[str, str], pattern: re.Pattern[str], what: str) -> list[str]:
    names = list(dict.fromkeys(" ".join(texts).split()))
    for name in names:
        if not pattern.fullmatch(name):
            raise ExtrasError(f"`{name}` is no {what}")
    return names


def collected(path: Path, *, system: str, python: str) -> tuple[list[str], list[str]]:
    """Collect the names.

    Parameters
    ----------
    path : `~pathlib.Path`
        File of extras; need not exist.
    system : `str`
        Further system packages, apart by blanks.
    python : `str`
        Further requirements of Python, apart by blanks, none in them.

    Returns
    -------
    names : `tuple` [ `list` [ `str` ], `list` [ `str` ] ]
        System packages and requirements, those of the file first.

    Raises
    ------
    ExtrasError
        Raised if a name is none, such as an option, or the file is broken.
    """
    extras = _from_file(path)
    return (
        _names((extras.get("ubuntu", ""), system), _SYSTEM, "name of a system package"),
        _names((extras.get("pip", ""), python), _PYTHON, "requirement without blanks and quotes"),
    )


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Write the names as outputs.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``EXTRAS_FILE``, ``SYSTEM_PACKAGES``, ``PYTHON_PACKAGES`` and what
        GitHub sets.

    Returns
    -------
    code : `int`
        1 if there is anything wrong with them.
    """
    try:
        system, python = collected(
            Path(environ["EXTRAS_FILE"]),
            system=environ["SYSTEM_PACKAGES"],
            python=environ["PYTHON_PACKAGES"],
        )
    except ExtrasError as error:
        sys.stdout.write(f"::error title=Extra packages::{error}\n")
        return 1
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"system={' '.join(system)}\npython={' '.join(python)}\n")
    sys.stdout.write(f"system packages: {' '.join(system) or 'none'}\n")
    sys.stdout.write(f"requirements: {' '.join(python) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
