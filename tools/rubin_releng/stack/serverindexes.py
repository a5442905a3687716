"""Lists of the files in the folders of a server, which EUPS reads before it reads HTML."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rubin_releng.stack.publishplans import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.stack.ports import PackageStore

__all__ = ["INDEX", "extend_index", "write_index"]

INDEX = "index.json"
"""Name of the list in each folder."""


def write_index(folder: str, store: PackageStore, *, dry_run: bool = False) -> Change:
    """Write the list of the files in a folder, if it is not right already.

    Parameters
    ----------
    folder : `str`
        Below the package root.
    store : `PackageStore`
        The package root.
    dry_run : `bool`, optional
        Whether nothing is written.

    Returns
    -------
    change : `Change`
        What was done.

    Notes
    -----
    Format: a JSON array of names, as EUPS reads it since 2.2.12.
    """
    path = str(PurePosixPath(folder) / INDEX)
    content = _format(name for name in store.listing(folder) if name != INDEX)
    old = store.read(path)
    if old == content:
        return Change.KEEP
    if not dry_run:
        store.write(path, content)
    return Change.ADD if old is None else Change.MOVE


def extend_index(folder: str, names: Iterable[str], store: PackageStore) -> Change:
    """Add names to the list of the files in a folder; others may add theirs meanwhile.

    Parameters
    ----------
    folder : `str`
        Below the package root.
    names : `~collections.abc.Iterable` [ `str` ]
        Files that are in it.
    store : `PackageStore`
        The package root.

    Returns
    -------
    change : `Change`
        What was done.

    Notes
    -----
    A folder of a large server has very many files, so that only one without
    a list, or with none that can be read, is looked through.
    """
    path = str(PurePosixPath(folder) / INDEX)
    wanted = set(names)
    changes: list[Change] = []

    def extend(old: bytes | None) -> bytes:
        known = None if old is None else _read(old)
        if known is None:
            known = {name for name in store.listing(folder) if name != INDEX}
        elif wanted <= known and old is not None:
            changes.append(Change.KEEP)
            return old
        changes.append(Change.ADD if old is None else Change.MOVE)
        return _format(known | wanted)

    store.update(path, extend)
    return changes[0]


def _format(names: Iterable[str]) -> bytes:
    return (json.dumps(sorted(names), indent=0) + "\n").encode()


def _read(data: bytes) -> set[str] | None:
    try:
        names = json.loads(data)
    except ValueError:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return set(names)
