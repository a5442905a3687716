"""How a build ended: what became of each product, in words that pipelines read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from lsstinstall.core.errors import ExitCode, ProblemsError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import BuildId
    from rubin_releng.core.buildtasks import Made
    from rubin_releng.stack.buildplans import BuildStep

__all__ = [
    "BuildFailedError",
    "BuildOutcome",
    "BuildReport",
    "BuildResult",
    "format_installed",
    "format_status",
]


class BuildOutcome(StrEnum):
    """What became of one product."""

    BUILT = "built"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """One product of a build that came to its end.

    Parameters
    ----------
    step : `BuildStep`
        What was to be done.
    outcome : `BuildOutcome`
        What became of it.
    seconds : `float` or `None`
        Wall time of its work; `None` if it was not begun.
    error : `ToolkitError` or `None`
        Why it failed.
    because_of : `ProductName` or `None`
        The failed product it needs, if it was skipped.
    made : `~rubin_releng.core.buildtasks.Made` or `None`
        What it took, if it was built.
    """

    step: BuildStep
    outcome: BuildOutcome
    seconds: float | None = None
    error: ToolkitError | None = None
    because_of: ProductName | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """How a build ended.

    Parameters
    ----------
    build : `~lsstinstall.core.tags.BuildId`
        The build.
    results : `tuple` [ `BuildResult`, ... ]
        In manifest order.
    interrupted : `bool`
        Whether the user asked to stop.
    """

    build: BuildId
    results: tuple[BuildResult, ...]
    interrupted: bool

    def having(self, *outcomes: BuildOutcome) -> tuple[BuildResult, ...]:
        """Choose the results of some kinds, in manifest order."""
        return tuple(result for result in self.results if result.outcome in outcomes)


class BuildFailedError(ProblemsError):
    """Products could not be built.

    Parameters
    ----------
    report : `BuildReport`
        With at least one failure.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, report: BuildReport) -> None:
        failed = report.having(BuildOutcome.FAILED)
        left = len(report.having(BuildOutcome.SKIPPED, BuildOutcome.NOT_BEGUN))
        others = f"; {left} more {'was' if left == 1 else 'were'} not begun" if left else ""
        super().__init__(
            f"build {report.build} failed{others}",
            [result.error for result in failed if result.error is not None],
            hint="run the same command again when the cause is gone: what was built stays",
        )
        self.report = report


def format_status(report: BuildReport) -> str:
    """Write ``status.yaml`` for the pipeline.

    Parameters
    ----------
    report : `BuildReport`
        How the build ended.

    Returns
    -------
    text : `str`
        ``built``: name, commit and version of each product that is installed
        now; ``failed_at``: the first one that failed, in manifest order, if
        any did. Text that YAML would read as a number is quoted.

    Notes
    -----
    Format: ``lsst_build`` (2026-03), which stops at the first failure; all
    failures and what was skipped for them are in ``failed`` and ``skipped``.
    """
    lines = _status_list("built", report.having(BuildOutcome.BUILT, BuildOutcome.UNCHANGED))
    if failed := report.having(BuildOutcome.FAILED):
        lines += ["failed_at:\n", *_status_record(failed[0].step.product, indent="  ")]
        lines += _status_list("failed", failed)
        lines += _status_list("skipped", report.having(BuildOutcome.SKIPPED))
    return "".join(lines)


def format_installed(products: Iterable[ManifestProduct]) -> str:
    """Write ``status.yaml`` before anything was built.

    Parameters
    ----------
    products : `~collections.abc.Iterable` [ `~lsstinstall.core.buildmanifests.ManifestProduct` ]
        What is installed already, in manifest order.

    Returns
    -------
    text : `str`
        ``built`` alone.
    """
    return "".join(_product_list("built", products))


def _status_list(name: str, results: Iterable[BuildResult]) -> list[str]:
    return _product_list(name, (result.step.product for result in results))


def _product_list(name: str, products: Iterable[ManifestProduct]) -> list[str]:
    lines = []
    for product in products:
        first, *rest = _status_record(product, indent="  ")
        lines += [f"- {first.lstrip()}", *rest]
    return [f"{name}:\n", *lines] if lines else [f"{name}: []\n"]


def _status_record(product: ManifestProduct, *, indent: str) -> list[str]:
    facts = (("name", product.name), ("sha1", product.sha), ("version", product.version))
    return [f"{indent}{name}: '{value}'\n" for name, value in facts]
