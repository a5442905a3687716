"""How a product is built, told from the files of its repository, and how its sources are packed."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["PYPROJECT", "BuildKind", "SourceKind", "choose_kind"]

PYPROJECT = "pyproject.toml"
"""Where Python's own build system is named."""

_EUPSPKG_SCRIPTS = frozenset({"ups/eupspkg", "ups/eupspkg.cfg.sh"})
_EUPSPKG_SYSTEMS = frozenset({"SConstruct", "configure", "Makefile", "makefile", "GNUmakefile", "setup.py"})
# A container of a third party's tarballs.
_UPSTREAM = "upstream/"
# Expected '=' after a key in a key/value pair (at line 3, column 7)
_TOML_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


class BuildKind(StrEnum):
    """Who builds a product."""

    PYTHON = "python"
    COPY = "copy"
    EUPSPKG = "eupspkg"


class SourceKind(StrEnum):
    """What a source package holds: a reference to git, or everything."""

    GIT = "git"
    PACKAGE = "package"


def choose_kind(files: Collection[str], pyproject: str | None, *, source: str) -> BuildKind:
    """Tell how a product is built.

    Parameters
    ----------
    files : `~collections.abc.Collection` [ `str` ]
        All files of the commit, from the top.
    pyproject : `str` or `None`
        Content of ``pyproject.toml``, if there is one.
    source : `str`
        The product's name, for error messages only.

    Returns
    -------
    kind : `BuildKind`
        ``eupspkg`` if the product has a script for it; else ``python`` if
        ``pyproject.toml`` names a build system or a project, also beside an
        ``SConstruct``; else ``eupspkg`` if there is a build system it knows;
        else ``copy``, for products of tables and data.

    Raises
    ------
    FormatError
        Raised if ``pyproject.toml`` is no TOML.

    Notes
    -----
    The order in which ``lib/eupspkg.sh`` of EUPS 2.2.15 looks for build
    systems; it does not know ``pyproject.toml``.
    """
    if not _EUPSPKG_SCRIPTS.isdisjoint(files):
        return BuildKind.EUPSPKG
    if pyproject is not None and not {"build-system", "project"}.isdisjoint(_read_toml(pyproject, source)):
        return BuildKind.PYTHON
    if not _EUPSPKG_SYSTEMS.isdisjoint(files) or any(file.startswith(_UPSTREAM) for file in files):
        return BuildKind.EUPSPKG
    return BuildKind.COPY


def _read_toml(text: str, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.fullmatch(str(error))
        problem, line, column = (found[1], found[2], found[3]) if found else (str(error), None, None)
        number = int(line) if line else text.count("\n") + 1
        lines = text.split("\n")
        raise FormatError(
            problem[:1].lower() + problem[1:],
            source=f"{source}/{PYPROJECT}",
            line=number,
            column=int(column) if column else 1,
            text=lines[number - 1],
        ) from error
