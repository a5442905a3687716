from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from lsstinstall.core.errors import ExitCode
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.core.buildtasks import Made
from rubin_releng.stack.builder import arrange_build, run_build
from rubin_releng.stack.buildplans import BuildInputs, BuildPlan, Presence, plan_build
from rubin_releng.stack.buildreports import (
    BuildFailedError,
    BuildOutcome,
    BuildReport,
    format_installed,
    format_status,
)
from rubin_releng.stack.journals import JournalEntry, JournalEvent, histories
from rubin_releng.stack.weights import Capacity, Weight
from tests.support.builds import FakeJournal, FakeWorkshop, fake_manifest

MANIFEST = fake_manifest(alpha="", beta="alpha", gamma="beta alpha", other="")


def plan(*present: str, journal: FakeJournal | None = None) -> BuildPlan:
    return plan_build(
        MANIFEST,
        inputs=BuildInputs(environment="", flavor=Flavor("Linux64")),
        kinds={product.name: BuildKind.COPY for product in MANIFEST.products},
        presence={
            product.name: Presence.DECLARED if product.name in present else Presence.ABSENT
            for product in MANIFEST.products
        },
        journal=histories(FakeJournal().entries() if journal is None else journal.entries()),
    )


def run(
    workshop: FakeWorkshop,
    *present: str,
    journal: FakeJournal | None = None,
    jobs: int = 2,
    keep_going: bool = False,
) -> BuildReport:
    journal = journal or FakeJournal()
    wanted = plan(*present)
    return run_build(
        wanted,
        workshop,
        workshop,
        journal,
        scheduling=arrange_build(
            wanted,
            journal.entries(),
            declared={ProductName("other"): Weight(cores=3)},
            capacity=Capacity(jobs=jobs, cores=4),
            keep_going=keep_going,
        ),
        reporter=SilentReporter(),
        clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
    )


def outcomes(report: BuildReport) -> dict[str, str]:
    return {result.step.product.name: result.outcome.value for result in report.results}


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_every_product_is_built_after_what_it_needs(jobs: int) -> None:
    workshop = FakeWorkshop()
    report = run(workshop, jobs=jobs)
    assert sorted(workshop.begun) == ["alpha", "beta", "gamma", "other"]
    assert workshop.begun.index(ProductName("alpha")) < workshop.begun.index(ProductName("beta"))
    assert workshop.begun.index(ProductName("beta")) < workshop.begun.index(ProductName("gamma"))
    assert set(outcomes(report).values()) == {"built"}


def test_without_measures_what_more_products_wait_for_comes_first() -> None:
    workshop = FakeWorkshop()
    run(workshop, jobs=1)
    assert workshop.begun == ["alpha", "beta", "other", "gamma"]


def test_results_are_in_manifest_order() -> None:
    report = run(FakeWorkshop())
    assert [result.step.product for result in report.results] == list(MANIFEST.products)


def test_what_is_there_is_not_built_and_gets_the_tag() -> None:
    workshop = FakeWorkshop()
    report = run(workshop, "alpha")
    assert "alpha" not in workshop.begun
    assert workshop.declared[ProductName("alpha")] == "b1"
    assert outcomes(report)["alpha"] == "unchanged"


def test_the_journal_knows_the_beginning_and_the_end() -> None:
    journal = FakeJournal()
    run(FakeWorkshop(), journal=journal, jobs=1)
    assert [(entry.event, entry.product) for entry in journal.kept[:3]] == [
        (JournalEvent.BEGUN, "alpha"),
        (JournalEvent.DONE, "alpha"),
        (JournalEvent.BEGUN, "beta"),
    ]


def test_what_is_kept_is_not_in_the_journal() -> None:
    journal = FakeJournal()
    run(FakeWorkshop(), "alpha", "beta", "gamma", "other", journal=journal)
    assert journal.kept == []


def test_a_failed_product_stops_its_dependents_but_not_others_when_told_to_keep_going() -> None:
    workshop = FakeWorkshop(failing=("alpha",))
    report = run(workshop, keep_going=True)
    assert outcomes(report) == {"alpha": "failed", "beta": "skipped", "gamma": "skipped", "other": "built"}
    assert report.having(BuildOutcome.SKIPPED)[0].because_of == "alpha"


def test_nothing_new_is_begun_after_a_failure_otherwise() -> None:
    workshop = FakeWorkshop(failing=("alpha",))
    report = run(workshop, jobs=1)
    assert workshop.begun == ["alpha"]
    assert outcomes(report)["other"] == "not_begun"


