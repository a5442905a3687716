"""Files of a mirror, which has none: the few that somebody asks for are fetched and kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import UnavailableError
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.adapters.gitfiles import GitFiles
from rubin_releng.adapters.gitpromises import fetch_objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from lsstinstall.core.names import GitSha
    from rubin_releng.adapters.fileledgers import FileChanges
    from rubin_releng.core.fragments import AddedFile

__all__ = ["FilesNotFetchedError", "MirrorFiles"]

# :100644 100644 1234... 5678... M; of a merge there is one more of each for each further parent.
_CHANGE = re.compile(r"^:+((?:[0-7]{6} )+)((?:[0-9a-f]{40,64} )+)[A-Z]", re.MULTILINE)
_FILE_MODE = "100"
# Of each entry of a folder: its mode, a space, its name, NUL, and its id, which may be any bytes.
_ENTRY = re.compile(rb"[0-7]{5,6} ([^\0]+)\0(.{20})", re.DOTALL)


class FilesNotFetchedError(UnavailableError):
    """What is asked for is not in a mirror, and nobody may be asked."""

    def __init__(self) -> None:
        super().__init__("no files were fetched, and this is offline")


class MirrorFiles:
    """Files in the history of one mirror.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The mirror.
    url : `str`
        What it mirrors.
    offline : `bool`, optional
        Whether only what was fetched before is used.
    """

    def __init__(self, directory: Path, url: str, *, offline: bool = False) -> None:
        self.url = url
        self.is_offline = offline
        self._directory = directory
        self._files = GitFiles(directory)

    def packs(self) -> int:
        """Give a number that changes whenever something is fetched; 0 without a mirror."""
        try:
            return (self._directory / "objects" / "pack").stat().st_mtime_ns
        except OSError:
            return 0

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        """Read files of certain commits.

        Parameters
        ----------
        places : `~collections.abc.Sequence` [ `tuple` [ `GitSha`, `str` ] ]
            Commits that are there, and paths in the repository.

        Returns
        -------
        texts : `tuple` [ `str` or `None`, ... ]
            As `GitFiles` finds them in a clone.

        Raises
        ------
        FilesNotFetchedError
            Raised if some were never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """
        commits = list(dict.fromkeys(commit for commit, _ in places))
        trees = [f"{commit}^{{tree}}" for commit in commits]
        # All at once, for mostly all of it is here.
        found = list(self._files.objects([*trees, *(f"{commit}:{path}" for commit, path in places)]))
        entries = dict(zip(commits, found[: len(commits)], strict=True))
        if self.is_offline and None in entries.values():
            raise FilesNotFetchedError
        files = found[len(commits) :]
        if all(
            data is not None or _lacks(entries[commit], path)
            for (commit, path), data in zip(places, files, strict=True)
        ):
            return tuple(None if data is None else data.decode(errors="replace") for data in files)
        self._bring(self._git("log", "--no-walk", "--stdin", "--format=%T", stdin=commits).split())
        self._bring(self._find_files(places))
        return self._files.texts(places)

    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        """Read the files that came into some folders between two points.

        Parameters
        ----------
        start, end : `GitSha`
            Two commits that are there.
        folders : `~collections.abc.Sequence` [ `str` ]
            In the repository; their folders count, too.

        Returns
        -------
        files : `tuple` [ `AddedFile`, ... ]
            As `GitFiles` finds them in a clone.

        Raises
        ------
        FilesNotFetchedError
            Raised if some were never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """
        commits, parents = set[str](), set[str]()
        for line in self._git("log", "--format=%T %P", f"{start}..{end}").splitlines():
            tree, *others = line.split()
            commits.add(tree)
            parents.update(others)
        older = self._git("log", "--no-walk", "--stdin", "--format=%T", stdin=parents) if parents else ""
        self._bring(commits | set(older.split()))
        options = ("--format=", "--raw", "--no-abbrev", "--no-renames", "-c", "--full-history")
        changes = self._git("log", *options, f"{start}..{end}", "--", *folders)
        self._bring(_changed_files(changes))
        return self._files.added_files(start, end, folders)

    def changes(self, folders: Sequence[str]) -> tuple[FileChanges, ...]:
        """List what all commits did to files of some folders, whose files are fetched.

        Parameters
        ----------
        folders : `~collections.abc.Sequence` [ `str` ]
            In the repository; their folders count, too.

        Returns
        -------
        changes : `tuple` [ `FileChanges`, ... ]
            Oldest first, from all branches and tags.

        Raises
        ------
        FilesNotFetchedError
            Raised if some were never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """
        points = ("--branches", "--tags")
        self._bring(set(self._git("log", "--format=%T", *points, "--").split()))
        options = ("--format=", "--raw", "--no-abbrev", "--no-renames", "-c", "--full-history")
        self._bring(_changed_files(self._git("log", *options, *points, "--", *folders)))
        return self._files.changes(folders, *points)

    def _find_files(self, places: Sequence[tuple[GitSha, str]]) -> set[str]:
        """Find the ids of files by the folders that they are in, which are here."""
        found = set[str]()
        waiting = [(f"{commit}^{{tree}}", path.split("/")) for commit, path in places]
        while waiting:
            names = list(dict.fromkeys(name for name, _ in waiting))
            trees = dict(zip(names, map(_entries, self._files.objects(names)), strict=True))
            below: list[tuple[str, list[str]]] = []
            for name, (first, *others) in waiting:
                entry = trees[name].get(first)
                if entry is not None and others:
                    below.append((entry, others))
                elif entry is not None:
                    found.add(entry)
            waiting = below
        return found

    def _bring(self, ids: Collection[str]) -> None:
        """Fetch objects that are not here, all by one connection."""
        if not ids:
            return
        known = self._git("cat-file", "--batch-check=%(objectname)", stdin=ids)
        missing = [line.partition(" ")[0] for line in known.splitlines() if line.endswith(" missing")]
        if not missing:
            return
        if self.is_offline:
            raise FilesNotFetchedError
        fetch_objects(self._directory, self.url, missing)

    def _git(self, *arguments: str, stdin: Iterable[str] | None = None) -> str:
        text = None if stdin is None else "".join(f"{line}\n" for line in sorted(stdin))
        command = ("-C", str(self._directory), *arguments)
        return run_git(command, doing=f"read files of `{self._directory}`", stdin=text).stdout


def _entries(tree: bytes | None) -> dict[str, str]:
    """Read the ids of what is in a folder; what is none has nothing in it."""
    return {match[1].decode(errors="replace"): match[2].hex() for match in _ENTRY.finditer(tree or b"")}


def _lacks(tree: bytes | None, path: str) -> bool:
    """Tell whether a commit is known to have no such file, by what is in its topmost folder."""
    # Of each entry: its mode, a space, its name, NUL, and its id, which may be any bytes.
    return tree is not None and f" {path.partition('/')[0]}\0".encode() not in tree


def _changed_files(changes: str) -> set[str]:
    """Name the files of a raw log, before and after each change; folders of others are none."""
    found = set[str]()
    for match in _CHANGE.finditer(changes):
        modes, ids = match[1].split(), match[2].split()
        found.update(one for mode, one in zip(modes, ids, strict=True) if mode.startswith(_FILE_MODE))
    return found
