"""File trees as values: read from source distributions, changed ticket by ticket."""

from __future__ import annotations

import fnmatch
import re
import tarfile
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

__all__ = ["TreeFile", "changed_paths", "read_sdist", "table_text", "take_paths", "with_table"]

# What setuptools appends to the setup.cfg of every source distribution.
_EGG_INFO = re.compile(rb"\n*\[egg_info\]\ntag_build = *\ntag_date = 0\n+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file of a tree.

    Parameters
    ----------
    data : `bytes`
        The whole content.
    executable : `bool`
        Whether it may be run.
    """

    data: bytes
    executable: bool = False


def read_sdist(archive: Path) -> dict[str, TreeFile]:
    """Read a source distribution as the repository that it was made from.

    Parameters
    ----------
    archive : `~pathlib.Path`
        A ``.tar.gz`` with one top folder, as PEP 625 asks.

    Returns
    -------
    tree : `dict` [ `str`, `TreeFile` ]
        Path below the top folder to file, sorted by path. Left out is what
        the build made: ``PKG-INFO``, ``*.egg-info``, the version module that
        ``lsst-versions`` writes, and the ``egg_info`` section of ``setup.cfg``.

    Raises
    ------
    CorruptError
        Raised if it is no archive, or cut short.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tree = dict(sorted(_members(tar)))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CorruptError(f"`{archive}` cannot be read: {error}", hint="delete it and run again") from error
    generated = _version_module(tree)
    return {path: file for path, file in tree.items() if path != generated and not _is_metadata(path)}


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, TreeFile]]:
    for member in tar:
        path = member.name.partition("/")[2]
        stream = tar.extractfile(member) if member.isreg() else None
        if not path or stream is None:
            continue
        data = stream.read()
        if path == "setup.cfg":
            data = _EGG_INFO.sub(b"\n", data).lstrip(b"\n")
        if data or path != "setup.cfg":
            yield path, TreeFile(data=data, executable=bool(member.mode & 0o100))


def _is_metadata(path: str) -> bool:
    return path == "PKG-INFO" or any(part.endswith(".egg-info") for part in path.split("/"))


def _version_module(tree: Mapping[str, TreeFile]) -> str | None:
    project = tree.get("pyproject.toml")
    tool = tomllib.loads(project.data.decode())["tool"] if project else {}
    written = tool.get("lsst_versions", {}).get("write_to")
    return str(written) if written else None


def changed_paths(old: Mapping[str, TreeFile], new: Mapping[str, TreeFile]) -> tuple[str, ...]:
    """Name the files that two trees do not share.

    Parameters
    ----------
    old, new : `~collections.abc.Mapping` [ `str`, `TreeFile` ]
        Trees to compare.

    Returns
    -------
    paths : `tuple` [ `str`, ... ]
        Added, removed and changed files, sorted.
    """
    return tuple(sorted(path for path in {*old, *new} if old.get(path) != new.get(path)))


def take_paths(
    old: Mapping[str, TreeFile], new: Mapping[str, TreeFile], patterns: Collection[str]
) -> dict[str, TreeFile]:
    """Bring some files of a tree to the state they have in another.

    Parameters
    ----------
    old : `~collections.abc.Mapping` [ `str`, `TreeFile` ]
        Tree to begin with; ``ups`` is ours and never touched.
    new : `~collections.abc.Mapping` [ `str`, `TreeFile` ]
        Tree to take from.
    patterns : `~collections.abc.Collection` [ `str` ]
        Shell patterns of paths; empty means all.

    Returns
    -------
    tree : `dict` [ `str`, `TreeFile` ]
        Sorted by path.
    """
    tree = dict(old)
    for path in changed_paths(old, new):
        wanted = not patterns or any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
        if path.startswith("ups/") or not wanted:
            continue
        if path in new:
            tree[path] = new[path]
        else:
            del tree[path]
    return dict(sorted(tree.items()))


def with_table(tree: Mapping[str, TreeFile], product: str, requires: Collection[str]) -> dict[str, TreeFile]:
    """Add the EUPS table file.

    Parameters
    ----------
    tree : `~collections.abc.Mapping` [ `str`, `TreeFile` ]
        Tree without one.
    product : `str`
        EUPS product.
    requires : `~collections.abc.Collection` [ `str` ]
        Products it needs, in the order of the table.

    Returns
    -------
    tree : `dict` [ `str`, `TreeFile` ]
        Sorted by path.
    """
    table = TreeFile(data=table_text(requires, python="pyproject.toml" in tree).encode())
    return dict(sorted({**tree, f"ups/{product}.table": table}.items()))


def table_text(requires: Collection[str], *, python: bool) -> str:
    """Write a table file.

    Parameters
    ----------
    requires : `~collections.abc.Collection` [ `str` ]
        Products it needs, in the order of the table.
    python : `bool`
        Whether it installs modules and commands.

    Returns
    -------
    text : `str`
        Ends with a newline.
    """
    lines = [f"setupRequired({name})" for name in requires]
    if python:
        lines += ["envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)", "envPrepend(PATH, ${PRODUCT_DIR}/bin)"]
    return "".join(f"{line}\n" for line in lines)
