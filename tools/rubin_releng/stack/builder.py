"""Build what a plan says, in parallel, with a journal that survives being killed."""

from __future__ import annotations

import statistics
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.buildtasks import BuildTask, Made
from rubin_releng.stack.buildplans import BuildAction
from rubin_releng.stack.buildreports import BuildOutcome, BuildReport, BuildResult
from rubin_releng.stack.criticalpaths import remaining_seconds
from rubin_releng.stack.journals import JournalEntry, JournalEvent, measured
from rubin_releng.stack.scheduling import Ended, Schedule, Scheduling, interruption_noted, run_graph
from rubin_releng.stack.weights import Weight, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.stack.buildplans import BuildPlan, BuildStep
    from rubin_releng.stack.journals import Journal
    from rubin_releng.stack.ports import Declarer, Executor
    from rubin_releng.stack.weights import Capacity

__all__ = ["arrange_build", "run_build"]

# For a product that was never measured, when none was.
_GUESS_SECONDS = 1.0


def arrange_build(
    plan: BuildPlan,
    entries: Iterable[JournalEntry],
    *,
    declared: Mapping[ProductName, Weight],
    capacity: Capacity,
    keep_going: bool,
) -> Scheduling[ProductName]:
    """Decide on order and weights by what was declared, and measured before.

    Parameters
    ----------
    plan : `BuildPlan`
        What is to be built.
    entries : `~collections.abc.Iterable` [ `JournalEntry` ]
        Of former builds, the oldest first.
    declared : `~collections.abc.Mapping` [ `ProductName`, `Weight` ]
        What a user says.
    capacity : `~rubin_releng.stack.weights.Capacity`
        How much fits.
    keep_going : `bool`
        Whether products that need nothing failed are still built.

    Returns
    -------
    scheduling : `~rubin_releng.stack.scheduling.Scheduling`
        The longest way to the end comes first. What was never built is
        taken to last as long as the median of the others.
    """
    before = measured(entries)
    times = {name: entry.seconds or 0.0 for name, entry in before.items()}
    guess = statistics.median(times.values()) if times else _GUESS_SECONDS
    peaks = {name: entry.peak_bytes for name, entry in before.items() if entry.peak_bytes}
    built = [step.product.name for step in plan.steps if step.action is BuildAction.BUILD]
    return Scheduling(
        capacity=capacity,
        keep_going=keep_going,
        remaining=remaining_seconds(
            {step.product.name: step.product.dependencies for step in plan.steps},
            {name: times.get(name, guess) for name in built},
        ),
        weights={name: weigh(name, declared=declared, peaks=peaks) for name in built},
    )


def run_build(
    plan: BuildPlan,
    executor: Executor,
    declarer: Declarer,
    journal: Journal,
    *,
    scheduling: Scheduling[ProductName],
    reporter: Reporter,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_progress: Callable[[Callable[[], BuildReport]], None] = lambda _: None,
) -> BuildReport:
    """Build products, each after all it needs.

    Parameters
    ----------
    plan : `BuildPlan`
        What to do.
    executor : `~rubin_releng.stack.ports.Executor`
        Makes products.
    declarer : `~rubin_releng.stack.ports.Declarer`
        Declares them.
    journal : `Journal`
        Gets an event before and after each piece of work.
    scheduling : `~rubin_releng.stack.scheduling.Scheduling`
        Order and limits, from `arrange_build`.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.
    clock : `~collections.abc.Callable`, optional
        Tells the time, in UTC.
    on_progress : `~collections.abc.Callable`, optional
        Called when a product ended, with what gives the report so far.

    Returns
    -------
    report : `BuildReport`
        What became of each product.
    """
    work = _Work(plan, executor, declarer, journal, reporter=reporter, clock=clock, scheduling=scheduling)
    work.on_end = lambda: on_progress(work.report)
    reporter.begin(f"building {plan.build}", len(plan.steps))
    try:
        with interruption_noted(work.interrupt):
            work.settle()
        if not work.interrupted:
            schedule = run_graph(
                work.remaining_graph(),
                work.submit,
                scheduling=scheduling,
                on_end=work.finish,
                on_interrupt=work.interrupt,
            )
            work.add(schedule.ended)
    finally:
        reporter.end()
    return work.report()


