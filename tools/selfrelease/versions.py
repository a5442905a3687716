"""Versions of this project, with their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from lsstinstall.core.errors import FormatError, InvalidNameError, shown

__all__ = ["ProjectVersion", "find_version", "parse_version", "replace_version"]

# 0.2.0, and candidates of it: 0.2.0rc1
_VERSION = re.compile(r"(?P<numbers>(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})(?:rc(?P<candidate>[1-9]\d*))?")
_LINE = re.compile(r'^__version__ = "(?P<version>[^"\n]*)"$', re.MULTILINE)


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectVersion:
    """A version of this project.

    Parameters
    ----------
    numbers : `tuple` [ `int`, `int`, `int` ]
        Major, minor, and patch.
    candidate : `int` or `None`
        Number of a candidate; `None` of a release.
    """

    numbers: tuple[int, int, int]
    candidate: int | None = None

    def __str__(self) -> str:
        base = ".".join(map(str, self.numbers))
        return base if self.candidate is None else f"{base}rc{self.candidate}"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, ProjectVersion):
            return NotImplemented
        return self._order < other._order

    @property
    def _order(self) -> tuple[tuple[int, int, int], float]:
        # A release comes after all its candidates.
        return self.numbers, float("inf") if self.candidate is None else self.candidate

    @property
    def release(self) -> ProjectVersion:
        """What it is a candidate of, or itself."""
        return ProjectVersion(numbers=self.numbers)


def parse_version(text: str) -> ProjectVersion:
    """Read a version, which is the name of its tag as well.

    Parameters
    ----------
    text : `str`
        ``0.2.0`` or ``0.2.0rc1``.

    Returns
    -------
    version : `ProjectVersion`
        With numbers.

    Raises
    ------
    InvalidNameError
        Raised if it is written in another way.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        hint = "write it as `0.2.0`, and a candidate as `0.2.0rc1`; tags have the same name, without a `v`"
        raise InvalidNameError(f"`{shown(text)}` is no version of this project", hint=hint)
    major, minor, patch = map(int, match["numbers"].split("."))
    candidate = match["candidate"]
    return ProjectVersion(numbers=(major, minor, patch), candidate=int(candidate) if candidate else None)


def find_version(text: str, *, source: str) -> ProjectVersion:
    """Find the version that a module tells.

    Parameters
    ----------
    text : `str`
        Of the module.
    source : `str`
        Its name, for messages.

    Returns
    -------
    version : `ProjectVersion`
        What it says.

    Raises
    ------
    FormatError
        Raised if it says nothing, or twice.
    """
    found = _LINE.findall(text)
    if len(found) != 1:
        problem = f"expected one line `__version__ = ...`, found {len(found)}"
        raise FormatError(problem, source=source)
    return parse_version(found[0])


def replace_version(text: str, version: ProjectVersion) -> str:
    """Let a module tell another version."""
    return _LINE.sub(f'__version__ = "{version}"', text)
