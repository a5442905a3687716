"""Where a clone came from, as its configuration says; git itself is not started."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_git_folder", "read_address"]

_ORIGIN = re.compile(r'^\[remote "origin"\]\s*$(?P<body>.*?)(?=^\[|\Z)', re.MULTILINE | re.DOTALL)
_URL = re.compile(r"^\s*url\s*=\s*(?P<url>\S+)\s*$", re.MULTILINE)
# What other people can open, too: git@github.com:lsst/afw, https://github.com/lsst/afw
_PUBLIC = re.compile(r"(?:https?|ssh|git)://\S+|[^/\s@]+@[^/\s:]+:\S+")


def read_address(directory: Path) -> str | None:
    """Find the address that a clone was made from.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The clone, bare or not.

    Returns
    -------
    url : `str` or `None`
        `None` if there is none that means anything elsewhere.
    """
    for path in (directory / ".git" / "config", directory / "config"):
        try:
            text = read_text(path)
        except ToolkitError:
            continue
        origin = _ORIGIN.search(text)
        found = None if origin is None else _URL.search(origin["body"])
        if found is not None and _PUBLIC.fullmatch(found["url"]):
            return found["url"]
        return None
    return None


def is_git_folder(directory: Path) -> bool:
    """Say whether a folder itself is a repository, and not only lies in one.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Any folder.

    Returns
    -------
    is_git : `bool`
        For a clone, bare or not.
    """
    return (directory / ".git").exists() or (
        (directory / "HEAD").is_file() and (directory / "objects").is_dir()
    )
