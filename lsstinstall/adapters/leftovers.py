"""What ended work left behind: in a stack, and in a folder of conda environments."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.condaroots import MARK, REMOVED
from lsstinstall.adapters.diskusage import FreedBytes
from lsstinstall.adapters.stackfolders import SCRATCH, SCRATCH_SUFFIX, record_path, replaced_folder
from lsstinstall.adapters.trees import real_place, walk_tree
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.garbage import Garbage, GarbageKind
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.versions import parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from lsstinstall.adapters.eups import Stack

__all__ = [
    "environment_leftovers",
    "old_memories",
    "stack_leftovers",
    "unused_environments",
    "unused_packages",
]

_QUIET_SECONDS = 24 * 3600.0
"""EUPS as conda packages it takes no lock, so that only time tells whether it still works there."""

_FORGOTTEN_SECONDS = 30 * 24 * 3600.0
"""Who works with a server asks it more often."""


def stack_leftovers(stack: Stack, *, replaced: bool) -> Iterator[Garbage]:
    """Find what killed and failed work left in a stack.

    Parameters
    ----------
    stack : `Stack`
        The stack; nobody else works there.
    replaced : `bool`
        Whether what we moved out of the way counts, which may be somebody's
        work.

    Yields
    ------
    leftover : `Garbage`
        Sorted by path within each sort.
    """
    for folder in sorted((stack.path / SCRATCH).glob("*/*")):
        if folder.name.endswith(SCRATCH_SUFFIX):
            yield _leftover(folder, "of an interrupted run", stack.path)
        elif folder.is_dir() and time.time() - folder.stat().st_mtime > _QUIET_SECONDS:
            yield _leftover(folder, "of an installation by EUPS that failed", stack.path)
    yield from _half_removed(stack)
    if replaced and replaced_folder(stack.path).is_dir():
        yield _leftover(replaced_folder(stack.path), "moved out of the way", stack.path)


def _half_removed(stack: Stack) -> Iterator[Garbage]:
    """Find what we installed and nobody declares any more."""
    records = record_path(stack.path, stack.flavor, parse_product_name("x"), parse_eups_version("1")).parent
    for record in sorted(records.glob("*.json")):
        name, _, version = record.stem.partition("-")
        with suppress(ToolkitError):
            if stack.find(parse_product_name(name), parse_eups_version(version)) is not None:
                continue
            yield _leftover(record, "of a product that is not declared", stack.path)
            folder = stack.path / stack.flavor / name / version
            if folder.is_dir() and _is_nobodys(folder, stack):
                yield _leftover(folder, "not declared any more", stack.path)


def _is_nobodys(folder: Path, stack: Stack) -> bool:
    """Say whether a folder is really in the stack, and no declared product lies in it or around it."""
    place = real_place(folder)
    found = (stack.find(one, version) for one in stack.products() for version in stack.versions(one))
    others = [real_place(one.directory) for one in found if one is not None and one.directory is not None]
    is_shared = any(one == place or one in place.parents or place in one.parents for one in others)
    return (stack.path / stack.flavor).resolve() in place.parents and not is_shared


def _leftover(path: Path, reason: str, stack: Path) -> Garbage:
    return _garbage(GarbageKind.LEFTOVER, path, str(path.relative_to(stack)), reason)


def _garbage(kind: GarbageKind, path: Path, name: str, reason: str) -> Garbage:
    return Garbage(kind=kind, name=name, place=str(path), reason=reason, size_bytes=FreedBytes().add(path))


def environment_leftovers(conda_root: Path) -> Iterator[Garbage]:
    """Find environments that were never finished, or half removed.

    Parameters
    ----------
    conda_root : `~pathlib.Path`
        Folder with ``envs``; nobody else works there.

    Yields
    ------
    leftover : `Garbage`
        Sorted by name.
    """
    for prefix in sorted((conda_root / "envs").glob("*")):
        if prefix.name.startswith(REMOVED):
            name = prefix.name.removeprefix(REMOVED)
            yield _garbage(GarbageKind.ENVIRONMENT, prefix, name, "half removed")
        elif _state(prefix) == "unfinished":
            yield _garbage(GarbageKind.ENVIRONMENT, prefix, prefix.name, "never finished")


def unused_environments(conda_root: Path, *, in_use: Collection[Path]) -> Iterator[Garbage]:
    """Find environments that we made, whose stacks are empty, and that no load script names.

    Parameters
    ----------
    conda_root : `~pathlib.Path`
        Folder with ``envs``; the load scripts lie beside it.
    in_use : `~collections.abc.Collection` [ `~pathlib.Path` ]
        Environments, or folders in them, that somebody uses.

    Yields
    ------
    unused : `Garbage`
        Sorted by name.
    """
    scripts = [_text(path) for path in sorted(conda_root.parent.glob("loadLSST*"))]
    busy = [path.resolve() for path in in_use]
    for prefix in sorted((conda_root / "envs").glob("*")):
        name, place = prefix.name, prefix.resolve()
        used = any(path == place or place in path.parents for path in busy)
        products = any((prefix / "share" / "eups" / "ups_db").glob("*/*.version"))
        if _state(prefix) != "complete" or used or products or any(name in text for text in scripts):
            continue
        yield _garbage(GarbageKind.ENVIRONMENT, prefix, name, "empty, and no load script names it")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _state(prefix: Path) -> object:
    try:
        return json.loads((prefix / MARK).read_text("utf-8"))["state"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def unused_packages(cache: Path, *, conda_root: Path) -> Iterator[Garbage]:
    """Find conda packages that are in no environment.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Folder of the cache; unpacked packages, and the archives they came in,
        lie in it or in its folder ``pkgs``.
    conda_root : `~pathlib.Path`
        Folder with ``envs``. Environments name their packages; those of
        others are known by the files that they share with the cache.

    Yields
    ------
    package : `Garbage`
        Sorted by name within each folder.
    """
    noted = {path.stem for path in conda_root.glob("envs/*/conda-meta/*.json")}
    noted.update(path.stem for path in conda_root.glob("conda-meta/*.json"))
    for path in (*sorted(cache.glob("*")), *sorted((cache / "pkgs").glob("*"))):
        if path.is_dir() and (path / "info" / "index.json").is_file():
            if path.name not in noted and not _is_shared(path):
                yield _garbage(GarbageKind.PACKAGE, path, path.name, "is in no environment")
        elif path.name.endswith((".conda", ".tar.bz2")):
            yield _garbage(GarbageKind.PACKAGE, path, path.name, "is unpacked, or can be fetched again")


def old_memories(folder: Path, *, everything: bool) -> Iterator[Garbage]:
    """Find what is kept of package roots that were not asked for a long time.

    Parameters
    ----------
    folder : `~pathlib.Path`
        From `~lsstinstall.adapters.rememberedpkgroots.memory_folder`.
    everything : `bool`
        Whether those that were asked lately count, too.

    Yields
    ------
    memory : `Garbage`
        One a package root, sorted by name.
    """
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(one for one in folder.glob("*") if one.is_dir()):
        # Each answer is written anew whenever it is given.
        newest = max((one.stat().st_mtime for one in path.iterdir()), default=0.0)
        if everything or time.time() - newest > _FORGOTTEN_SECONDS:
            yield _garbage(GarbageKind.MEMORY, path, path.name, "answers of a server, for `--offline` only")


def _is_shared(folder: Path) -> bool:
    return any(
        entry.is_file(follow_symlinks=False) and entry.stat().st_nlink > 1 for entry in walk_tree(folder)
    )
