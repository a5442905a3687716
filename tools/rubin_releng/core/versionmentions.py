"""Finds versions of rubin-env that documents and configuration name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VersionMention", "find_mentions"]

_VERSION = r"(?P<version>[0-9]+\.[0-9]+\.[0-9]+(?:\.?(?:dev|a|b|rc)[0-9]*)?)(?![0-9.]*[0-9*])"
_MENTIONS = tuple(
    re.compile(pattern + _VERSION)
    for pattern in (
        # rubin-env 0.8.4, rubin-env-rsp==13.0.1, rubin-env | `0.8.4`, rubin-env: "13.0.1"
        r"\brubin-env(?:-[a-z]+)?[\s=:|`\"'v(]{1,6}",
        # lsst-scipipe-13.0.1, miniconda3-py38_4.9.2-13.0.1
        r"\blsst-scipipe-",
        r"\bminiconda3-py[0-9]+_[0-9.]+-",
        # CONDA_ENV=13.0.1, LSST_SPLENV_REF: 13.0.1, splenv_ref="13.0.1"
        r"(?i:\b(?:lsst_)?(?:conda_env|splenv_ref|rubin_env_ver(?:sion)?))[\s=:\"'-]{1,4}",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMention:
    """A place in a text that names a version.

    Parameters
    ----------
    version : `str`
        For example ``0.8.5``.
    line, column : `int`
        Where the version stands, both counted from 1.
    """

    version: str
    line: int
    column: int


def find_mentions(text: str) -> Iterator[VersionMention]:
    """Find where a text names versions of rubin-env.

    Parameters
    ----------
    text : `str`
        A document, or a configuration.

    Yields
    ------
    mention : `VersionMention`
        In the order of the text.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        found = {
            match.start("version"): match["version"] for one in _MENTIONS for match in one.finditer(line)
        }
        for start, version in sorted(found.items()):
            yield VersionMention(version=version, line=number, column=start + 1)
