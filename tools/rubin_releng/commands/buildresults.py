"""Files that tell how a build went: for the pipeline, for continuous integration, for people."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import write_atomic
from rubin_releng.stack.buildreports import BuildOutcome, format_installed, format_status
from rubin_releng.stack.criticalpaths import critical_path
from rubin_releng.stack.gantt import draw_gantt, last_run
from rubin_releng.stack.testreports import format_junit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import ProductName
    from rubin_releng.stack.buildreports import BuildReport
    from rubin_releng.stack.journals import JournalEntry

__all__ = ["GANTT", "STATUS", "StatusFile", "find_critical_path", "write_results"]

STATUS, GANTT = "status.yaml", "build.svg"
"""Names in a build directory."""

_PAUSE_SECONDS = 2.0


class StatusFile:
    """``status.yaml``, which is right from the moment at which the manifest is known.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Gets it.
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build.
    is_declared : `~collections.abc.Callable`
        Tells whether a product is installed.
    clock : `~collections.abc.Callable`
        Counts seconds.
    """

    def __init__(
        self,
        build_dir: Path,
        manifest: BuildManifest,
        is_declared: Callable[[ManifestProduct], bool],
        clock: Callable[[], float],
    ) -> None:
        self._path = build_dir / STATUS
        self._clock = clock
        self._due = clock() + _PAUSE_SECONDS
        self._latest: Callable[[], BuildReport] | None = None
        write_atomic(self._path, format_installed(filter(is_declared, manifest.products)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and self._latest is not None:
            self.write(self._latest())

    def update(self, report: Callable[[], BuildReport]) -> None:
        """Write what was built so far, every now and then."""
        self._latest = report
        if self._clock() >= self._due:
            self.write(report())
            self._due = self._clock() + _PAUSE_SECONDS

    def write(self, report: BuildReport) -> None:
        """Write how the build ended."""
        write_atomic(self._path, format_status(report))


def find_critical_path(report: BuildReport) -> tuple[ProductName, ...]:
    """Say which products decided how long a build took, the first one first."""
    built = report.having(BuildOutcome.BUILT, BuildOutcome.FAILED)
    return critical_path(
        {result.step.product.name: result.step.product.dependencies for result in report.results},
        {result.step.product.name: result.seconds or 0.0 for result in built},
    )


def write_results(build_dir: Path, report: BuildReport, entries: Iterable[JournalEntry]) -> None:
    """Write a JUnit report for each product that was worked on, and the picture of the build.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Gets them.
    report : `~rubin_releng.stack.buildreports.BuildReport`
        How the build ended.
    entries : `~collections.abc.Iterable` [ `~rubin_releng.stack.journals.JournalEntry` ]
        The journal, the oldest first.
    """
    worked_on = report.having(BuildOutcome.BUILT, BuildOutcome.FAILED)
    for result in worked_on:
        name = result.step.product.name
        path = build_dir / name / "tests" / ".tests" / f"pytest-{name}-build.xml"
        # Not synced: the next run writes it again.
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(format_junit(result), encoding="utf-8")
    if worked_on:
        critical = find_critical_path(report)
        picture = draw_gantt(last_run(entries), critical=critical, title=f"build {report.build}")
        write_atomic(build_dir / GANTT, picture)