def test_a_failure_is_journaled() -> None:
    journal = FakeJournal()
    run(FakeWorkshop(failing=("alpha",)), journal=journal, jobs=1)
    assert [entry.event for entry in journal.kept] == [JournalEvent.BEGUN, JournalEvent.FAILED]


def test_a_product_that_cannot_be_declared_has_failed() -> None:
    report = run(FakeWorkshop(undeclarable=("alpha",)), keep_going=True)
    assert outcomes(report)["alpha"] == "failed"
    assert outcomes(report)["beta"] == "skipped"


def test_a_kept_product_that_cannot_be_tagged_has_failed_and_needs_no_journal() -> None:
    journal = FakeJournal()
    report = run(FakeWorkshop(undeclarable=("alpha",)), "alpha", "other", journal=journal)
    assert outcomes(report)["alpha"] == "failed"
    assert journal.kept == []


def test_a_failed_build_lists_its_failures_and_what_is_left() -> None:
    error = BuildFailedError(run(FakeWorkshop(failing=("alpha", "other")), keep_going=True))
    assert str(error) == "build b1 failed; 2 more were not begun (2 problems)"
    assert [str(problem) for problem in error.problems] == [
        "`alpha` does not compile",
        "`other` does not compile",
    ]
    assert error.code is ExitCode.FAILED


def test_a_build_that_failed_at_its_very_end_leaves_nothing() -> None:
    error = BuildFailedError(run(FakeWorkshop(failing=("gamma",)), keep_going=True))
    assert str(error) == "build b1 failed (1 problem)"


def test_the_status_of_a_good_build_lists_what_is_installed() -> None:
    status = yaml.safe_load(format_status(run(FakeWorkshop(), "alpha")))
    assert list(status) == ["built"]
    assert status["built"] == [
        {"name": product.name, "sha1": product.sha, "version": product.version}
        for product in MANIFEST.products
    ]


def test_the_status_of_a_failed_build_says_where_it_failed() -> None:
    status = yaml.safe_load(format_status(run(FakeWorkshop(failing=("beta",)), keep_going=True)))
    assert [record["name"] for record in status["built"]] == ["alpha", "other"]
    assert status["failed_at"]["name"] == "beta"
    assert [record["name"] for record in status["failed"]] == ["beta"]
    assert [record["name"] for record in status["skipped"]] == ["gamma"]


def test_the_status_of_a_build_where_nothing_worked_is_still_a_list() -> None:
    status = yaml.safe_load(format_status(run(FakeWorkshop(failing=("alpha", "other")), keep_going=True)))
    assert status["built"] == []


def test_an_interrupted_build_keeps_what_was_built() -> None:
    workshop = FakeWorkshop()
    workshop.interrupt_after = "alpha"
    report = run(workshop, jobs=1)
    assert report.interrupted
    assert outcomes(report) == {
        "alpha": "built",
        "beta": "not_begun",
        "gamma": "not_begun",
        "other": "not_begun",
    }
    assert workshop.stopped


def test_the_journal_knows_what_a_product_took() -> None:
    journal = FakeJournal()
    run(FakeWorkshop(), journal=journal, jobs=1)
    done = journal.kept[1]
    assert (done.cpu_seconds, done.peak_bytes, done.cached) == (1.5, 1000, False)
    assert {entry.run for entry in journal.kept} == {"2026-03-01T00:00:00.000+00:00"}


def test_what_came_from_a_cache_is_told_with_its_notes() -> None:
    workshop = FakeWorkshop()
    workshop.made = Made(cached=True, notes=("the far cache is slow",))
    journal = FakeJournal()
    report = run(workshop, journal=journal)
    assert all(result.made is workshop.made for result in report.results)
    assert all(entry.cached for entry in journal.kept if entry.event is JournalEvent.DONE)


def test_a_product_gets_its_cores_or_its_share() -> None:
    workshop = FakeWorkshop()
    run(workshop, jobs=2)
    assert {task.product.name: task.cores for task in workshop.tasks} == {
        "alpha": 2,
        "beta": 2,
        "gamma": 2,
        "other": 3,
    }


def entry(product: str, seconds: float) -> JournalEntry:
    (found,) = [one for one in MANIFEST.products if one.name == product]
    return JournalEntry(
        event=JournalEvent.DONE,
        product=found.name,
        version=found.version,
        key="k",
        time=datetime(2026, 2, 1, tzinfo=UTC),
        seconds=seconds,
        peak_bytes=7,
    )


