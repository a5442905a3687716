"""One tag in all repositories: what it stands for, and what its message says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import GitSha
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.core.releasebuilds import TaggedCommit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from lsstinstall.core.names import ProductName

__all__ = ["GitTags"]

_FEW = 8

_FORMAT = (
    "%(refname)%1f%(objecttype)%1f%(objectname)%1f%(*objecttype)%1f%(*objectname)"
    "%1f%(taggerdate:unix)%1f%(contents)%1e"
)


class GitTags:
    """Reads tags of many repositories at once.

    Parameters
    ----------
    directories : `~collections.abc.Mapping` [ `ProductName`, `~pathlib.Path` ]
        Repositories, bare or not.
    jobs : `int`, optional
        How many at a time.
    """

    def __init__(self, directories: Mapping[ProductName, Path], *, jobs: int = 2) -> None:
        self._directories = dict(sorted(directories.items()))
        self._jobs = jobs

    def tagged(self, refs: Sequence[str]) -> Mapping[ProductName, tuple[TaggedCommit, ...]]:
        """Read those of some refs that are there.

        Parameters
        ----------
        refs : `~collections.abc.Sequence` [ `str` ]
            Full refs, the best first.

        Returns
        -------
        tagged : `~collections.abc.Mapping` [ `ProductName`, `tuple` [ `TaggedCommit`, ... ] ]
            By product, in the order of the refs; products without any of
            them, and repositories that cannot be read, are left out.
        """
        with ThreadPoolExecutor(max_workers=self._jobs) as pool:
            found = pool.map(lambda directory: _read(directory, refs), self._directories.values())
            return {name: tags for name, tags in zip(self._directories, found, strict=True) if tags}

    def day(self, refs: Sequence[str]) -> date | None:
        """Read when a tag was made.

        Parameters
        ----------
        refs : `~collections.abc.Sequence` [ `str` ]
            Full refs, the best first.

        Returns
        -------
        day : `~datetime.date` or `None`
            UTC, of the first product by name that tells; `None` if the first
            few that are asked do not: a tag is in most repositories, or in
            none.
        """
        for directory in [*self._directories.values()][:_FEW]:
            for tag in _read(directory, refs):
                if tag.date is not None:
                    return tag.date
        return None


def _read(directory: Path, refs: Sequence[str]) -> tuple[TaggedCommit, ...]:
    ceiling = {"GIT_CEILING_DIRECTORIES": str(directory.resolve().parent)}
    command = ("-C", str(directory), "for-each-ref", f"--format={_FORMAT}", "--", *refs)
    try:
        listed = run_git(command, doing="read tags", env=ceiling).stdout
    except ToolkitError:
        # Whoever reads the history of the product meets the same again, and tells it.
        return ()
    found = {}
    for record in listed.split("\x1e"):
        tag = _parse(record.removeprefix("\n"))
        if tag is not None:
            found[tag.ref] = tag
    return tuple(found[ref] for ref in refs if ref in found)


def _parse(record: str) -> TaggedCommit | None:
    ref, *fields = record.split("\x1f", 6)
    if not fields:
        return None
    kind, name, target_kind, target, seconds, message = fields
    if kind == "commit":
        return TaggedCommit(ref=ref, commit=GitSha(name))
    if target_kind != "commit":
        return None
    day = datetime.fromtimestamp(int(seconds), tz=UTC).date() if seconds else None
    return TaggedCommit(ref=ref, commit=GitSha(target), message=message, date=day)