class _Work:
    """What a build does for one product after another, in the caller's thread."""

    def __init__(
        self,
        plan: BuildPlan,
        executor: Executor,
        declarer: Declarer,
        journal: Journal,
        *,
        reporter: Reporter,
        clock: Callable[[], datetime],
        scheduling: Scheduling[ProductName],
    ) -> None:
        self._plan = plan
        self._executor = executor
        self._declarer = declarer
        self._journal = journal
        self._reporter = reporter
        self._clock = clock
        self._scheduling = scheduling
        self._run = clock().isoformat(timespec="milliseconds")
        self._ended: dict[ProductName, Ended[ProductName, Made]] = {}
        self._restored: dict[ProductName, Made] = {}
        self._steps = {step.product.name: step for step in plan.steps}
        self.interrupted = False
        self.on_end: Callable[[], None] = lambda: None

    def report(self) -> BuildReport:
        """Say what became of each product so far."""
        return _report(self._plan, Schedule(ended=self._ended, interrupted=self.interrupted))

    def interrupt(self) -> None:
        """Begin nothing new, and stop what runs."""
        self.interrupted = True
        self._executor.stop()

    def settle(self) -> None:
        """Do in one go what takes next to no time: products that are there, or in a cache.

        One that needs another which has to be built waits for that one, in
        `run_graph`; so does each of them when not all can be declared.
        """
        self._restore()
        settled: dict[ProductName, BuildStep] = {}
        for name, step in self._steps.items():
            is_there = step.action is not BuildAction.BUILD or name in self._restored
            if is_there and all(need in settled for need in step.product.dependencies):
                settled[name] = step
        if not settled:
            return
        try:
            self._declarer.declare([step.product for step in settled.values()], self._plan.build)
        except ToolkitError:
            # Each by itself: the user hears which, and why.
            return
        ended = {name: self._done(name) for name in settled}
        self._tell(ended)
        self._ended |= ended
        self.on_end()

    def _restore(self) -> None:
        wanted = [step for step in self._plan.steps if step.action is BuildAction.BUILD and not step.replaces]
        tasks = self._executor.cached([self._task(step) for step in wanted])
        if not tasks or self.interrupted:
            return
        self._journal.append(
            *(self._entry(self._steps[one.product.name], JournalEvent.BEGUN) for one in tasks)
        )
        self._restored.update(self._executor.restore(tasks))

    def _done(self, name: ProductName) -> Ended[ProductName, Made]:
        made = self._restored.get(name, Made())
        return Ended(node=name, error=None, seconds=made.seconds, result=made)

    def remaining_graph(self) -> dict[ProductName, tuple[ProductName, ...]]:
        """Say what is left to do, and what of that each product needs."""
        left = {name: step for name, step in self._steps.items() if name not in self._ended}
        return {
            name: tuple(need for need in step.product.dependencies if need in left)
            for name, step in left.items()
        }

    def add(self, ended: Mapping[ProductName, Ended[ProductName, Made]]) -> None:
        """Take note of how products ended, failures included."""
        self._ended.update(ended)

    def submit(self, name: ProductName) -> Future[Made]:
        """Begin to build one product."""
        step = self._steps[name]
        if step.action is BuildAction.BUILD and name not in self._restored:
            self._journal.append(self._entry(step, JournalEvent.BEGUN))
            return self._executor.submit(self._task(step))
        done: Future[Made] = Future()
        done.set_result(self._restored.get(name, Made()))
        return done

    def _task(self, step: BuildStep) -> BuildTask:
        weight = self._scheduling.weights.get(step.product.name, Weight())
        cores = weight.cores or self._scheduling.capacity.share
        return BuildTask(product=step.product, key=step.key, replaces=step.replaces, cores=cores)

    def finish(self, ended: Ended[ProductName, Made]) -> None:
        """Declare one product."""
        step = self._steps[ended.node]
        error = ended.error
        try:
            if error is None:
                self._declarer.declare([step.product], self._plan.build)
                self._tell({ended.node: ended})
        except ToolkitError as failure:
            error = failure
        if error is not None:
            self._fail(step, ended.seconds)
            raise error
        self._ended[ended.node] = ended
        self.on_end()

    def _tell(self, all_ended: Mapping[ProductName, Ended[ProductName, Made]]) -> None:
        changed = [name for name in all_ended if self._steps[name].action is not BuildAction.KEEP]
        if changed:
            self._journal.append(*(self._done_entry(all_ended[name]) for name in changed))
        for name, ended in all_ended.items():
            made = ended.result or Made()
            for note in made.notes:
                self._reporter.warn(note)
            step = self._steps[name]
            if step.action is BuildAction.KEEP:
                self._reporter.step(name, Outcome.UNCHANGED)
                continue
            detail = f"{step.product.version}{', from the cache' if made.cached else ''}"
            self._reporter.step(name, Outcome.DONE, seconds=ended.seconds, detail=detail)

    def _fail(self, step: BuildStep, seconds: float) -> None:
        if step.action is BuildAction.BUILD:
            self._journal.append(self._entry(step, JournalEvent.FAILED, seconds))
        self._reporter.step(step.product.name, Outcome.FAILED, seconds=seconds)

    def _done_entry(self, ended: Ended[ProductName, Made]) -> JournalEntry:
        return self._entry(self._steps[ended.node], JournalEvent.DONE, ended.seconds, ended.result)

    def _entry(
        self, step: BuildStep, event: JournalEvent, seconds: float | None = None, made: Made | None = None
    ) -> JournalEntry:
        return JournalEntry(
            event=event,
            product=step.product.name,
            version=step.product.version,
            key=step.key,
            time=self._clock(),
            seconds=None if seconds is None else round(seconds, 3),
            replaces=step.replaces,
            run=self._run,
            cached=made is not None and made.cached,
            cpu_seconds=None if made is None else round(made.cpu_seconds, 3),
            peak_bytes=None if made is None else made.peak_bytes,
        )