def test_the_longest_way_comes_first() -> None:
    journal = FakeJournal([entry("other", 100.0), entry("alpha", 1.0), entry("beta", 2.0)])
    workshop = FakeWorkshop()
    run(workshop, journal=journal, jobs=1)
    assert workshop.begun == ["other", "alpha", "beta", "gamma"]


def test_what_was_measured_is_a_weight_and_what_was_not_takes_the_median() -> None:
    scheduling = arrange_build(
        plan("alpha"),
        [entry("other", 5.0), entry("alpha", 1.0), entry("beta", 2.0)],
        declared={},
        capacity=Capacity(jobs=1),
        keep_going=False,
    )
    assert scheduling.remaining == {"alpha": 4.0, "beta": 4.0, "gamma": 2.0, "other": 5.0}
    assert scheduling.weights[ProductName("other")] == Weight(memory_bytes=7)
    assert scheduling.weights[ProductName("gamma")] == Weight()
    assert "alpha" not in scheduling.weights


def test_progress_is_told_with_what_was_done_so_far() -> None:
    seen: list[int] = []
    wanted = plan()
    workshop = FakeWorkshop()
    run_build(
        wanted,
        workshop,
        workshop,
        FakeJournal(),
        scheduling=arrange_build(wanted, (), declared={}, capacity=Capacity(jobs=1), keep_going=False),
        reporter=SilentReporter(),
        on_progress=lambda report: seen.append(len(report().having(BuildOutcome.BUILT))),
    )
    assert seen == [1, 2, 3, 4]
    assert workshop.declarations == [[name] for name in workshop.begun]


def test_the_status_before_the_build_lists_what_is_there() -> None:
    status = yaml.safe_load(format_installed(MANIFEST.products[:1]))
    assert [one["name"] for one in status["built"]] == ["alpha"]
    assert yaml.safe_load(format_installed(())) == {"built": []}


def test_all_that_is_in_a_cache_is_taken_and_declared_at_once() -> None:
    workshop = FakeWorkshop(cached=("alpha", "beta", "gamma", "other"))
    journal = FakeJournal()
    report = run(workshop, journal=journal)
    assert workshop.begun == []
    assert workshop.declarations == [[product.name for product in MANIFEST.products]]
    assert set(outcomes(report).values()) == {"built"}
    assert [result.seconds for result in report.results] == [0.25] * 4
    assert [entry.event for entry in journal.kept] == [JournalEvent.BEGUN] * 4 + [JournalEvent.DONE] * 4
    assert all(entry.cached for entry in journal.kept[4:])


def test_what_is_in_a_cache_is_declared_after_what_it_needs_and_has_to_be_built() -> None:
    workshop = FakeWorkshop(cached=("gamma", "other"))
    report = run(workshop, "alpha", jobs=1)
    assert workshop.begun == ["beta"]
    assert [set(names) for names in workshop.declarations] == [{"alpha", "other"}, {"beta"}, {"gamma"}]
    assert set(outcomes(report).values()) == {"built", "unchanged"}


def test_what_is_in_a_cache_is_skipped_when_what_it_needs_fails() -> None:
    workshop = FakeWorkshop(cached=("gamma",), failing=("alpha",))
    report = run(workshop, keep_going=True)
    assert outcomes(report) == {"alpha": "failed", "beta": "skipped", "gamma": "skipped", "other": "built"}
    assert ProductName("gamma") not in workshop.declared


def test_what_is_damaged_in_a_cache_is_built() -> None:
    workshop = FakeWorkshop(cached=("alpha", "beta", "gamma", "other"), damaged=("beta",))
    report = run(workshop, jobs=1)
    assert workshop.begun == ["beta"]
    assert set(outcomes(report).values()) == {"built"}


def test_the_others_are_declared_when_one_of_many_cannot_be() -> None:
    workshop = FakeWorkshop(cached=("alpha", "other"), undeclarable=("alpha",))
    report = run(workshop, keep_going=True)
    assert outcomes(report) == {"alpha": "failed", "beta": "skipped", "gamma": "skipped", "other": "built"}


def test_an_interruption_while_a_cache_is_asked_begins_nothing() -> None:
    workshop = FakeWorkshop(cached=("alpha",))
    workshop.stops_in_cache = True
    report = run(workshop, "other")
    assert report.interrupted
    assert workshop.stopped
    assert outcomes(report) == {
        "alpha": "not_begun",
        "beta": "not_begun",
        "gamma": "not_begun",
        "other": "unchanged",
    }
