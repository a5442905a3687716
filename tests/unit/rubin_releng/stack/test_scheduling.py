from __future__ import annotations

import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import reachable
from rubin_releng.stack.scheduling import Ended, Schedule, run_graph


def run(
    dependencies: dict[str, tuple[str, ...]],
    *,
    jobs: int = 2,
    failing: frozenset[str] = frozenset(),
    keep_going: bool = True,
    interrupt_at: str | None = None,
) -> tuple[Schedule[str], list[str]]:
    begun: list[str] = []
    lock = threading.Lock()

    def work(node: str) -> None:
        with lock:
            begun.append(node)
        if node in failing:
            raise ToolkitError(f"{node} failed")

    def on_end(ended: Ended[str]) -> None:
        if ended.node == interrupt_at:
            raise ToolkitError("cannot be noted")

    return run_graph(dependencies, work, jobs=jobs, keep_going=keep_going, on_end=on_end), begun


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    size = draw(st.integers(0, 8))
    names = [f"n{number}" for number in range(size)]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else ())
        for place, name in enumerate(names)
    }


@given(graphs(), st.integers(1, 4))
def test_each_node_is_worked_on_once_after_all_it_needs(
    dependencies: dict[str, tuple[str, ...]], jobs: int
) -> None:
    schedule, begun = run(dependencies, jobs=jobs)
    assert sorted(begun) == sorted(dependencies)
    assert list(schedule.ended) or not dependencies
    for node, needs in dependencies.items():
        assert all(begun.index(need) < begun.index(node) for need in needs)


@given(graphs(), st.integers(1, 4), st.data())
def test_a_failure_stops_exactly_what_needs_it(
    dependencies: dict[str, tuple[str, ...]], jobs: int, data: st.DataObject
) -> None:
    failing = frozenset(
        data.draw(st.lists(st.sampled_from(sorted(dependencies)), unique=True)) if dependencies else ()
    )
    schedule, _ = run(dependencies, jobs=jobs, failing=failing)
    stopped = {node for node in dependencies if failing & reachable(dependencies, node)}
    assert set(schedule.ended) == set(dependencies) - stopped
    assert {node for node, ended in schedule.ended.items() if ended.error} == failing - stopped


def test_an_end_that_cannot_be_noted_is_a_failure() -> None:
    schedule, begun = run({"a": (), "b": ("a",)}, interrupt_at="a")
    assert str(schedule.ended["a"].error) == "cannot be noted"
    assert begun == ["a"]


def test_without_keep_going_nothing_is_begun_after_a_failure() -> None:
    _, begun = run({"a": (), "b": (), "c": ()}, jobs=1, failing=frozenset("a"), keep_going=False)
    assert begun == ["a"]


def test_an_empty_graph_is_done_at_once() -> None:
    schedule, begun = run({})
    assert (dict(schedule.ended), begun, schedule.interrupted) == ({}, [], False)


def interrupting(node: str) -> None:
    if node == "a":
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.05)


def test_after_an_interruption_nothing_new_is_begun_and_what_runs_ends() -> None:
    schedule = run_graph({"a": (), "b": ("a",)}, interrupting, jobs=1, keep_going=True, on_end=lambda _: None)
    assert (list(schedule.ended), schedule.interrupted) == (["a"], True)


def test_a_second_interruption_is_an_exception() -> None:
    def insist(ended: Ended[str]) -> None:
        del ended
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_graph({"a": ()}, interrupting, jobs=1, keep_going=True, on_end=insist)


def test_the_handler_of_the_caller_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    run_graph({"a": ()}, interrupting, jobs=1, keep_going=True, on_end=lambda _: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_graph_can_be_worked_on_from_any_thread() -> None:
    schedules: list[Schedule[str]] = []
    thread = threading.Thread(target=lambda: schedules.append(run({"a": ()})[0]))
    thread.start()
    thread.join()
    assert list(schedules[0].ended) == ["a"]
