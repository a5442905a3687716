"""A file of titles on disk, which several processes may write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import NotFoundError
from rubin_releng.core.issues import format_issues, merge_issues, parse_issues

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rubin_releng.core.issues import Issue
    from rubin_releng.core.tickets import Ticket

__all__ = ["TitleFile"]

_WAIT_SECONDS = 60.0


class TitleFile:
    """A plain, sorted file of titles.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file; it may be missing.
    locks : `~pathlib.Path`, optional
        Folder for the lock; beside the file if it is not given, which is
        no place for it if that is committed somewhere.
    """

    def __init__(self, path: Path, *, locks: Path | None = None) -> None:
        self._path = path
        folder = path.parent if locks is None else locks
        self._lock = folder / f"{path.name}.lock"

    @property
    def name(self) -> str:
        """The file, for people."""
        return str(self._path)

    def read(self) -> dict[Ticket, Issue]:
        """Read all there is.

        Returns
        -------
        issues : `dict` [ `Ticket`, `Issue` ]
            Empty if there is no file.

        Raises
        ------
        FormatError
            Raised with the number of a line that is none.
        """
        try:
            text = read_text(self._path)
        except NotFoundError:
            return {}
        return parse_issues(text, source=str(self._path))

    def update(self, issues: Mapping[Ticket, Issue]) -> None:
        """Add what was found; what another process added meanwhile stays.

        Parameters
        ----------
        issues : `~collections.abc.Mapping` [ `Ticket`, `Issue` ]
            What was found.

        Raises
        ------
        ToolkitError
            Raised if the file cannot be written; then it is as it was.
        """
        if not issues:
            return
        with hold_lock(self._lock, wait_seconds=_WAIT_SECONDS, purpose="keeping titles"):
            known = self.read()
            merged = merge_issues(known, issues)
            if merged != known:
                write_atomic(self._path, format_issues(merged.values()))
