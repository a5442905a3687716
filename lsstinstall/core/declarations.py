"""EUPS's database in files: one door to version files, chain files and the list of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.chainfiles import ChainAssignment, ChainFile, parse_chain_file
from lsstinstall.core.eupstimes import format_eups_time
from lsstinstall.core.versionfiles import FlavorDeclaration, VersionFile, parse_version_file

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ChainAssignment",
    "ChainFile",
    "FlavorDeclaration",
    "VersionFile",
    "format_eups_time",
    "format_global_tags",
    "parse_chain_file",
    "parse_global_tags",
    "parse_version_file",
]


def parse_global_tags(text: str) -> tuple[str, ...]:
    """Read ``ups_db/global.tags``.

    Parameters
    ----------
    text : `str`
        Names with blanks or line ends between them.

    Returns
    -------
    tags : `tuple` [ `str`, ... ]
        In the order of registration, each once. Any word is a tag here: sites
        register tags of their own.
    """
    return tuple(dict.fromkeys(text.split()))


def format_global_tags(tags: Iterable[str]) -> str:
    """Write ``ups_db/global.tags`` as EUPS does.

    Parameters
    ----------
    tags : `~collections.abc.Iterable` [ `str` ]
        In the order of registration.

    Returns
    -------
    text : `str`
        One line.
    """
    return " ".join(tags) + "\n"
