"""Documents and configuration in a checkout, to be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["default_documents", "read_documents"]

_PLACES = ("README.md", "docs", "containers", "workflows", ".github", "lsstinstall/data")
_SUFFIXES = frozenset(
    {".cfg", ".env", ".groovy", ".html", ".ini", ".json", ".md", ".rst", ".sh", ".toml", ".txt"}
    | {".yaml", ".yml"}
)
_NAMES = frozenset({"Containerfile", "Dockerfile", "Jenkinsfile"})
_GENERATED = frozenset({"_build", "generated", "node_modules"})
_MOST_BYTES = 2_000_000


def default_documents(root: Path) -> tuple[Path, ...]:
    """Name what a checkout says about itself.

    Parameters
    ----------
    root : `~pathlib.Path`
        The checkout.

    Returns
    -------
    paths : `tuple` [ `~pathlib.Path`, ... ]
        Files and folders that are there.
    """
    return tuple(root / place for place in _PLACES if (root / place).exists())


def read_documents(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Read texts.

    Parameters
    ----------
    paths : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        Files of any name; folders, in which those that look like documents
        or configuration are read and hidden or generated ones are not.

    Yields
    ------
    document : `tuple` [ `~pathlib.Path`, `str` ]
        By path; what is no UTF-8 is read as far as it is.

    Raises
    ------
    NotFoundError
        Raised if a path is not there.
    RefusedError
        Raised if a file may not be read.
    """
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"there is no `{path}`")
        for file in sorted(_files(path)) if path.is_dir() else [path]:
            try:
                yield file, file.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise explain(error, doing=f"read `{file}`") from error


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder).parts
        if any(part.startswith(".") or part in _GENERATED for part in inner):
            continue
        if path.suffix not in _SUFFIXES and path.name not in _NAMES:
            continue
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            yield path
