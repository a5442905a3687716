#!/usr/bin/env python3
"""Turn the Python versions and systems that are asked for into a matrix of jobs.

With no versions named it takes those that the project itself claims to support.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MatrixError", "main", "plan"]

_PYTHON = re.compile(r"\d+\.\d+(\.\d+)?t?(-dev)?|pypy\d+\.\d+")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")


class MatrixError(Exception):
    """An input that no matrix can be made of."""


def _claimed(project: Path) -> list[str]:
    """Read what the project's classifiers say, in their order."""
    try:
        table = tomllib.loads(project.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MatrixError(
            f"`python-versions` is empty and there is no `{project}` to read them from"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise MatrixError(f"`{project}`: {error}") from error
    classifiers = table.get("project", {}).get("classifiers", [])
    versions = [match[1] for text in classifiers if (match := _CLASSIFIER.fullmatch(text))]
    if not versions:
        raise MatrixError(
            f"`python-versions` is empty and `{project}` has no classifier "
            "`Programming Language :: Python :: 3.x`; add them, or name versions"
        )
    return versions


def _words(text: str, pattern: re.Pattern[str], what: str, example: str) -> list[str]:
    words = list(dict.fromkeys(text.replace(",", " ").split()))
    for word in words:
        if not pattern.fullmatch(word):
            raise MatrixError(f"`{what}` has `{word}`; expected words such as `{example}`")
    return words


def plan(project: Path, *, versions: str, systems: str) -> list[dict[str, str]]:
    """Make the matrix.

    Parameters
    ----------
    project : `~pathlib.Path`
        A ``pyproject.toml``; read only if no versions are named.
    versions : `str`
        Python versions, apart by blanks, commas or line ends.
    systems : `str`
        Labels of machines, likewise.

    Returns
    -------
    jobs : `list` [ `dict` [ `str`, `str` ] ]
        ``python`` and ``system`` of each job, all versions on the first system
        first.

    Raises
    ------
    MatrixError
        Raised if a word is none of these, or there is nothing to run.
    """
    pythons = _words(versions, _PYTHON, "python-versions", "3.12") or _claimed(project)
    labels = _words(systems, _LABEL, "systems", "ubuntu-latest")
    if not labels:
        raise MatrixError("`systems` is empty; expected words such as `ubuntu-latest`")
    return [{"python": python, "system": label} for label in labels for python in pythons]


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Write the matrix as an output.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``PYTHON_VERSIONS``, ``SYSTEMS``, ``FOLDER`` (of the project) and what
        GitHub sets.

    Returns
    -------
    code : `int`
        1 if there is none.
    """
    try:
        jobs = plan(
            Path(environ["FOLDER"], "pyproject.toml"),
            versions=environ["PYTHON_VERSIONS"],
            systems=environ["SYSTEMS"],
        )
    except MatrixError as error:
        sys.stdout.write(f"::error title=Matrix::{error}\n")
        return 1
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"matrix={json.dumps({'include': jobs})}\n")
    sys.stdout.write("".join(f"Python {job['python']} on {job['system']}\n" for job in jobs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
