"""Build what a plan says, in parallel, with a journal that survives being killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from lsstinstall.core.errors import ExitCode, ProblemsError, ToolkitError
from lsstinstall.core.graph import reachable
from lsstinstall.core.reporting import Outcome
from rubin_releng.stack.buildplans import BuildAction
from rubin_releng.stack.journals import JournalEntry, JournalEvent
from rubin_releng.stack.scheduling import run_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import BuildId
    from rubin_releng.stack.buildplans import BuildPlan, BuildStep
    from rubin_releng.stack.journals import Journal
    from rubin_releng.stack.ports import Workshop
    from rubin_releng.stack.scheduling import Ended

__all__ = ["BuildFailedError", "BuildOutcome", "BuildReport", "BuildResult", "format_status", "run_build"]


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
    """

    step: BuildStep
    outcome: BuildOutcome
    seconds: float | None = None
    error: ToolkitError | None = None
    because_of: ProductName | None = None


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
        others = f"; {left} more were not begun" if left else ""
        super().__init__(
            f"build {report.build} failed{others}",
            [result.error for result in failed if result.error is not None],
            hint="run the same command again when the cause is gone: what was built stays",
        )
        self.report = report


def run_build(
    plan: BuildPlan,
    workshop: Workshop,
    journal: Journal,
    *,
    jobs: int,
    keep_going: bool,
    reporter: Reporter,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> BuildReport:
    """Build products, each after all it needs.

    Parameters
    ----------
    plan : `BuildPlan`
        What to do.
    workshop : `~rubin_releng.stack.ports.Workshop`
        Does it.
    journal : `Journal`
        Gets an event before and after each piece of work.
    jobs : `int`
        How many products at once.
    keep_going : `bool`
        Whether products that need nothing failed are still built.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.
    clock : `~collections.abc.Callable`, optional
        Tells the time, in UTC.

    Returns
    -------
    report : `BuildReport`
        What became of each product.
    """
    work = _Work(plan, workshop, journal, reporter=reporter, clock=clock)
    reporter.begin(f"building {plan.build}", len(plan.steps))
    try:
        schedule = run_graph(
            work.dependencies, work.make, jobs=jobs, keep_going=keep_going, on_end=work.finish
        )
    finally:
        reporter.end()
    failed = {node for node, ended in schedule.ended.items() if ended.error is not None}
    results = tuple(
        _result(step, schedule.ended.get(step.product.name), failed & work.below(step)) for step in plan.steps
    )
    return BuildReport(build=plan.build, results=results, interrupted=schedule.interrupted)


class _Work:
    """What a build does for one product after another."""

    def __init__(
        self,
        plan: BuildPlan,
        workshop: Workshop,
        journal: Journal,
        *,
        reporter: Reporter,
        clock: Callable[[], datetime],
    ) -> None:
        self._build = plan.build
        self._steps = {step.product.name: step for step in plan.steps}
        self._workshop = workshop
        self._journal = journal
        self._reporter = reporter
        self._clock = clock
        self.dependencies = {name: step.product.dependencies for name, step in self._steps.items()}

    def below(self, step: BuildStep) -> frozenset[ProductName]:
        """List all that a product needs."""
        return reachable(self.dependencies, step.product.name)

    def make(self, name: ProductName) -> None:
        """Build one product; runs in a thread of its own."""
        step = self._steps[name]
        if step.action is BuildAction.BUILD:
            self._note(step, JournalEvent.BEGUN)
            self._workshop.make(step.product, replaces=step.replaces)

    def finish(self, ended: Ended[ProductName]) -> None:
        """Declare one product; runs in the caller's thread."""
        step = self._steps[ended.node]
        error = ended.error
        try:
            if error is None:
                self._workshop.declare(step.product, self._build)
        except ToolkitError as failure:
            error = failure
        if error is not None:
            if step.action is BuildAction.BUILD:
                self._note(step, JournalEvent.FAILED, ended.seconds)
            self._reporter.step(ended.node, Outcome.FAILED, seconds=ended.seconds)
            raise error
        if step.action is BuildAction.KEEP:
            self._reporter.step(ended.node, Outcome.UNCHANGED)
            return
        self._note(step, JournalEvent.DONE, ended.seconds)
        self._reporter.step(ended.node, Outcome.DONE, seconds=ended.seconds, detail=step.product.version)

    def _note(self, step: BuildStep, event: JournalEvent, seconds: float | None = None) -> None:
        self._journal.append(
            JournalEntry(
                event=event,
                product=step.product.name,
                version=step.product.version,
                key=step.key,
                time=self._clock(),
                seconds=None if seconds is None else round(seconds, 3),
                replaces=step.replaces,
            )
        )


def _result(
    step: BuildStep, ended: Ended[ProductName] | None, failed: frozenset[ProductName] | set[ProductName]
) -> BuildResult:
    if ended is None:
        if failed:
            return BuildResult(step=step, outcome=BuildOutcome.SKIPPED, because_of=min(failed))
        return BuildResult(step=step, outcome=BuildOutcome.NOT_BEGUN)
    if ended.error is not None:
        return BuildResult(step=step, outcome=BuildOutcome.FAILED, seconds=ended.seconds, error=ended.error)
    if step.action is BuildAction.KEEP:
        return BuildResult(step=step, outcome=BuildOutcome.UNCHANGED, seconds=0.0)
    return BuildResult(step=step, outcome=BuildOutcome.BUILT, seconds=ended.seconds)


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
        lines += ["failed_at:\n", *_status_record(failed[0], indent="  ")]
        lines += _status_list("failed", failed)
        lines += _status_list("skipped", report.having(BuildOutcome.SKIPPED))
    return "".join(lines)


def _status_list(name: str, results: tuple[BuildResult, ...]) -> list[str]:
    if not results:
        return [f"{name}: []\n"]
    lines = [f"{name}:\n"]
    for result in results:
        first, *rest = _status_record(result, indent="  ")
        lines += [f"- {first.lstrip()}", *rest]
    return lines


def _status_record(result: BuildResult, *, indent: str) -> list[str]:
    product = result.step.product
    facts = (("name", product.name), ("sha1", product.sha), ("version", product.version))
    return [f"{indent}{name}: '{value}'\n" for name, value in facts]
