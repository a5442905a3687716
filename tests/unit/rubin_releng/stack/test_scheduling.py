from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import reachable
from rubin_releng.stack.scheduling import Ended, Schedule, Scheduling, run_graph
from rubin_releng.stack.weights import Capacity, Weight

if TYPE_CHECKING:
    from collections.abc import Callable


def run(
    dependencies: dict[str, tuple[str, ...]],
    *,
    jobs: int = 2,
    failing: frozenset[str] = frozenset(),
    keep_going: bool = True,
    interrupt_at: str | None = None,
) -> tuple[Schedule[str, None], list[str]]:
    begun: list[str] = []
    lock = threading.Lock()

    def work(node: str) -> None:
        with lock:
            begun.append(node)
        if node in failing:
            raise ToolkitError(f"{node} failed")

    def on_end(ended: Ended[str, None]) -> None:
        if ended.node == interrupt_at:
            raise ToolkitError("cannot be noted")

    scheduling: Scheduling[str] = Scheduling(capacity=Capacity(jobs=jobs), keep_going=keep_going)
    with ThreadPoolExecutor(jobs) as pool:
        schedule = run_graph(
            dependencies, lambda node: pool.submit(work, node), scheduling=scheduling, on_end=on_end
        )
    return schedule, begun


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


def run_interrupted(
    on_end: Callable[[Ended[str, None]], None] = lambda _: None,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Schedule[str, None]:
    with ThreadPoolExecutor(1) as pool:
        return run_graph(
            {"a": (), "b": ("a",)},
            lambda node: pool.submit(interrupting, node),
            scheduling=Scheduling(capacity=Capacity(jobs=1), keep_going=True),
            on_end=on_end,
            on_interrupt=on_interrupt,
        )


def test_after_an_interruption_nothing_new_is_begun_and_what_runs_is_told() -> None:
    told: list[str] = []
    schedule = run_interrupted(on_interrupt=lambda: told.append("stop"))
    assert (list(schedule.ended), schedule.interrupted, told) == (["a"], True, ["stop"])


def test_a_second_interruption_is_an_exception() -> None:
    def insist(ended: Ended[str, None]) -> None:
        del ended
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_interrupted(insist)


def test_the_handlers_of_the_caller_are_put_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    run_interrupted()
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_graph_can_be_worked_on_from_any_thread() -> None:
    schedules: list[Schedule[str, None]] = []
    thread = threading.Thread(target=lambda: schedules.append(run({"a": ()})[0]))
    thread.start()
    thread.join()
    assert list(schedules[0].ended) == ["a"]


def in_turn(scheduling: Scheduling[str], dependencies: dict[str, tuple[str, ...]]) -> list[str]:
    """Work in the caller's thread, so that the order is that of the beginnings."""
    begun: list[str] = []

    def submit(node: str) -> Future[None]:
        begun.append(node)
        future: Future[None] = Future()
        future.set_result(None)
        return future

    run_graph(dependencies, submit, scheduling=scheduling, on_end=lambda _: None)
    return begun


def test_what_has_the_longest_way_before_it_comes_first() -> None:
    scheduling = Scheduling(capacity=Capacity(jobs=1), keep_going=True, remaining={"c": 9.0, "b": 2.0})
    assert in_turn(scheduling, {"a": (), "b": (), "c": ("a",), "d": ()}) == ["b", "a", "c", "d"]


def test_what_is_too_heavy_waits_and_lets_lighter_ones_pass() -> None:
    heavy = Weight(memory_bytes=8)
    scheduling = Scheduling(
        capacity=Capacity(jobs=3, memory_bytes=10),
        keep_going=True,
        weights={"a": heavy, "b": heavy, "c": Weight(memory_bytes=2)},
    )
    assert in_turn(scheduling, {"a": (), "b": (), "c": ()}) == ["a", "c", "b"]


def test_what_was_stopped_is_neither_done_nor_failed() -> None:
    def submit(_: str) -> Future[None]:
        future: Future[None] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future

    scheduling: Scheduling[str] = Scheduling(capacity=Capacity(jobs=1), keep_going=True)
    schedule = run_graph({"a": ()}, submit, scheduling=scheduling, on_end=lambda _: None)
    assert dict(schedule.ended) == {}