def _report(plan: BuildPlan, schedule: Schedule[ProductName, Made]) -> BuildReport:
    results: list[BuildResult] = []
    # The failed product that each one waits for; steps come after what they need.
    causes: dict[ProductName, ProductName] = {}
    for step in plan.steps:
        name = step.product.name
        below = [causes[need] for need in step.product.dependencies if need in causes]
        result = _result(step, schedule.ended.get(name), min(below, default=None))
        if result.outcome is BuildOutcome.FAILED:
            causes[name] = name
        elif result.because_of is not None:
            causes[name] = result.because_of
        results.append(result)
    return BuildReport(build=plan.build, results=tuple(results), interrupted=schedule.interrupted)


def _result(
    step: BuildStep, ended: Ended[ProductName, Made] | None, cause: ProductName | None
) -> BuildResult:
    if ended is None:
        outcome = BuildOutcome.NOT_BEGUN if cause is None else BuildOutcome.SKIPPED
        return BuildResult(step=step, outcome=outcome, because_of=cause)
    if ended.error is not None:
        return BuildResult(step=step, outcome=BuildOutcome.FAILED, seconds=ended.seconds, error=ended.error)
    if step.action is BuildAction.KEEP:
        return BuildResult(step=step, outcome=BuildOutcome.UNCHANGED, seconds=0.0)
    return BuildResult(step=step, outcome=BuildOutcome.BUILT, seconds=ended.seconds, made=ended.result)
