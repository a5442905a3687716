"""Folders in which a site and a user tell EUPS what to do otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.remaps import RemapRule, parse_remap
from lsstinstall.core.remaptables import RemapTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["customization_folders", "read_remap_table"]


def customization_folders(stacks: Iterable[Path], environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Name the folders, those that EUPS looks into first in front.

    Parameters
    ----------
    stacks : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        Stacks, in the order of ``EUPS_PATH``.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_SITEDATA``, ``EUPS_DIR``, ``EUPS_USERDATA`` and ``HOME`` are
        read.

    Returns
    -------
    folders : `tuple` [ `~pathlib.Path`, ... ]
        EUPS's own, that of each stack, the user's; not all of them need be
        there.

    Notes
    -----
    The order is that of ``eups.hooks.customisationDirs`` (EUPS 2.2.15). Where
    ``startup.py`` lies in several of them, the last one counts; of
    ``manifest.remap`` and of the hook it is the first one.
    """
    return tuple(_folders(stacks, environ))


def _folders(stacks: Iterable[Path], environ: Mapping[str, str]) -> Iterator[Path]:
    if site := environ.get("EUPS_SITEDATA"):
        yield Path(site)
    elif eups := environ.get("EUPS_DIR"):
        yield Path(eups) / "site"
    for stack in stacks:
        yield stack / "site"
    if user := environ.get("EUPS_USERDATA"):
        yield Path(user)
    elif (home := environ.get("HOME")) and not _is_closed(own := Path(home) / ".eups"):
        yield own


def _is_closed(folder: Path) -> bool:
    """Say whether a folder is one into which we may not look: for EUPS nothing is there then."""
    try:
        folder.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return not os.access(folder, os.X_OK)


def read_remap_table(folders: Iterable[Path]) -> RemapTable:
    """Read all ``manifest.remap``.

    Parameters
    ----------
    folders : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        From `customization_folders`.

    Returns
    -------
    table : `RemapTable`
        What they say together.

    Raises
    ------
    FormatError
        Raised if one of them is broken.
    """
    return RemapTable(rule for folder in folders for rule in _rules(folder / "manifest.remap"))


def _rules(path: Path) -> tuple[RemapRule, ...]:
    try:
        return parse_remap(read_text(path), source=str(path))
    except NotFoundError:
        return ()
