"""Checks that everything a release document names is there, and is what it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.release.ports import PublishedFiles

__all__ = ["VerifyReport", "verify_release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a check of a release found.

    Parameters
    ----------
    files : `int`
        How many were checked.
    size_bytes : `int`
        Of those that are in order.
    problems : `tuple` [ `ToolkitError`, ... ]
        One for each other file, in the order of the document.
    """

    files: int
    size_bytes: int
    problems: tuple[ToolkitError, ...]


def verify_release(
    release: Release, *, files: PublishedFiles, reporter: Reporter, jobs: int = 2
) -> VerifyReport:
    """Check every file that a release names.

    Parameters
    ----------
    release : `Release`
        The document.
    files : `PublishedFiles`
        Where its files are.
    reporter : `Reporter`
        Gets a step for each file.
    jobs : `int`, optional
        How many files at a time.

    Returns
    -------
    report : `VerifyReport`
        Complete: one missing file does not hide another.
    """

    def check(file: FileRecord) -> ToolkitError | None:
        try:
            files.check(file)
        except ToolkitError as error:
            reporter.step(file.path, Outcome.FAILED)
            return error
        reporter.step(file.path, Outcome.DONE)
        return None

    named = release.files
    reporter.begin(f"check the files of `{release.tag}`", len(named))
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        found = list(pool.map(check, named))
    reporter.end()
    return VerifyReport(
        files=len(named),
        size_bytes=sum(file.size_bytes for file, error in zip(named, found, strict=True) if error is None),
        problems=tuple(error for error in found if error is not None),
    )
