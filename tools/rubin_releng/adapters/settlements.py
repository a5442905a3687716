"""What we left in a clone when we were there last, so that the next run need not ask git again."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.adapters.gitindexes import index_checksum, read_index

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.adapters.gitindexes import IndexFile

__all__ = [
    "count_moves",
    "detached_head",
    "is_sound",
    "note_large_files",
    "note_moves",
    "note_settled",
    "origin_in",
    "settled_index",
    "settled_large_files",
]

_SETTLED = "lsstinstall-settled"
_LARGE_FILES = "lsstinstall-large-files"
_MOVES = "lsstinstall-moves"
_SHA = re.compile(r"[0-9a-f]{40}")
_SECTION = re.compile(r"\s*\[([^\]]*)\]\s*")
_URL = re.compile(r"\s*url\s*=\s*([^\s\"'\\#;]+)\s*")


def is_sound(git_dir: Path) -> bool:
    """Tell whether git can take a folder for a repository.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        A ``.git``, a folder or a file that names one.

    Returns
    -------
    sound : `bool`
        False for what a killed clone or a crash of the machine leaves.
    """
    if git_dir.is_file():
        return True
    head = _read(git_dir / "HEAD")
    return bool(head) and (git_dir / "objects").is_dir() and (git_dir / "refs").is_dir()


def detached_head(git_dir: Path) -> GitSha | None:
    """Read the commit that is checked out without a branch; `None` if it is another case."""
    text = _read(git_dir / "HEAD").strip()
    return GitSha(text) if _SHA.fullmatch(text) else None


def origin_in(git_dir: Path) -> str | None:
    """Read the URL of ``origin`` from a clone's configuration.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        Its ``.git``.

    Returns
    -------
    url : `str` or `None`
        `None` if it is not written plainly: then git has to be asked.
    """
    section = ""
    found = []
    for line in _read(git_dir / "config").splitlines():
        if match := _SECTION.fullmatch(line):
            section = match[1]
            if section.lower().startswith("include"):
                return None
        elif section == 'remote "origin"' and (match := _URL.fullmatch(line)):
            found.append(match[1])
    return found[0] if len(found) == 1 else None


def note_settled(git_dir: Path, commit: str) -> None:
    """Remember that a commit is checked out and no file was changed.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        The ``.git`` of the clone.
    commit : `str`
        It came from the remote.
    """
    checksum = index_checksum(git_dir)
    if checksum is not None and detached_head(git_dir) == commit:
        _note(git_dir / _SETTLED, f"{commit} {checksum}\n")


def settled_index(git_dir: Path) -> tuple[GitSha, IndexFile] | None:
    """Find out without git whether a checkout is just as we left it.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        The ``.git`` in a work tree.

    Returns
    -------
    commit, index : `GitSha`, `~rubin_releng.adapters.gitindexes.IndexFile`
        What is checked out, and its files; `None` if that cannot be said,
        for example because a file was changed.
    """
    match _read(git_dir / _SETTLED).split():
        case [commit, checksum] if detached_head(git_dir) == commit:
            index = read_index(git_dir)
            if index is not None and index.checksum == checksum and index.matches(git_dir.parent):
                return GitSha(commit), index
    return None


def note_large_files(git_dir: Path, commit: str) -> None:
    """Remember that a commit's large files are here."""
    _note(git_dir / _LARGE_FILES, f"{commit}\n")


def settled_large_files(git_dir: Path) -> str:
    """Name the commit whose large files are here; empty if there is none."""
    return _read(git_dir / _LARGE_FILES).strip()


def count_moves(git_dir: Path) -> int:
    """Say how many times running the remote had something new."""
    text = _read(git_dir / _MOVES).strip()
    return int(text) if text.isdecimal() else 0


def note_moves(git_dir: Path, moves: int) -> None:
    """Remember how many times running the remote had something new."""
    if moves:
        _note(git_dir / _MOVES, f"{moves}\n")
    else:
        (git_dir / _MOVES).unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _note(path: Path, text: str) -> None:
    # Notes save time and nothing else: without one, or with half of one, git is asked.
    new = path.with_name(f"{path.name}.new")
    with suppress(OSError):
        new.write_text(text, encoding="utf-8")
        new.replace(path)
