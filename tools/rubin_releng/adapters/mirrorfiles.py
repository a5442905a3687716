"""Files of a mirror, which has none: the few that somebody asks for are fetched and kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import UnavailableError
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.adapters.gitfiles import GitFiles
from rubin_releng.adapters.gitpromises import fetch_objects
from rubin_releng.core.towncrier import CONFIGURATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from lsstinstall.core.names import GitSha
    from rubin_releng.core.fragments import AddedFile

__all__ = ["MirrorFiles"]

# :100644 100644 1234... 5678... M; of a merge there is one more of each for each further parent.
_CHANGE = re.compile(r"^:+((?:[0-7]{6} )+)((?:[0-9a-f]{40,64} )+)[A-Z]", re.MULTILINE)
_FILE_MODE = "100"


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
        self._directory = directory
        self._url = url
        self._offline = offline
        self._files = GitFiles(directory)

    def file_at(self, commit: GitSha, path: str) -> str | None:
        """Read a file.

        Parameters
        ----------
        commit : `GitSha`
            A commit that is there.
        path : `str`
            In the repository.

        Returns
        -------
        text : `str` or `None`
            Wrong bytes replaced; `None` if that commit has no such file.

        Raises
        ------
        UnavailableError
            Raised if it was never fetched, and this is offline.
        ToolkitError
            Raised if the remote cannot be reached.
        """
        self._bring(self._git("log", "--no-walk", "--format=%T", commit).split())
        # Whoever asks for one of these asks for the others, too.
        listed = self._git("ls-tree", "--format=%(objectname)", commit, "--", *{path, *CONFIGURATIONS})
        self._bring(listed.split())
        return self._files.file_at(commit, path)

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
        UnavailableError
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

    def _bring(self, ids: Collection[str]) -> None:
        """Fetch objects that are not here, all by one connection."""
        if not ids:
            return
        known = self._git("cat-file", "--batch-check=%(objectname)", stdin=ids)
        missing = [line.partition(" ")[0] for line in known.splitlines() if line.endswith(" missing")]
        if not missing:
            return
        if self._offline:
            raise UnavailableError("no files were fetched, and this is offline")
        fetch_objects(self._directory, self._url, missing)

    def _git(self, *arguments: str, stdin: Iterable[str] | None = None) -> str:
        text = None if stdin is None else "".join(f"{line}\n" for line in sorted(stdin))
        command = ("-C", str(self._directory), *arguments)
        return run_git(command, doing=f"read files of `{self._directory}`", stdin=text).stdout


def _changed_files(changes: str) -> set[str]:
    """Name the files of a raw log, before and after each change; folders of others are none."""
    found = set[str]()
    for match in _CHANGE.finditer(changes):
        modes, ids = match[1].split(), match[2].split()
        found.update(one for mode, one in zip(modes, ids, strict=True) if mode.startswith(_FILE_MODE))
    return found
